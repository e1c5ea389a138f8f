public import HTTPTypes
public import Smooven

package import struct Foundation.Date

extension SmoovenDashboard {
  /// The actions that are allowed on the page.
  public struct Actions: Sendable {
    /// Delivers a request again, and returns the status of its response, or `nil` if nothing may be delivered again.
    public var redeliver: (@Sendable (CallbackRequest) async throws -> HTTPResponse.Status)?

    /// Explains the state of a delivery, by one of its names, as `SmoovenClient.explain(_:)` does, or `nil` if nothing is
    /// explained.
    public var explain: (@Sendable (_ name: String) async throws -> DeliveryExplanation)?

    /// Nothing.
    public static let readOnly = Actions()

    /// Callbacks are delivered again to a receiver, as if their sender had tried again.
    public static func redelivering(to receiver: CallbackReceiver) -> Actions {
      var actions = Actions()
      actions.redeliver = { await receiver.receive($0).status }
      actions.receiver = receiver
      return actions
    }

    /// Knows the URLs of its endpoints.
    package var receiver: CallbackReceiver?

    /// Sends a fresh callback, and returns the status of its response.
    package var trigger: DashboardTrigger?

    /// Looks for the mistake behind a request that was refused, as `smooven verify` does.
    package var diagnose: (@Sendable (JournalRejection, CallbackRequest, _ at: Date) -> [String])?

    /// Creates actions of which none is allowed.
    public init() {}
  }
}
