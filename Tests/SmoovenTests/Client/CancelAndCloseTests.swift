import Foundation
import HTTPTypes
import Logging
import ServiceLifecycle
import Smooven
import SmoovenTesting
import Synchronization
import TestSupport
import Testing

@Suite("Cancelling and closing", .timeLimit(.minutes(1))) struct CancelAndCloseTests {
  /// A transport that records when it's called, and ignores cancellation for as long as the test likes.
  struct StubbornTransport: SmoovenTransport {
    let calls: AsyncStream<Void>
    let call: AsyncStream<Void>.Continuation
    let releases: AsyncStream<Void>
    let release: AsyncStream<Void>.Continuation

    init() {
      (calls, call) = AsyncStream.makeStream()
      (releases, release) = AsyncStream.makeStream()
    }

    func send(_ request: TransportRequest) async throws -> TransportResponse {
      call.yield()
      await Task { for await _ in releases { return } }.value
      throw TransportError(.noResponse, "released")
    }
  }

  @Test("Cancelling returns immediately, even if the transport ignores it")
  func stubborn() async throws {
    let transport = StubbornTransport()
    try await withSmoovenClient(configuration: mockConfiguration(), transport: transport) { client in
      let task = Task { try await client.remind() }
      for await _ in transport.calls { break }
      task.cancel()
      await #expect(throws: CancellationError.self) { try await task.value }
      #expect(client.receiver.tracker.waitCount == 0)
      transport.release.yield()
    }
  }

  @Test("Cancelled before it begins")
  func before() async throws {
    let transport = MockTransport(secretKey: testKey)
    try await withMockedClient(transport) { client in
      let task = Task {
        unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
        return try await client.remind()
      }
      await #expect(throws: CancellationError.self) { try await task.value }
      #expect(client.receiver.tracker.slotCount == 0)
    }
    #expect(transport.requests.isEmpty)
  }

  @Test("Cancelled while it waits, without any other wait")
  func whileWaiting() async throws {
    let transport = MockTransport(secretKey: testKey, answer: .accepted(id: "ntf_1"))
    try await withMockedClient(transport) { client in
      let handle = try await client.notifySarah()
      let first = Task { try await handle.outcome(timeout: .seconds(60)) }
      let second = Task { try await handle.outcome(timeout: .seconds(60)) }
      first.cancel()
      await #expect(throws: CancellationError.self) { try await first.value }
      await transport.deliver(.delivered, notificationID: "ntf_1")
      #expect(try await second.value.isDelivered)
    }
  }

  @Test("Cancelling leaves no slot")
  func noSlot() async throws {
    let transport = MockTransport(secretKey: testKey, answer: .nothing())
    try await withMockedClient(transport) { client in
      for _ in 0..<50 {
        let task = Task { try await client.remind() }
        await giveTurns(1)
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
      }
      #expect(client.receiver.tracker.waitCount == 0)
    }
  }

  @Test("Closing ends waits with closed")
  func close() async throws {
    let transport = MockTransport(secretKey: testKey, answer: .accepted())
    let (waiting, client) = try await withMockedClient(transport) { client in
      let handle = try await client.notifySarah()
      return (Task { try await handle.outcome(timeout: .seconds(60)) }, client)
    }
    let error = await #expect(throws: SmoovenError.self) { try await waiting.value }
    #expect(error?.code == .closed)
    await #expect(throws: SmoovenError.self) { try await client.remind() }
    let status = await client.receiver.receive(
      SmoovenCallbackFixture("notification.delivered", notificationID: "ntf_1").request(secret: testKey)
    ).status
    #expect(status == .serviceUnavailable)
  }

  @Test("Calls made before run() wait for it, and a second run() throws")
  func callsWait() async throws {
    let transport = MockTransport(secretKey: testKey)
    let client = try SmoovenClient(configuration: mockConfiguration(), transport: transport)
    transport.deliverCallbacks(to: client.receiver)
    let early = Task { try await client.remind() }
    let cancelled = Task { try await client.remind() }
    cancelled.cancel()
    await #expect(throws: CancellationError.self) { try await cancelled.value }
    let running = Task { try await client.run() }
    #expect(try await early.value.isDelivered)
    let error = await #expect(throws: SmoovenError.self) { try await client.run() }
    #expect(error?.code == .alreadyRunning)
    running.cancel()
    await #expect(throws: CancellationError.self) { try await running.value }
  }

  @Test("A service group stops it gracefully, with its own port or mounted", arguments: [true, false])
  func serviceGroup(isMounted: Bool) async throws {
    let transport = MockTransport(secretKey: testKey, answer: .accepted())
    var configuration = mockConfiguration()
    if !isMounted { configuration.listener = .init(publicURL: "https://agent.example.com") }
    let client = try SmoovenClient(configuration: configuration, transport: transport)
    let group = ServiceGroup(configuration: .init(services: [client], logger: .init(label: "test")))
    let running = Task { try await group.run() }
    let handle = try await client.notifySarah()
    let waiting = Task { try await handle.outcome(timeout: .seconds(60)) }
    await group.triggerGracefulShutdown()
    try await running.value
    let error = await #expect(throws: SmoovenError.self) { try await waiting.value }
    #expect(error?.code == .closed)
  }

  @Test("A client that isn't run doesn't wait forever, and sends nothing")
  func neverRun() async throws {
    let clock = ManualClock()
    let transport = MockTransport(secretKey: testKey)
    let client = try SmoovenClient(configuration: mockConfiguration(clock: clock), transport: transport)
    async let outcome = client.remind(timeout: .seconds(30))
    #expect(await clock.nextTimer() == .seconds(30))
    clock.advance(by: .seconds(30))
    do {
      _ = try await outcome
      Issue.record("expected an error")
    } catch let error as SmoovenError {
      #expect(error.code == .notRunning)
    }
    #expect(transport.requests.isEmpty)
  }

  @Test("A handle still knows its result after closing")
  func afterClose() async throws {
    let transport = MockTransport(secretKey: testKey)
    let handle = try await withMockedClient(transport) { client in
      let handle = try await client.notifySarah()
      _ = try await handle.outcome(timeout: .seconds(30))
      return handle
    }
    #expect(handle.id == "ntf_mock_1")
    #expect(handle.status == .delivered)
    #expect(try await handle.outcome(timeout: .seconds(1)).isDelivered)
  }

  @Test("A port in use cancels the scope, and it's the cause of the errors that calls in it throw")
  func portTaken() async throws {
    let configuration = SmoovenConfiguration(
      secretKey: testKey,
      listener: .init(publicURL: "https://agent.example.com")
    )
    try await withSmoovenClient(configuration: configuration) { first in
      let port = try await #require(first.listener).address.port
      var second = configuration
      second.listener.port = port
      let errors = Mutex<[any Error]>([])
      let error = await #expect(throws: SmoovenError.self) {
        try await withSmoovenClient(configuration: second) { client in
          // A call from before the error was known, one from afterwards, and one that isn't affected by it.
          let task = Task { try await client.remind() }
          do { _ = try await task.value } catch { errors.withLock { $0.append(error) } }
          do {
            _ = try await Task { try await client.status(of: "ntf_1") }.value
          } catch {
            errors.withLock { $0.append(error) }
          }
          do { _ = try await client.listener?.address } catch { errors.withLock { $0.append(error) } }
          for await _ in AsyncStream<Void>.makeStream().stream {}
          #expect(Task.isCancelled)
        }
      }
      #expect(error?.code == .invalidConfiguration)
      #expect(error?.message.contains("\(port)") == true)
      let inside = errors.withLock(\.self).compactMap { $0 as? SmoovenError }
      #expect(inside.map(\.code).allSatisfy { $0 == .closed } && inside.count >= 2)
      #expect(inside.allSatisfy { $0.message.contains("\(port)") && $0.cause is SmoovenError })
    }
  }

  @Test("A scope runs where its caller does, and may use what only the caller has")
  @MainActor
  func isolation() async throws {
    var count = 0
    try await withSmoovenClient(
      configuration: mockConfiguration(),
      transport: MockTransport(secretKey: testKey)
    ) { client in
      MainActor.assertIsolated()
      count += 1
      _ = try await client.callbackURL(deadline: .seconds(60))
      MainActor.assertIsolated()
      count += 1
    }
    #expect(count == 2)
  }
}
