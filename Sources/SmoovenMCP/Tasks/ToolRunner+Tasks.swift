internal import Smooven
internal import SmoovenSupport

internal import struct Foundation.Date

// The Tasks extension, in which a delivery is a task, and its id leads to the row in the store.
extension ToolRunner {
  /// Returns a task in the form that the protocol has.
  ///
  /// The kind is `task` if it's the result of a call, or else `nil`.
  func task(
    _ delivery: OpenDelivery,
    _ state: OpenDelivery.State,
    _ report: DeliveryReport,
    _ client: SmoovenClient,
    kind: String? = nil
  ) -> JSONValue {
    let age = client.configuration.now().timeIntervalSince(delivery.openedAt)
    var members: [String: JSONValue] = [
      "taskId": .string(signer(client).id(of: delivery.handle)),
      "createdAt": .string(RFC3339.format(delivery.openedAt)),
      "lastUpdatedAt": .string(RFC3339.format(delivery.openedAt)),
      "status": "working",
      "statusMessage": .string(
        "Waiting \(delivery.isQuestion ? "for the answer" : "until it arrives"); status: \(report.status)"
      ),
      // The result outlives the wait, because a host may ask late.
      "ttlMs": .integer(Int64((delivery.limit + .seconds(3_600)) / .milliseconds(1))),
      "pollIntervalMs": age < 10 ? 1_000 : 5_000,
    ]
    members["resultType"] = kind.map(JSONValue.string)
    if report.outcome.isFinal, kind == nil {
      var result = report.result.objectValue ?? [:]
      result["resultType"] = "complete"
      members["status"] = "completed"
      members["statusMessage"] = .string("Ended: \(report.outcome.rawValue)")
      members["result"] = .object(result)
      if case .ended(_, _, let end) = state { members["lastUpdatedAt"] = .string(RFC3339.format(end.date)) }
    }
    return .object(members)
  }

  /// Returns the response to `tasks/get`.
  func task(_ id: String) async throws -> End {
    let (delivery, client) = try await known(task: id)
    return try await task(delivery, client)
  }

  private func task(_ delivery: OpenDelivery, _ client: SmoovenClient) async throws -> End {
    let wait = Wait(nil, clock.now(), configuration.longestSlice)
    // If it was just taken up from the store, or is about to end, it's waited for, because a task must not go from its end
    // back to work.
    let state = try await self.state(of: delivery, in: wait, by: wait.limit, .none) { [clock] state in
      let isWorking = !state.isSending && delivery.deadline - clock.now() >= .seconds(1)
      return state.isEnd || isWorking && state.isUpToDate(isOverdue: false)
    }
    do {
      let report = try report(delivery, state, client, isJoined: false)
      let json = task(delivery, state, report, client)
      return End(result: .success(json), reported: report.outcome.isFinal ? delivery : nil)
    } catch {
      let failure = (error as? ToolFailure) ?? (error as? SmoovenError).map(ToolFailure.init)
      guard let failure else { throw error }
      if !state.isReading { deliveries.remove(delivery) }
      // Not the end of the task: what became of it can't be read now.
      let isUnknown =
        state.isReading || (error as? SmoovenError).map { Self.unreadable.contains($0.code) } ?? false
      if isUnknown { throw RPCError.internalError(failure.message) }
      // This is what the call would have returned: a tool that couldn't do its work.
      return End(result: .success(failed(delivery, failure, client)))
    }
  }

  /// The errors of a store or a client that can't say what became of a delivery.
  private static let unreadable: Set<SmoovenError.Code> = [.storeFailed, .closed, .notRunning]

  private func failed(_ delivery: OpenDelivery, _ failure: ToolFailure, _ client: SmoovenClient) -> JSONValue
  {
    var result = failure.json.objectValue ?? [:]
    result["resultType"] = "complete"
    return [
      "taskId": .string(signer(client).id(of: delivery.handle)), "status": "completed",
      "createdAt": .string(RFC3339.format(delivery.openedAt)),
      "lastUpdatedAt": .string(RFC3339.format(client.configuration.now())),
      "ttlMs": .integer(Int64((delivery.limit + .seconds(3_600)) / .milliseconds(1))),
      "result": .object(result),
    ]
  }

  /// Returns the delivery of a task.
  ///
  /// - Throws: ``RPCError`` for an id that this project didn't create, or whose delivery is gone.
  func known(task id: String) async throws -> (OpenDelivery, SmoovenClient) {
    let wait = Wait(nil, clock.now(), configuration.longestSlice)
    let client: SmoovenClient
    do {
      client = try await self.client(by: wait)
      guard let handle = signer(client).handle(of: id),
        let delivery = try await find(handle, client, wait, waitingUntil: clock.now())
      else { throw RPCError.invalidParams("Unknown task") }
      return (delivery, client)
    } catch let failure as ToolFailure {
      throw RPCError.internalError(failure.message)
    } catch let error as SmoovenError {
      throw RPCError.internalError(ToolFailure(error).message)
    }
  }

  /// Sends each of several tasks once it has ended, until all have: a task changes from working to its end only.
  func listen(_ ids: [String], _ reports: Reports) async throws {
    var known: [(id: String, delivery: OpenDelivery, client: SmoovenClient)] = []
    for id in ids {
      // Unknown tasks are left out of the acknowledgment.
      if let (delivery, client) = try? await self.known(task: id) { known.append((id, delivery, client)) }
      try Task.checkCancellation()
    }
    var filter: [String: JSONValue] = [:]
    if !known.isEmpty { filter["taskIds"] = .array(known.map { .string($0.id) }) }
    await reports.notify("notifications/subscriptions/acknowledged", ["notifications": .object(filter)])
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (_, delivery, client) in known {
        group.addTask {
          _ = try await delivery.state.first { $0.isEnd ? () : nil }
          guard case .success(let task) = try await self.task(delivery, client).result else { return }
          await reports.notify("notifications/tasks", task.objectValue ?? [:])
        }
      }
      try await group.waitForAll()
    }
    // There will be no more changes, but a subscription ends only when its client ends it.
    if known.isEmpty { _ = try await Watched(()).first { _ in nil as Void? } }
  }

  func signer(_ client: SmoovenClient) -> TaskSigner {
    TaskSigner(secrets: [client.configuration.secretKey] + client.configuration.previousSecretKeys)
  }
}

extension ToolRunner.Reports {
  /// The reports for a call that reports nothing while it's in progress.
  static let none = ToolRunner.Reports(progress: nil) { _, _ in }
}
