internal import SmoovenCallbacks

/// A call that the tool couldn't carry out, with a text on which a model can act.
struct ToolFailure: Error, Sendable, Hashable {
  var message: String

  init(_ message: String) {
    self.message = message
  }

  /// The result of the call.
  var json: JSONValue {
    ["content": [["type": "text", "text": .string(message)]], "isError": true]
  }
}
