import Smooven

/// A script that plays a language model, and does what the results of the tools tell it to do.
struct ScriptedModel: Sendable {
  /// One step of the model: the tool that it calls, if any.
  struct Turn: Sendable {
    var call: (tool: String, arguments: JSONValue)?
    /// What is still to be done.
    var tasks: [Task]
    /// The number of times that it has waited for the message at hand.
    var waits = 0
  }

  /// What the model wants to do.
  enum Task: Sendable {
    case notify(String)
    case ask(String)
  }

  /// Reads the tools, and begins with the first task.
  func begin(tools: [JSONValue]) -> Turn {
    print("tools: \(tools.compactMap { $0["name"]?.stringValue }.joined(separator: ", "))")
    return next([
      .ask("answer@example.com"), .notify("sarah@example.com"), .notify("silent@example.com"),
      .notify("bob@example.com"),
    ])
  }

  /// Decides what to do with a result.
  func go(on result: JSONValue, after turn: Turn) -> Turn {
    guard let report = result["structuredContent"], let outcome = report["outcome"]?.stringValue else {
      print("  error: \(result["content"]?.arrayValue?.first?["text"]?.stringValue ?? "-")")
      return next(turn.tasks)
    }
    print("  \(outcome): \(report["next"]?.stringValue ?? "-")")
    if let option = report["answer"]?["option"]?.stringValue { print("  the answer is data: \(option)") }
    guard outcome == "waiting", turn.waits < 2, let handle = report["handle"] else {
      return next(turn.tasks)
    }
    // The result says never to make the same call again.
    return Turn(call: ("wait_for", ["handle": handle]), tasks: turn.tasks, waits: turn.waits + 1)
  }

  private func next(_ tasks: [Task]) -> Turn {
    let rest = Array(tasks.dropFirst())
    switch tasks.first {
    case .notify(let person)?:
      print("notify \(person)")
      let arguments: JSONValue = ["user_id": .string(person), "intent": "The build is done"]
      return Turn(call: ("notify_person", arguments), tasks: rest)
    case .ask(let person)?:
      print("ask \(person)")
      let arguments: JSONValue = [
        "user_id": .string(person), "question": "Deploy build 512?", "options": ["Deploy", "Not now"],
      ]
      return Turn(call: ("ask_person", arguments), tasks: rest)
    case nil: return Turn(call: nil, tasks: [])
    }
  }
}
