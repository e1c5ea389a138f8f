import Smooven

/// A script that plays a language model, and does what the results of the tools tell it to do.
struct ScriptedModel: Sendable {
  /// One step of the model: the tool that it calls, if any.
  struct Turn: Sendable {
    var call: (tool: String, arguments: JSONValue)?
    /// The people who are still to be notified.
    var people: [String]
    /// The number of times it has waited for the current person.
    var waits = 0
  }

  /// Reads the tools, and begins with the first person.
  func begin(tools: [JSONValue]) -> Turn {
    print("tools: \(tools.compactMap { $0["name"]?.stringValue }.joined(separator: ", "))")
    return next(["sarah@example.com", "silent@example.com", "bob@example.com"])
  }

  /// Decides what to do with a result.
  func go(on result: JSONValue, after turn: Turn) -> Turn {
    guard let report = result["structuredContent"], let outcome = report["outcome"]?.stringValue else {
      print("  error: \(result["content"]?.arrayValue?.first?["text"]?.stringValue ?? "-")")
      return next(turn.people)
    }
    print("  \(outcome): \(report["next"]?.stringValue ?? "-")")
    guard outcome == "waiting", turn.waits < 2, let handle = report["handle"] else {
      return next(turn.people)
    }
    // It doesn't call notify_person again, because the result says so.
    return Turn(call: ("wait_for", ["handle": handle]), people: turn.people, waits: turn.waits + 1)
  }

  private func next(_ people: [String]) -> Turn {
    guard let person = people.first else { return Turn(call: nil, people: []) }
    print("notify \(person)")
    let arguments: JSONValue = ["user_id": .string(person), "intent": "The build is done"]
    return Turn(call: ("notify_person", arguments), people: Array(people.dropFirst()))
  }
}
