/// A suspended task, or an observer of many waits, which learns exactly once how its wait ended.
///
/// The machine returns each waiter exactly once, as its random test shows over millions of steps. So an open wait
/// doesn't need to pay for a check, but in debug builds, and therefore in all tests, it does.
@safe package struct DeliveryWaiter: Sendable {
  @safe private enum Wrapped {
    #if DEBUG
    case task(CheckedContinuation<DeliveryWaitEnd, Never>)
    #else
    case task(UnsafeContinuation<DeliveryWaitEnd, Never>)
    #endif
    case observer(DeliveryWaitObserver)
  }

  private let wrapped: Wrapped

  private init(_ wrapped: Wrapped) { self.wrapped = wrapped }

  init(_ observer: DeliveryWaitObserver) { wrapped = .observer(observer) }

  /// Suspends the task until it is resumed.
  @inline(__always)
  static func wait(_ keep: (DeliveryWaiter) -> Void) async -> DeliveryWaitEnd {
    #if DEBUG
    await withCheckedContinuation { keep(DeliveryWaiter(.task($0))) }
    #else
    await unsafe withUnsafeContinuation { unsafe keep(DeliveryWaiter(.task($0))) }
    #endif
  }

  func resume(returning end: DeliveryWaitEnd) {
    switch wrapped {
    case .observer(let observer): observer.end(end)
    case .task(let continuation):
      #if DEBUG
      continuation.resume(returning: end)
      #else
      unsafe continuation.resume(returning: end)
      #endif
    }
  }
}

/// An observer of one of many waits that a single task watches.
final class DeliveryWaitObserver: Sendable {
  /// The index of the notification among those that are watched.
  private let index: Int
  /// The place of the event that it waits for, if it waits for a certain one.
  private let position: Int32
  private let ends: AsyncStream<DeliveryRace.Report>.Continuation

  init(_ index: Int, _ position: Int32, _ ends: AsyncStream<DeliveryRace.Report>.Continuation) {
    self.index = index
    self.position = position
    self.ends = ends
  }

  func end(_ end: DeliveryWaitEnd) { ends.yield((index, position, end)) }
}
