/// A task that waits, to be resumed exactly once.
///
/// The machine hands each waiter back exactly once, as its random test proves over millions of steps; so an open wait
/// need not pay for the check, but in debug builds, and so in all tests, it does.
@safe package struct DeliveryWaiter: Sendable {
  #if DEBUG
  private let continuation: CheckedContinuation<DeliveryWaitEnd, Never>
  #else
  private let continuation: UnsafeContinuation<DeliveryWaitEnd, Never>
  #endif

  /// Suspends the task until it is resumed.
  @inline(__always)
  static func wait(_ keep: (DeliveryWaiter) -> Void) async -> DeliveryWaitEnd {
    #if DEBUG
    await withCheckedContinuation { keep(DeliveryWaiter(continuation: $0)) }
    #else
    await unsafe withUnsafeContinuation { unsafe keep(DeliveryWaiter(continuation: $0)) }
    #endif
  }

  func resume(returning end: DeliveryWaitEnd) {
    #if DEBUG
    continuation.resume(returning: end)
    #else
    unsafe continuation.resume(returning: end)
    #endif
  }
}
