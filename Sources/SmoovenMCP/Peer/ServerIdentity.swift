internal import SmoovenCallbacks

/// The server's description of itself, and the shape of results in each era.
struct ServerIdentity: Sendable {
  var name = "smooven"
  var version = "0.1.0"
  var instructions = """
    Tools to notify or ask a person, and to know whether the message arrived. Each result has a handle and a `next` field: \
    do what `next` says. Never send a message again because a wait ended; use wait_for with the handle.
    """
  /// The definitions of the tools, in the order in which they're listed.
  var tools: [JSONValue]

  private var info: JSONValue {
    ["name": .string(name), "title": "Smooven notifications", "version": .string(version)]
  }

  func initialized(_ requested: String?) -> JSONValue {
    let version =
      requested.flatMap { ProtocolVersion.legacy.contains($0) ? $0 : nil } ?? ProtocolVersion.legacy[0]
    return [
      "protocolVersion": .string(version), "capabilities": ["tools": [:]], "serverInfo": info,
      "instructions": .string(instructions),
    ]
  }

  var discovery: JSONValue {
    [
      "supportedVersions": [.string(ProtocolVersion.modern)],
      "capabilities": ["tools": [:], "extensions": [.tasksExtension: [:]]],
      "instructions": .string(instructions), "ttlMs": 3_600_000, "cacheScope": "private",
    ]
  }

  func toolList(_ era: Era) -> JSONValue {
    era.isModern
      ? ["tools": .array(tools), "ttlMs": 300_000, "cacheScope": "private"]
      : ["tools": .array(tools)]
  }

  /// Adds the members that every result of an era has.
  func complete(_ result: JSONValue, _ era: Era) -> JSONValue {
    guard era.isModern, var members = result.objectValue else { return result }
    if members["resultType"] == nil { members["resultType"] = "complete" }
    var meta = members["_meta"]?.objectValue ?? [:]
    meta[Era.serverInfoKey] = info
    members["_meta"] = .object(meta)
    return .object(members)
  }
}
