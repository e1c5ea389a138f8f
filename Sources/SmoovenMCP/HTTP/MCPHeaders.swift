internal import Foundation
internal import HTTPTypes
internal import SmoovenCallbacks

/// The headers that repeat parts of the body, so that proxies can route requests without reading it.
enum MCPHeaders {
  // Constants and valid tokens, so they can't be nil.
  // swift-format-ignore: NeverForceUnwrap
  static let version = HTTPField.Name("MCP-Protocol-Version")!
  // swift-format-ignore: NeverForceUnwrap
  static let method = HTTPField.Name("Mcp-Method")!
  // swift-format-ignore: NeverForceUnwrap
  static let name = HTTPField.Name("Mcp-Name")!

  /// Checks the headers against the body.
  ///
  /// - Returns: The revision that an earlier `initialize` agreed on, for a legacy request, or `nil` for a modern one.
  /// - Throws: ``RPCError``, which names the header.
  static func check(_ request: RPCRequest, _ fields: HTTPFields) throws(RPCError) -> String? {
    let header = try single(version, fields)
    let meta = request.meta[Era.versionKey]
    guard meta != nil || header == ProtocolVersion.modern else {
      // Legacy, without sessions: each request names the revision, which 2025-03-26 didn't have yet.
      let agreed = header ?? "2025-03-26"
      guard ProtocolVersion.legacy.contains(agreed) else {
        throw .unsupportedVersion(String(agreed.prefix(64)))
      }
      return agreed
    }
    guard let header else { throw .headerMismatch("MCP-Protocol-Version is missing") }
    guard meta?.stringValue == header else {
      throw .headerMismatch("MCP-Protocol-Version doesn't match the body's \(Era.versionKey)")
    }
    guard header == ProtocolVersion.modern else { throw .unsupportedVersion(String(header.prefix(64))) }
    guard try single(method, fields) == request.method else {
      throw .headerMismatch("Mcp-Method doesn't match the body's method")
    }
    if let expected = expectedName(request) {
      guard let given = try single(name, fields) else { throw .headerMismatch("Mcp-Name is missing") }
      guard decoded(given) == expected else { throw .headerMismatch("Mcp-Name doesn't match the body") }
    }
    return nil
  }

  private static func single(_ name: HTTPField.Name, _ fields: HTTPFields) throws(RPCError) -> String? {
    let values = fields[fields: name].map(\.value)
    guard values.count <= 1 else { throw .headerMismatch("\(name.rawName) was sent \(values.count) times") }
    return values.first
  }

  private static func expectedName(_ request: RPCRequest) -> String? {
    switch request.method {
    case "tools/call": request.params["name"]?.stringValue
    case "tasks/get", "tasks/update", "tasks/cancel": request.params["taskId"]?.stringValue
    default: nil
    }
  }

  /// Returns the value of a header, in which text that isn't plain ASCII is written as `=?base64?…?=`.
  static func decoded(_ value: String) -> String? {
    guard value.hasPrefix("=?base64?"), value.hasSuffix("?="), value.utf8.count >= 11 else { return value }
    return Data(base64Encoded: String(value.dropFirst(9).dropLast(2))).flatMap {
      String(data: $0, encoding: .utf8)
    }
  }
}
