internal import SmoovenCallbacks

/// An error of the protocol, as opposed to a tool that couldn't do its work.
struct RPCError: Error, Sendable, Hashable {
  var code: Int64
  var message: String
  var data: JSONValue?

  var json: JSONValue {
    var members: [String: JSONValue] = ["code": .integer(code), "message": .string(message)]
    members["data"] = data
    return .object(members)
  }

  static func parse(_ message: String) -> RPCError { RPCError(code: -32700, message: message) }
  static func invalidRequest(_ message: String) -> RPCError { RPCError(code: -32600, message: message) }
  static func unknownMethod() -> RPCError { RPCError(code: -32601, message: "Method not found") }
  static func invalidParams(_ message: String) -> RPCError { RPCError(code: -32602, message: message) }
  static func internalError(_ message: String) -> RPCError { RPCError(code: -32603, message: message) }

  /// The headers of an HTTP request contradict its body.
  static func headerMismatch(_ message: String) -> RPCError { RPCError(code: -32020, message: message) }

  /// The client must declare the Tasks extension for this method.
  static let tasksRequired = RPCError(
    code: -32021,
    message: "Missing required client capability",
    data: ["requiredCapabilities": ["extensions": [.tasksExtension: [:]]]]
  )

  static func unsupportedVersion(_ requested: String) -> RPCError {
    RPCError(
      code: -32022,
      message: "Unsupported protocol version",
      data: [
        "supported": .array(ProtocolVersion.all.map(JSONValue.string)), "requested": .string(requested),
      ]
    )
  }
}

extension String {
  /// The identifier of the Tasks extension.
  static let tasksExtension = "io.modelcontextprotocol/tasks"
}
