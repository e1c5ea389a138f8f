/// Returns the time of the monotonic clock, in nanoseconds.
public func nanoseconds() -> UInt64 {
  let elapsed = epoch.duration(to: .now).components
  return UInt64(elapsed.seconds) * 1_000_000_000 + UInt64(elapsed.attoseconds / 1_000_000_000)
}

private let epoch = ContinuousClock.now
