/// What a process waits for: a view of its open waits, always current.
///
/// A store asks it which changes are worth reporting. It's cheap to ask and takes no lock of the store's.
public struct DeliveryInterests: Sendable {
  private let wantsToken: @Sendable (DeliveryToken) -> Bool
  private let wantsCallback: @Sendable (StoredCallback) -> Bool
  private let list: @Sendable () -> [CallbackLookup]
  private let size: @Sendable () -> Int

  package init(
    count: @escaping @Sendable () -> Int,
    token: @escaping @Sendable (DeliveryToken) -> Bool,
    callback: @escaping @Sendable (StoredCallback) -> Bool,
    lookups: @escaping @Sendable () -> [CallbackLookup]
  ) {
    size = count
    wantsToken = token
    wantsCallback = callback
    list = lookups
  }

  /// The number of open waits.
  public var count: Int { size() }

  /// Whether a delivery is waited for.
  public func contains(_ token: DeliveryToken) -> Bool { wantsToken(token) }

  /// Whether a callback may belong to something that is waited for, by its token or its ids.
  public func contains(_ callback: StoredCallback) -> Bool { wantsCallback(callback) }

  /// Everything that is waited for, one lookup for each wait.
  public func lookups() -> [CallbackLookup] { list() }
}
