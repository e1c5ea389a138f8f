import Logging
import ServiceLifecycle
import SmoovenCallbacks
import SmoovenHTTP
import SmoovenSandbox
import Testing

@Suite("Lifecycle of a sandbox", .timeLimit(.minutes(1)))
struct SandboxLifecycleTests {
  @Test func baseURLWaitsForTheSocket() async throws {
    let sandbox = try SmoovenSandbox()
    async let baseURL = sandbox.baseURL
    let run = Task { try await sandbox.run() }
    #expect(try await baseURL.hasPrefix("http://127.0.0.1:"))
    run.cancel()
    await #expect(throws: CancellationError.self) { try await run.value }
    await #expect { try await sandbox.baseURL } throws: { ($0 as? SandboxError)?.code == .stopped }
    await #expect { try await sandbox.awaitNotifications(count: 1) } throws: {
      ($0 as? SandboxError)?.code == .stopped
    }
    try await sandbox.awaitIdle()
  }

  @Test func aCancelledWaitEnds() async throws {
    let sandbox = try SmoovenSandbox()
    let wait = Task { try await sandbox.baseURL }
    wait.cancel()
    await #expect(throws: CancellationError.self) { try await wait.value }
  }

  @Test func runsOnce() async throws {
    try await withSmoovenSandbox { sandbox in
      await #expect { try await sandbox.run() } throws: { ($0 as? SandboxError)?.code == .alreadyRun }
      let baseURL = try await sandbox.baseURL
      #expect(baseURL.hasPrefix("http://"))
    }
  }

  @Test func aTakenPortIsTold() async throws {
    try await withSmoovenSandbox { first in
      let port = try #require(try await first.baseURL.split(separator: ":").last.flatMap { Int($0) })
      var configuration = SandboxConfiguration()
      configuration.port = port
      await #expect(throws: HTTPServerError.self) {
        try await withSmoovenSandbox(configuration: configuration) { _ in }
      }
      let second = try SmoovenSandbox(configuration: configuration)
      await #expect(throws: HTTPServerError.self) { try await second.run() }
      await #expect(throws: HTTPServerError.self) { try await second.baseURL }
    }
  }

  @Test func scopePassesResultsAndErrors() async throws {
    struct Oops: Error {}
    #expect(try await withSmoovenSandbox { _ in 7 } == 7)
    await #expect(throws: Oops.self) { try await withSmoovenSandbox { _ in throw Oops() } }
  }

  @Test func cancellingTheScopeStopsStories() async throws {
    // Time is stopped, so the story never continues.
    let clock = SteppingClock(limit: .zero)
    let (sandboxes, started) = AsyncStream<SmoovenSandbox>.makeStream()
    let scope = Task {
      try await withLab(configuration: .fast { $0.clock = clock }) { lab in
        _ = try await lab.notify("sarah")
        started.yield(lab.sandbox)
        try await lab.sandbox.awaitIdle()
      }
    }
    let sandbox = try #require(await sandboxes.first { _ in true })
    scope.cancel()
    await #expect(throws: CancellationError.self) { try await scope.value }
    #expect(sandbox.notifications.map(\.status) == ["queued"])
    #expect(sandbox.callbackAttempts.isEmpty)
  }

  @Test func gracefulShutdownEnds() async throws {
    let sandbox = try SmoovenSandbox()
    let group = ServiceGroup(services: [sandbox], logger: Logger(label: "test"))
    let run = Task { try await group.run() }
    _ = try await sandbox.baseURL
    await group.triggerGracefulShutdown()
    try await run.value
    await #expect(throws: SandboxError.self) { try await sandbox.baseURL }
  }

  @Test func gracefulShutdownAnswersWhatIsUnderWay() async throws {
    let probe = CallbackProbe()
    try await withProbe(probe) { address in
      let sandbox = try SmoovenSandbox(configuration: .fast())
      let group = ServiceGroup(services: [sandbox], logger: Logger(label: "test"))
      let run = Task { try await group.run() }
      let baseURL = try await sandbox.baseURL
      let callbackURL = "http://\(address)\(probe.path)"
      let lab = Lab(sandbox: sandbox, probe: probe, baseURL: baseURL, callbackURL: callbackURL)
      async let answer = lab.notify("early")
      _ = try await probe.received(1)
      await group.triggerGracefulShutdown()
      let status = try await answer.status
      #expect(status == 200)
      try await run.value
      #expect(sandbox.callbackAttempts.count == 3)
    }
  }

  @Test(
    arguments: [
      { $0.timeScale = -1 }, { $0.timeScale = .nan }, { $0.timeScale = .infinity }, { $0.timeScale = 1_001 },
      { $0.stepDelay = .seconds(-1) }, { $0.stepDelay = .seconds(3_601) }, { $0.port = -1 },
      { $0.port = 65_536 }, { $0.historyLimit = 0 }, { $0.secretKey = "" }, { $0.secretKey = "short" },
      { $0.defaultCallbackURL = "" }, { $0.defaultCallbackURL = "file:///tmp" },
    ] as [@Sendable (inout SandboxConfiguration) -> Void]
  )
  func refusesValuesOutOfRange(change: @Sendable (inout SandboxConfiguration) -> Void) {
    var configuration = SandboxConfiguration()
    change(&configuration)
    #expect { try SmoovenSandbox(configuration: configuration) } throws: {
      ($0 as? SandboxError)?.code == .invalidConfiguration
    }
  }
}
