/// The interests of a process, as an up-to-date view of its open waits.
///
/// A store uses it to decide which changes are worth reporting. Asking is cheap and takes no lock of the store's.
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

  /// Returns whether a delivery is waited for.
  public func contains(_ token: DeliveryToken) -> Bool { wantsToken(token) }

  /// Returns whether a callback may belong to something that is waited for, by its token or its ids.
  public func contains(_ callback: StoredCallback) -> Bool { wantsCallback(callback) }

  /// Returns everything that is waited for, as one lookup for each wait.
  public func lookups() -> [CallbackLookup] { list() }
}
