public import SmoovenCallbacks

/// A tool that a language model can call.
public struct MCPTool: Sendable, Hashable {
  /// The name by which the tool is called.
  public let name: String
  /// The definition in the form of a tool list, with a description, JSON Schemas of the input and the output, and
  /// hints.
  public let definition: JSONValue

  /// Sends a notification to a person, and waits a while for it to arrive.
  public static let notifyPerson = MCPTool("notify_person", NotifyPerson.definition)
  /// Asks a person a question, and waits a while for the answer.
  ///
  /// The person answers on a page of the callback port, so it needs a client that receives callbacks.
  public static let askPerson = MCPTool("ask_person", AskPerson.definition)
  /// Waits for a notification or an answer.
  ///
  /// It never sends one.
  public static let waitFor = MCPTool("wait_for", WaitFor.definition)
  /// Explains what happened to a notification.
  public static let explainDelivery = MCPTool("explain_delivery", ExplainDelivery.definition)

  /// All tools, in the order in which they're listed.
  public static let all = [notifyPerson, askPerson, waitFor, explainDelivery]

  private init(_ name: String, _ definition: [String: JSONValue]) {
    self.name = name
    self.definition = .object(
      definition.merging(["name": .string(name)], uniquingKeysWith: { first, _ in first })
    )
  }

  /// Returns whether two tools have the same name.
  public static func == (left: MCPTool, right: MCPTool) -> Bool { left.name == right.name }

  /// Hashes the name.
  public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}
