#if PostgresSupport
internal import Smooven

/// The places that were already reported to followers, so that the poll that finds them again doesn't report them twice.
///
/// A poll finds everything once: what was committed since the poll before. So it's forgotten after the second poll.
struct ReportedPlaces<Place: Hashable & Sendable>: Sendable {
  /// The maximum number between two polls; past it some are reported twice, which is harmless.
  private static var limit: Int { 20_000 }

  private var new: Set<Place> = []
  private var old: Set<Place> = []

  /// Records that something is reported.
  ///
  /// - Returns: Whether it's the first time.
  @discardableResult
  mutating func insert(_ place: Place) -> Bool {
    if new.contains(place) || old.contains(place) { return false }
    if new.count >= Self.limit { new = [] }
    new.insert(place)
    return true
  }

  /// Accepts that a poll has ended.
  mutating func endPoll() { (old, new) = (new, []) }
}

/// A delivery that was written by the transaction at a place.
struct PollChange: Sendable, Hashable {
  let token: DeliveryToken
  let place: Int64
}
#endif
