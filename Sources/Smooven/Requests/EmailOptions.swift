public import SmoovenCallbacks

/// Options of an email (source: Smooven's API reference).
public struct EmailOptions: Sendable, Hashable {
  /// The sender's address.
  public var from: String?
  /// The subject line.
  public var subject: String?
  /// The body as HTML.
  public var html: String?
  /// A template of the project, to use instead of `html`.
  public var templateID: String?
  /// The values for the template.
  public var variables: [String: JSONValue]?

  /// Creates options, of which only those with a value are sent.
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

  var json: JSONValue {
    .members([
      "from": from.map(JSONValue.string),
      "subject": subject.map(JSONValue.string),
      "html": html.map(JSONValue.string),
      "template_id": templateID.map(JSONValue.string),
      "variables": variables.map(JSONValue.object),
    ])
  }
}

extension EmailOptions: SafelyDescribed {
  /// A placeholder.
  public var description: String { "<email options>" }
}
