package import Foundation
package import Smooven
internal import SmoovenSupport
package import SmoovenTesting

/// An escalation whose wall clock moves with the manual clock of the process that runs it.
package struct EscalationScene: Sendable {
  /// A message, with the minutes since the scene began.
  package struct Post: Sendable, Hashable, CustomStringConvertible {
    package let recipient: String
    package let minute: Int

    package init(_ recipient: String, _ minute: Int) {
      (self.recipient, self.minute) = (recipient, minute)
    }

    package var description: String { "\(recipient) in minute \(minute)" }
  }

  package static let key: Secret = "sk_test_0123456789"

  package let policy: EscalationPolicy
  private let start: Date
  private let dates: Watched<Date>
  private let posts = Watched<[Post]>([])
  private let response: @Sendable (_ recipient: String) -> MockAnswer

  /// Creates a scene.
  ///
  /// - Parameters:
  ///   - policy: The policy.
  ///   - start: The time at which the first process starts. Defaults to 06:00 in UTC.
  ///   - response: The response to the message to a person. Defaults to an id with the person's name, and no callbacks.
  package init(
    _ policy: EscalationPolicy,
    start: Date = Date(timeIntervalSince1970: 1_800_079_200),
    response: @escaping @Sendable (String) -> MockAnswer = { .accepted(id: "ntf_\($0)") }
  ) {
    self.policy = policy
    self.start = start
    self.response = response
    dates = Watched(start)
  }

  /// The messages that were sent, in order.
  package var sent: [Post] { posts.read(\.self) }
  /// The minutes since the scene began.
  package var minute: Int { Self.minute(dates, start) }

  private static func minute(_ dates: Watched<Date>, _ start: Date) -> Int {
    Int(dates.read { $0.timeIntervalSince(start) } / 60)
  }

  /// Waits until a number of messages were sent.
  package func send(_ count: Int) async throws { try await posts.first { $0.count >= count ? () : nil } }

  /// Lets time pass while no process runs.
  package func pass(minutes: Int) { dates.update { $0 += Double(minutes) * 60 } }

  /// Lets time pass whenever a task has gone to sleep for an interval.
  package func pass(_ clock: ManualClock, minutes: Int, every interval: Int) async {
    for _ in 0..<(minutes / interval) {
      while let timer = await clock.nextTimer(), timer != .seconds(interval * 60) {}
      pass(minutes: interval)
      clock.advance(by: .seconds(interval * 60))
    }
  }

  /// Sends a callback of the message to a person.
  package func deliver(_ callback: MockCallback, of recipient: String, _ transport: MockTransport) async {
    var callback = callback
    callback.timestamp = dates.read(\.self)
    await transport.deliver(callback, notificationID: "ntf_\(recipient)")
  }

  /// Lets time pass that begins once the messages that are due were sent.
  ///
  /// - Parameters:
  ///   - clock: The clock of the process.
  ///   - minutes: The minutes until each of the next steps, or until the end.
  ///   - count: The number of messages that are due at the beginning. Each pause is followed by one more.
  /// - Throws: `CancellationError` if cancelled.
  package func pass(_ clock: ManualClock, minutes: Int..., sent count: Int = 1) async throws {
    for (index, minutes) in minutes.enumerated() {
      try await send(count + index)
      await pass(clock, minutes: minutes, every: minutes)
    }
  }

  /// Runs a process on a store, with a clock that begins at zero, while a closure runs.
  package func process<Result: Sendable>(
    on store: any DeliveryStore = InMemoryDeliveryStore(),
    _ body: @escaping @Sendable (SmoovenClient, ManualClock, MockTransport) async throws -> Result
  ) async throws -> Result {
    let (dates, start, posts, response, clock) = (dates, start, posts, response, ManualClock())
    let transport = MockTransport(
      secretKey: Self.key,
      answer: .choosing { request in
        let name = request.json["context"]?["user_id"]?.stringValue ?? "-"
        posts.update { $0.append(Post(name, Self.minute(dates, start))) }
        var answer = response(name)
        for index in answer.callbacks.indices { answer.callbacks[index].timestamp = dates.read(\.self) }
        return answer
      },
      clock: clock
    )
    var configuration = SmoovenConfiguration(
      secretKey: Self.key,
      listener: .mounted(publicURL: "https://agent.example.com/hooks"),
      clock: clock
    )
    configuration.reconciliationTimeout = nil
    configuration.now = { dates.read(\.self) }
    return try await withSmoovenClient(configuration: configuration, transport: transport, store: store) {
      client in
      transport.deliverCallbacks(to: client.receiver)
      return try await body(client, clock, transport)
    }
  }

  /// Runs the escalation in a process that ends while it waits.
  ///
  /// - Parameters:
  ///   - store: The store of the process.
  ///   - runs: The code of the steps that run code. Defaults to none.
  ///   - isOver: A closure that returns once the process may end.
  /// - Throws: Any error that the closure throws.
  package func interrupted(
    on store: any DeliveryStore,
    runs: [String: EscalationRun] = [:],
    _ isOver: @escaping @Sendable (SmoovenClient, ManualClock) async throws -> Void
  ) async throws {
    try await process(on: store) { [policy] client, clock, _ in
      let task = Task { try await client.escalate(policy, idempotencyKey: "incident", runs: runs) }
      try await isOver(client, clock)
      task.cancel()
      _ = try? await task.value
    }
  }

  /// Runs the escalation in a process, with a closure that lets time pass.
  package func finished(
    on store: any DeliveryStore = InMemoryDeliveryStore(),
    runs: [String: EscalationRun] = [:],
    _ timePasses: @escaping @Sendable (SmoovenClient, ManualClock, MockTransport) async throws -> Void
  ) async throws -> EscalationResult {
    try await process(on: store) { [policy] client, clock, transport in
      let task = Task { try await client.escalate(policy, idempotencyKey: "incident", runs: runs) }
      try await timePasses(client, clock, transport)
      return try await task.value
    }
  }
}

extension DeliveryOutcome {
  /// Whether time ran out.
  package var hasTimedOut: Bool { if case .timedOut = self { true } else { false } }
}
