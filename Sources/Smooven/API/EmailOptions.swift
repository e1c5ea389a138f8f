public import SmoovenCallbacks

/// Options of an email (source: Smooven's API reference).
public struct EmailOptions: Sendable, Hashable, Encodable {
  /// The sender's address.
  public var from: String?
  /// The subject line.
  public var subject: String?
  /// The body as HTML.
  public var html: String?
  /// A template of the project, in place of `html`.
  public var templateID: String?
  /// The values for the template.
  public var variables: [String: JSONValue]?

  /// Makes options; what is `nil` is not sent.
  public init(
    from: String? = nil,
    subject: String? = nil,
    html: String? = nil,
    templateID: String? = nil,
    variables: [String: JSONValue]? = nil
  ) {
    self.from = from
    self.subject = subject
    self.html = html
    self.templateID = templateID
    self.variables = variables
  }

  private enum CodingKeys: String, CodingKey {
    case from, subject, html, variables
    case templateID = "template_id"
  }
}

extension EmailOptions: SafelyDescribed {
  /// A placeholder.
  public var description: String { "<email options>" }
}
