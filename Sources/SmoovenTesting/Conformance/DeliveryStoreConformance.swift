public import Smooven
internal import SmoovenCallbacks

internal import struct Foundation.Date

/// The promises of `DeliveryStore` and `EventLog`, as checks to run in the tests of an implementation.
///
/// The dates that the checks pass are a day ahead, so that a store that never dates anything before its own clock keeps
/// them unchanged. They never go back within one check.
public struct DeliveryStoreConformance: Sendable {
  /// A closure that reopens a store, or opens another handle on its medium.
  public typealias Opening = @Sendable (any DeliveryStore) async throws -> any DeliveryStore

  let make: @Sendable () async throws -> any DeliveryStore
  let reopen: Opening?
  let openAnother: Opening?
  let capacity: Int?
  let start: Date

  /// Creates the checks.
  ///
  /// - Parameters:
  ///   - make: Creates an empty store. It's called once for each check.
  ///   - reopen: Reopens the same medium, as after a crash. Defaults to `nil`, for a store that doesn't outlive its
  ///     process.
  ///   - openAnother: Opens a second handle on the medium of a store that stays in use, as another process would.
  ///     Defaults to `nil`, for a store that isn't shared.
  ///   - capacity: The number of deduplication keys that the created store keeps for each endpoint, if it's at most
  ///     10,000. Defaults to `nil`, which skips the checks of a full store.
  public init(
    make: @escaping @Sendable () async throws -> any DeliveryStore,
    reopen: Opening? = nil,
    openAnother: Opening? = nil,
    capacity: Int? = nil
  ) {
    self.make = make
    self.reopen = reopen
    self.openAnother = openAnother
    self.capacity = capacity.flatMap { $0 <= 10_000 ? $0 : nil }
    start = Self.tomorrow
  }

  /// Runs every check.
  ///
  /// - Throws: ``ConformanceFailure``, which names the promise, or the error that the store threw.
  public func run() async throws {
    try await insertingIsIdempotent()
    try await oneOfManyInsertionsWins()
    try await replacingNeedsTheVersion()
    try await oneOfManyReplacementsWins()
    try await removingNeedsTheVersion()
    try await lookupsFindTheirDelivery()
    try await pendingComesInPages()
    try await deliveriesComeBackWhole()
    try await timeNeverGoesBack()
    try await duplicatesAreRecognized()
    try await oneOfManyAppendsStores()
    try await callbacksComeInPages()
    try await lookupsFindTheirCallbacks()
    try await callbacksComeBackWhole()
    try await pruningForgetsOnlyTheOld()
    try await pruningKeepsWhatDecides()
    try await keysOutliveTheirCallbacks()
    if let capacity { try await aFullStoreIsHonest(capacity) }
    if let reopen { try await survivesReopening(reopen) }
    if try await make() is any EventLog { try await checkLog() }
    if let openAnother { try await checkSharing(openAnother) }
  }

  static var tomorrow: Date {
    Date(timeIntervalSinceReferenceDate: Date().timeIntervalSinceReferenceDate.rounded() + 86_400)
  }
}
