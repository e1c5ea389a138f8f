internal import SmoovenCallbacks

/// The arguments of a call, which are read strictly, so that a model learns if it misspelled one.
struct ToolArguments: Sendable {
  private let members: [String: JSONValue]

  /// Checks the names.
  ///
  /// - Parameters:
  ///   - json: The arguments. A missing value is treated as an empty object.
  ///   - schema: The input schema of the tool, which has the names.
  /// - Throws: ``ToolFailure``, which names the argument.
  init(_ json: JSONValue?, schema: JSONValue) throws(ToolFailure) {
    switch json {
    case nil: members = [:]
    case .object(let members): self.members = members
    default: throw ToolFailure("arguments must be an object")
    }
    let known = schema["properties"]?.objectValue ?? [:]
    if let unknown = members.keys.sorted().first(where: { known[$0] == nil }) {
      throw ToolFailure(
        "\(unknown.prefix(64)): unknown argument. Use \(known.keys.sorted().joined(separator: ", "))."
      )
    }
    let required = schema["required"]?.arrayValue?.compactMap(\.stringValue) ?? []
    if let missing = required.first(where: { members[$0]?.isNull ?? true }) {
      throw ToolFailure("\(missing): missing. It's required.")
    }
  }

  /// Returns the value of an argument, or `nil` for `null`, which models often send for arguments that they leave out.
  private subscript(name: String) -> JSONValue? {
    members[name].flatMap { $0.isNull ? nil : $0 }
  }

  func string(_ name: String, maximumLength: Int = 4_000) throws(ToolFailure) -> String? {
    guard let value = self[name] else { return nil }
    guard let text = value.stringValue else { throw ToolFailure("\(name): must be a string") }
    guard !text.isEmpty else { throw ToolFailure("\(name): must not be empty. Leave it out instead.") }
    guard text.utf8.count <= maximumLength else {
      throw ToolFailure(
        "\(name): has \(text.utf8.count) bytes, and may have at most \(maximumLength). Shorten it."
      )
    }
    return text
  }

  func requiredString(_ name: String, maximumLength: Int = 4_000) throws(ToolFailure) -> String {
    guard let text = try string(name, maximumLength: maximumLength) else {
      throw ToolFailure("\(name): missing. It's required.")
    }
    return text
  }

  func choice(_ name: String, of values: [String]) throws(ToolFailure) -> String? {
    guard let text = try string(name) else { return nil }
    guard values.contains(text) else {
      throw ToolFailure("\(name): must be \(values.joined(separator: ", ")).")
    }
    return text
  }

  /// Returns a time in seconds, for which any number is accepted here and limited by the caller.
  func seconds(_ name: String) throws(ToolFailure) -> Double? {
    guard let value = self[name] else { return nil }
    guard let seconds = value.doubleValue else { throw ToolFailure("\(name): must be a number of seconds") }
    return seconds
  }

  func flag(_ name: String) throws(ToolFailure) -> Bool? {
    guard let value = self[name] else { return nil }
    guard let flag = value.boolValue else { throw ToolFailure("\(name): must be true or false") }
    return flag
  }

  func strings(_ name: String) throws(ToolFailure) -> [String]? {
    guard let value = self[name] else { return nil }
    guard let values = value.arrayValue else { throw ToolFailure("\(name): must be an array of strings") }
    var strings: [String] = []
    for value in values {
      guard let text = value.stringValue else { throw ToolFailure("\(name): must be an array of strings") }
      strings.append(text)
    }
    return strings
  }

  func object(_ name: String) throws(ToolFailure) -> [String: JSONValue]? {
    guard let value = self[name] else { return nil }
    guard let members = value.objectValue else { throw ToolFailure("\(name): must be an object") }
    return members
  }
}
