import Testing

/// Lets only a few tests run at the same time, because each starts several processes with their own deadlines.
struct Throttled: SuiteTrait, TestTrait, TestScoping {
  private static let gate = Gate(width: 3)

  var isRecursive: Bool { true }

  @concurrent
  func provideScope(
    for test: Test,
    testCase: Test.Case?,
    performing function: @Sendable @concurrent () async throws -> Void
  ) async throws {
    guard testCase != nil else { return try await function() }
    await Self.gate.enter()
    do {
      try await function()
    } catch {
      await Self.gate.leave()
      throw error
    }
    await Self.gate.leave()
  }
}

extension Trait where Self == Throttled {
  /// A trait that lets only a few tests run at the same time.
  static var throttled: Self { Throttled() }
}

/// A semaphore that admits a limited number of callers at the same time.
private actor Gate {
  private var free: Int
  private var waiting: [CheckedContinuation<Void, Never>] = []

  init(width: Int) { free = width }

  func enter() async {
    guard free == 0 else {
      free -= 1
      return
    }
    await withCheckedContinuation { waiting.append($0) }
  }

  func leave() {
    if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
  }
}
