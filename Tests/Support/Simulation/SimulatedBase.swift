package import Smooven

/// The store that the clients of an episode share, as one of them has opened it.
package struct SimulatedBase: Sendable {
  /// Checks once for changes by other clients.
  package typealias Look = @Sendable () async throws -> [StoreChange]

  let store: any DeliveryStore
  /// A function that returns the check for changes, which runs after each change in place of a timer.
  ///
  /// It's `nil` if the store reports changes without a timer.
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
