internal import SmoovenCallbacks

/// A message of the peer, read from one line or one HTTP body.
enum RPCMessage: Sendable {
  case request(RPCRequest)
  case notification(method: String, params: JSONValue?)
  /// A response. This server sends no requests, so there's nothing to match it to.
  case response
  /// Bytes that aren't a message. The id is known only if it could be read.
  case invalid(RPCError, id: RPCID?)

  init(_ bytes: [UInt8]) {
    let json: JSONValue
    do {
      json = try JSONValue(parsing: bytes)
    } catch {
      self = .invalid(.parse("Parse error: \(error.message) at byte \(error.offset)"), id: nil)
      return
    }
    guard let members = json.objectValue else {
      self = .invalid(
        .invalidRequest("Send one JSON-RPC object per message; batches aren't supported"),
        id: nil
      )
      return
    }
    let id = RPCID(members["id"])
    guard members["jsonrpc"] == "2.0" else {
      self = .invalid(.invalidRequest("jsonrpc must be \"2.0\""), id: id)
      return
    }
    guard let method = members["method"]?.stringValue else {
      let isResponse = members["method"] == nil && (members["result"] != nil || members["error"] != nil)
      self = isResponse ? .response : .invalid(.invalidRequest("method must be a string"), id: id)
      return
    }
    let params = members["params"]
    guard members["id"] != nil else {
      self = .notification(method: method, params: params)
      return
    }
    guard let id else {
      self = .invalid(.invalidRequest("id must be a string or an integer"), id: nil)
      return
    }
    if let params, params.objectValue == nil {
      self = .invalid(.invalidParams("params must be an object"), id: id)
      return
    }
    self = .request(RPCRequest(id: id, method: method, params: params?.objectValue ?? [:]))
  }
}

/// A request of the peer.
struct RPCRequest: Sendable {
  var id: RPCID
  var method: String
  var params: [String: JSONValue]

  /// The metadata of the request, which is empty if it has none.
  var meta: [String: JSONValue] { params["_meta"]?.objectValue ?? [:] }

  /// The fields of the metadata in which a client sends the context of its span (SEP-414).
  private static let traceKeys = ["traceparent", "tracestate", "baggage"]
  /// The maximum size of one of these fields, in bytes, which is that of W3C's baggage.
  private static let maximumTraceSize = 8_192

  /// The context of the client's span, as the client wrote it.
  var trace: [String: String] {
    let meta = meta
    var trace: [String: String] = [:]
    for key in Self.traceKeys {
      guard let text = meta[key]?.stringValue, text.utf8.count <= Self.maximumTraceSize else { continue }
      trace[key] = text
    }
    return trace
  }
}

/// Messages to the peer, each as one JSON object without a line feed.
enum RPCOutput {
  static func result(_ result: JSONValue, id: RPCID) -> [UInt8] {
    JSONValue.object(["jsonrpc": "2.0", "id": id.json, "result": result]).bytes
  }

  /// Returns an error, with a `null` for an id that couldn't be read, as JSON-RPC demands.
  static func error(_ error: RPCError, id: RPCID?) -> [UInt8] {
    JSONValue.object(["jsonrpc": "2.0", "id": id?.json ?? .null, "error": error.json]).bytes
  }

  static func notification(_ method: String, _ params: [String: JSONValue]) -> [UInt8] {
    JSONValue.object(["jsonrpc": "2.0", "method": .string(method), "params": .object(params)]).bytes
  }
}
