internal import SmoovenCallbacks

/// The revisions of the protocol that this server speaks.
enum ProtocolVersion {
  /// The revision without sessions, in which each request contains everything it needs.
  static let modern = "2026-07-28"
  /// The revisions that begin with `initialize`, newest first.
  static let legacy = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"]

  static let all = [modern] + legacy
}

/// The generation of the protocol that one request uses.
enum Era: Sendable, Hashable {
  /// `initialize` was sent first, and named the revision.
  case legacy(version: String)
  /// The request has its own metadata.
  case modern(hasTasks: Bool)

  var isModern: Bool {
    if case .modern = self { true } else { false }
  }

  /// Whether the client can handle a task as the result of a call.
  var hasTasks: Bool { self == .modern(hasTasks: true) }
}

extension Era {
  private static let prefix = "io.modelcontextprotocol/"
  static let versionKey = prefix + "protocolVersion"
  static let capabilitiesKey = prefix + "clientCapabilities"
  static let serverInfoKey = prefix + "serverInfo"
  static let subscriptionKey = prefix + "subscriptionId"

  /// Reads the era of a request.
  ///
  /// - Parameters:
  ///   - request: The request.
  ///   - negotiated: The revision that an earlier `initialize` agreed on, if any.
  /// - Throws: ``RPCError``, which names the missing or wrong key.
  init(of request: RPCRequest, negotiated: String?) throws(RPCError) {
    let meta = request.meta
    if meta[Self.versionKey] == nil, meta[Self.capabilitiesKey] == nil {
      // Any legacy client may ask for a ping before it introduces itself.
      if let version = negotiated ?? (request.method == "ping" ? ProtocolVersion.legacy[0] : nil) {
        self = .legacy(version: version)
        return
      }
    }
    guard let version = meta[Self.versionKey]?.stringValue else {
      throw .invalidParams("_meta must have \(Self.versionKey), a string; or send initialize first")
    }
    guard version == ProtocolVersion.modern else { throw .unsupportedVersion(version) }
    guard let capabilities = meta[Self.capabilitiesKey], capabilities.objectValue != nil else {
      throw .invalidParams("_meta must have \(Self.capabilitiesKey), an object")
    }
    self = .modern(hasTasks: capabilities["extensions"]?[.tasksExtension]?.objectValue != nil)
  }
}
