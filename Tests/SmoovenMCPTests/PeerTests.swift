import SmoovenCallbacks
import Testing

@testable import SmoovenMCP

/// The reaction of the state machine to single messages.
@Suite("The protocol with one peer")
struct PeerTests {
  private static func peer(maximumCalls: Int = 64) -> MCPPeer {
    MCPPeer(identity: ServerIdentity(tools: MCPTool.all.map(\.definition)), maximumCalls: maximumCalls)
  }

  /// Sends messages, and returns the result of the last one, as JSON.
  private static func said(_ messages: String...) throws -> JSONValue? {
    var peer = peer()
    var steps: [MCPPeer.Step] = []
    for message in messages { steps = peer.receive(Array(message.utf8)) }
    guard case .write(let bytes)? = steps.first else { return nil }
    return try JSONValue(parsing: bytes)
  }

  private static let meta = """
    "_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}
    """
  private static let initialize = """
    {"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{}}}
    """

  @Test(
    "What isn't a request gets the code that says why",
    arguments: [
      ("not json", -32700, nil),
      ("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\u{FF}", -32700, nil),
      ("[]", -32600, nil),
      (#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, -32600, nil),
      ("7", -32600, nil),
      (#"{"id":1,"method":"ping"}"#, -32600, 1),
      (#"{"jsonrpc":"2.0","id":1}"#, -32600, 1),
      (#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, -32600, nil),
      (#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#, -32600, nil),
      (#"{"jsonrpc":"2.0","id":{},"method":"ping"}"#, -32600, nil),
      (#"{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}"#, -32602, 1),
      (#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#, -32602, 1),
      (
        #"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":7}}}"#,
        -32602, 1
      ),
      (
        #"{"jsonrpc":"2.0","id":1,"method":"a","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}"#,
        -32602, 1
      ),
      (
        #"{"jsonrpc":"2.0","id":1,"method":"a","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"1900-01-01"}}}"#,
        -32022, 1
      ),
    ] as [(String, Int64, Int64?)]
  )
  func malformed(text: String, code: Int64, id: Int64?) throws {
    let response = try #require(try Self.said(text))
    #expect(response["error"]?["code"]?.integerValue == code)
    // A client may refuse an error without the member.
    let expected: JSONValue = id.map { .integer($0) } ?? .null
    #expect(response["id"] == expected)
    #expect(response["result"] == nil)
  }

  @Test("The error for an unknown version lists those that are supported")
  func unknownVersion() throws {
    let text =
      #"{"jsonrpc":"2.0","id":1,"method":"server/discover","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2031-01-01"}}}"#
    let data = try #require(try Self.said(text)?["error"]?["data"])
    #expect(data["requested"] == "2031-01-01")
    #expect(data["supported"]?.arrayValue?.contains("2026-07-28") == true)
    #expect(data["supported"]?.arrayValue?.contains("2025-11-25") == true)
  }

  @Test(
    "Methods of one era are unknown in the other, and so are those that a server of tools lacks",
    arguments: [
      ("ping", true), ("server/discover", false), ("tasks/get", false), ("subscriptions/listen", false),
      ("resources/list", true), ("resources/list", false), ("prompts/list", false),
      ("logging/setLevel", false),
      ("tasks/list", true), ("tasks/result", true),
    ]
  )
  func methodsOfTheOtherEra(method: String, isModern: Bool) throws {
    let params = isModern ? ",\"params\":{\(Self.meta)}" : ""
    let request = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\(method)\"\(params)}"
    let response = try isModern ? Self.said(request) : Self.said(Self.initialize, request)
    #expect(response?["error"]?["code"] == -32601)
  }

  @Test(
    "A known legacy revision is accepted, and any other becomes the newest",
    arguments: [
      ("2024-11-05", "2024-11-05"), ("2025-03-26", "2025-03-26"), ("2025-06-18", "2025-06-18"),
      ("2025-11-25", "2025-11-25"), ("2026-07-28", "2025-11-25"), ("1900-01-01", "2025-11-25"),
    ]
  )
  func negotiation(asked: String, agreed: String) throws {
    let response = try Self.said(
      "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"\(asked)\"}}"
    )
    #expect(response?["result"]?["protocolVersion"]?.stringValue == agreed)
    #expect(response?["result"]?["capabilities"]?["tools"] == [:])
    #expect(response?["result"]?["resultType"] == nil)
  }

  @Test("Results of the modern era have a type, a server and, for lists, a time to live")
  func modernResults() throws {
    for method in ["server/discover", "tools/list"] {
      let request = "{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"method\":\"\(method)\",\"params\":{\(Self.meta)}}"
      let result = try #require(try Self.said(request)?["result"])
      #expect(result["resultType"] == "complete")
      #expect(result["_meta"]?["io.modelcontextprotocol/serverInfo"]?["name"] == "smooven")
      #expect(result["ttlMs"]?.integerValue ?? 0 > 0)
      #expect(result["cacheScope"] == "private")
    }
    #expect(
      try Self.said(Self.initialize, #"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#)?["result"]?["ttlMs"]
        == nil
    )
  }

  @Test("Notifications and responses get no response")
  func unanswered() throws {
    for text in [
      #"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
      #"{"jsonrpc":"2.0","method":"x","params":7}"#,
      #"{"jsonrpc":"2.0","id":4,"result":{}}"#, #"{"jsonrpc":"2.0","id":4,"error":{}}"#,
      #"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":99}}"#,
    ] {
      #expect(try Self.said(text) == nil)
    }
  }

  @Test("Tasks need the capability in the request itself")
  func taskCapability() throws {
    for (method, params) in [
      ("tasks/get", #""taskId":"a""#), ("tasks/cancel", #""taskId":"a""#),
      ("subscriptions/listen", #""notifications":{"taskIds":["a"]}"#),
    ] {
      let request =
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\(method)\",\"params\":{\(params),\(Self.meta)}}"
      let error = try #require(try Self.said(request)?["error"])
      #expect(error["code"] == -32021)
      #expect(error["data"]?["requiredCapabilities"]?["extensions"]?["io.modelcontextprotocol/tasks"] == [:])
    }
  }

  @Test("An unknown tool is an error of the protocol")
  func unknownTool() throws {
    let call =
      "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"rm\",\(Self.meta)}}"
    #expect(try Self.said(call)?["error"]?["code"] == -32602)
  }

  @Test("A call above the limit is refused for now, and the ones under way continue")
  func busy() throws {
    var peer = Self.peer(maximumCalls: 2)
    func call(_ id: Int) -> [MCPPeer.Step] {
      let text =
        "{\"jsonrpc\":\"2.0\",\"id\":\(id),\"method\":\"tools/call\",\"params\":{\"name\":\"wait_for\",\(Self.meta)}}"
      return peer.receive(Array(text.utf8))
    }
    _ = call(1)
    _ = call(2)
    guard case .write(let bytes)? = call(3).first else { throw Unexpected() }
    let result = try #require(try JSONValue(parsing: bytes)["result"])
    #expect(result.isError && result.said.contains("busy"))
    let finished = peer.finish(1, .success([:]))
    #expect(finished != nil)
    guard case .start? = call(4).first else { throw Unexpected() }
  }

  struct Unexpected: Error {}
}
