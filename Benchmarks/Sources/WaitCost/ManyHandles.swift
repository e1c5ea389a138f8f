import Foundation
import Measuring
import Smooven
import SmoovenTesting

/// One wait for the first of many notifications, compared with a task for each of them.
///
/// The notifications are sent first, so only what the wait adds to them is counted.
enum ManyHandles {
  enum Kind: String {
    /// `SmoovenClient.first(of:until:timeout:)`, in one task.
    case first
    /// `NotificationHandle.outcome(timeout:until:)`, in a child task each, of which the first one to end cancels the rest.
    case tasks
  }

  /// Sends notifications, waits for the first one of them, and lets one in the middle arrive.
  static func measure(_ kind: Kind, _ count: Int) async throws -> [String: Double] {
    let key: Secret = "sk_live_0123456789abcdef"
    let transport = MockTransport(secretKey: key, answer: .accepted())
    let configuration = SmoovenConfiguration(
      secretKey: key,
      listener: .mounted(publicURL: "https://agent.example.com")
    )
    return try await withSmoovenClient(configuration: configuration, transport: transport) { smooven in
      transport.deliverCallbacks(to: smooven.receiver)
      var handles: [NotificationHandle] = []
      for _ in 0..<count {
        let context = NotificationContext(userID: "sarah@example.com")
        handles.append(try await smooven.notify(intent: "Remind Sarah", context: context))
      }
      // To warm up: the first of everything is slower, and takes memory that stays.
      for handle in handles.prefix(2) { _ = try await handle.outcome(timeout: .milliseconds(1)) }
      return try await wait(kind, handles, smooven, transport)
    }
  }

  private static func wait(
    _ kind: Kind,
    _ handles: [NotificationHandle],
    _ smooven: SmoovenClient,
    _ transport: MockTransport
  ) async throws -> [String: Double] {
    let before = residentBytes()
    let begin = nanoseconds()
    let (task, opened) = await open(kind, handles, smooven)
    while await opened.value < handles.count { await Task.yield() }
    let end = nanoseconds()
    try await Task.sleep(for: .milliseconds(200))
    let bytes = Double(residentBytes() - before) / Double(handles.count)
    let arrival = nanoseconds()
    await transport.deliver(.delivered, notificationID: handles[handles.count / 2].id ?? "")
    guard try await task.value else { fatalError("it was not delivered") }
    return ["bytes": bytes, "open": Double(end - begin), "settle": Double(nanoseconds() - arrival)]
  }

  /// Begins to wait.
  ///
  /// Everything runs on one actor. A task that has begun there has suspended by the time another one runs, so a
  /// notification that was counted is waited for.
  @OneAtATime
  private static func open(
    _ kind: Kind,
    _ handles: [NotificationHandle],
    _ smooven: SmoovenClient
  ) -> (Task<Bool, any Error>, OpenCount) {
    let opened = OpenCount()
    let task = Task { @OneAtATime in
      switch kind {
      case .first:
        opened.value = handles.count
        return try await smooven.first(of: handles, timeout: .seconds(3_600)).outcome.isDelivered
      case .tasks: return try await firstOfTasks(handles, opened)
      }
    }
    return (task, opened)
  }

  @OneAtATime
  private static func firstOfTasks(_ handles: [NotificationHandle], _ opened: OpenCount) async throws -> Bool
  {
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for handle in handles { group.addTask { try await isDelivered(handle, opened) } }
      let first = try await group.next()
      group.cancelAll()
      return first == true
    }
  }

  @OneAtATime
  private static func isDelivered(_ handle: NotificationHandle, _ opened: OpenCount) async throws -> Bool {
    opened.value += 1
    return try await handle.outcome(timeout: .seconds(3_600)).isDelivered
  }
}

/// The number of notifications that are waited for.
@OneAtATime
private final class OpenCount {
  var value = 0
}
