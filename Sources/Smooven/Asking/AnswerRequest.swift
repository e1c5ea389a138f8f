internal import HTTPTypes
internal import SmoovenCallbacks
internal import SmoovenHTTP

/// The checks of what a browser reports about a form that it sends.
enum AnswerRequest {
  /// Returns the status with which a form is refused, or `nil` if it may be read.
  static func refusal(of request: CallbackRequest) -> HTTPResponse.Status? {
    guard isOwnForm(request) else { return .forbidden }
    guard request.head.headerFields.mediaType == "application/x-www-form-urlencoded" else {
      return .unsupportedMediaType
    }
    return request.body.count > AnswerForm.maximumSize ? .contentTooLarge : nil
  }

  /// Returns whether the form was sent from this page, as far as a browser reports it.
  private static func isOwnForm(_ request: CallbackRequest) -> Bool {
    let fields = request.head.headerFields
    let isPrefetch = [purpose, oldPurpose].contains { fields[$0]?.lowercased().contains("prefetch") == true }
    if isPrefetch { return false }
    // A page can't set this field, so it outweighs an origin that a proxy made unrecognizable.
    if let site = fields[fetchSite] { return site == "same-origin" }
    guard let origin = fields[.origin] else { return true }
    guard let authority = request.head.authority, let start = origin.firstRange(of: "://") else {
      return false
    }
    return origin[start.upperBound...].lowercased() == authority.lowercased()
  }

  // Safe to unwrap, because they're constants and valid tokens.
  // swift-format-ignore: NeverForceUnwrap
  private static let fetchSite = HTTPField.Name("Sec-Fetch-Site")!
  // swift-format-ignore: NeverForceUnwrap
  private static let purpose = HTTPField.Name("Sec-Purpose")!
  // swift-format-ignore: NeverForceUnwrap
  private static let oldPurpose = HTTPField.Name("Purpose")!
}
