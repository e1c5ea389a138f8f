internal import SmoovenCallbacks

/// A question for a person, who answers it on a page.
///
/// This is personal data, so the description shows only what kind of answer it asks for.
public struct Question: Sendable, Hashable, Codable {
  /// The maximum number of options.
  public static let maximumOptionCount = 8
  /// The maximum number of bytes in the text, and half of the maximum in a written answer.
  public static let maximumTextSize = 1_000
  /// The maximum number of bytes in a written answer.
  static let maximumReplySize = 2 * maximumTextSize

  /// The question in plain text, at most 1,000 bytes.
  public var text: String
  /// The answers to choose from, at most 8 of at most 100 bytes, each of which gets a button.
  public var options: [String]
  /// Whether the person may write an answer, in addition to an option or instead of one.
  public var allowsText: Bool
  /// The language of the text, such as `de`, for screen readers and hyphenation.
  ///
  /// Defaults to `nil`, which means English.
  public var language: String?

  private enum CodingKeys: String, CodingKey {
    case text, options
    case allowsText = "allows_text"
    case language
  }

  /// Creates a question.
  ///
  /// - Parameters:
  ///   - text: The question.
  ///   - options: The answers to choose from. Defaults to none.
  ///   - allowsText: Whether the person may write an answer. Defaults to `true` if there are no options.
  ///   - language: The language of the text. Defaults to `nil`, which means English.
  public init(_ text: String, options: [String] = [], allowsText: Bool? = nil, language: String? = nil) {
    self.text = text
    self.options = options
    self.allowsText = allowsText ?? options.isEmpty
    self.language = language
  }

  /// Decodes a question, in which missing values have the initializer's defaults.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      try container.decode(String.self, forKey: .text),
      options: try container.decodeIfPresent([String].self, forKey: .options) ?? [],
      allowsText: try container.decodeIfPresent(Bool.self, forKey: .allowsText),
      language: try container.decodeIfPresent(String.self, forKey: .language)
    )
  }

  /// Checks the limits.
  ///
  /// - Throws: ``SmoovenError`` with `invalidRequest`, which names the field.
  public func validate() throws(SmoovenError) {
    guard text.contains(where: { !$0.isWhitespace }) else { throw .invalid("question", "it is empty") }
    guard text.utf8.count <= Self.maximumTextSize, !text.unicodeScalars.contains(where: Self.isControl) else {
      throw .invalid("question", "must have at most 1,000 bytes, and no control characters but line feeds")
    }
    guard options.count <= Self.maximumOptionCount, Set(options).count == options.count else {
      throw .invalid("question.options", "must be at most 8, all different")
    }
    for option in options {
      guard (1...100).contains(option.utf8.count), option.contains(where: { !$0.isWhitespace }),
        !option.contains(where: \.isNewline), !option.unicodeScalars.contains(where: Self.isControl)
      else { throw .invalid("question.options", "each must be one line of 1 to 100 bytes") }
    }
    guard allowsText || !options.isEmpty else {
      throw .invalid("question.options", "give options, or allow a written answer")
    }
    if let language {
      let isTag = language.utf8.allSatisfy {
        (0x61...0x7A).contains($0 | 0x20) || (0x30...0x39).contains($0) || $0 == 0x2D
      }
      guard isTag, (2...35).contains(language.utf8.count) else {
        throw .invalid("question.language", "must be a language tag, such as en or pt-BR")
      }
    }
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.generalCategory == .control && scalar != "\n"
  }
}

extension Question: SafelyDescribed {
  /// The number of options, and whether text is allowed.
  public var description: String { "Question(\(options.count) options\(allowsText ? ", text" : ""))" }
}
