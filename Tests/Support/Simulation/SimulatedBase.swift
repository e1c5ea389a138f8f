package import Smooven

/// The store that the clients of an episode share, as one of them has opened it.
package struct SimulatedBase: Sendable {
  /// Looks once for what others have changed.
  package typealias Look = @Sendable () async throws -> [StoreChange]

  let store: any DeliveryStore
  /// Makes what looks for changes after each one, in place of a timer; `nil` if the store reports them without one.
  let makeLook: (@Sendable (DeliveryInterests) -> Look)?
  let close: @Sendable () async -> Void

  package init(
    _ store: any DeliveryStore,
    makeLook: (@Sendable (DeliveryInterests) -> Look)? = nil,
    close: @escaping @Sendable () async -> Void = {}
  ) {
    self.store = store
    self.makeLook = makeLook
    self.close = close
  }
}
