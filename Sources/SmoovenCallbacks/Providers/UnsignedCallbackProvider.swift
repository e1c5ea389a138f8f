internal import HTTPTypes

public import struct Foundation.Date

/// A provider whose callbacks aren't signed.
///
/// ```swift
/// struct ParcelProvider: UnsignedCallbackProvider {
///   let name = "parcel"
///
///   func decode(_ request: CallbackRequest) throws(CallbackDecodingError) -> CallbackEvent {
///     let payload = try request.jsonObject()
///     let state = try payload.requiredString("state")
///     return CallbackEvent(
///       provider: name,
///       name: "parcel.\(state)",
///       kind: state == "handed_over" ? .delivered : .other,
///       correlationIDs: [try payload.requiredString("parcel")],
///       deduplicationKey: request.bodyDigest,
///       payload: payload,
///       rawBody: request.body
///     )
///   }
/// }
/// ```
///
/// A request proves nothing about its sender, so a listener mounts the provider only with some authentication, by
/// default a token in the URL.
public protocol UnsignedCallbackProvider: CallbackProvider {}

extension UnsignedCallbackProvider {
  /// Returns `false`.
  public var isSigned: Bool { false }

  /// Accepts every request, because there is nothing to check.
  @discardableResult
  public func verify(_ request: CallbackRequest, at now: Date) throws(VerificationError) -> Verification {
    Verification(secretIndex: nil)
  }

  /// Replies to a request that holds no event, with which many services check that a URL exists before they
  /// use it.
  ///
  /// That is a GET, HEAD or OPTIONS, or a POST whose body is empty or an empty list. The reply repeats
  /// nothing of the request. A listener sends it only if the request has what the endpoint requires, such as
  /// the token in the URL.
  public func handshake(
    beforeVerifying request: CallbackRequest,
    at now: Date
  ) throws(VerificationError) -> CallbackReply? {
    switch request.head.method {
    case .get, .head, .options: .text("")
    case .post where request.holdsNoEvent: .text("")
    default: nil
    }
  }
}

extension CallbackRequest {
  fileprivate var holdsNoEvent: Bool {
    // Longer bodies hold something, or white space that no service sends.
    guard body.count <= 64 else { return false }
    let visible = body.filter { !Self.whiteSpace.contains($0) }
    return visible.isEmpty || visible.elementsEqual("[]".utf8)
  }

  private static let whiteSpace: [UInt8] = [0x20, 0x09, 0x0A, 0x0D]
}
