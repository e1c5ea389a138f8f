import SmoovenCallbacks
import SmoovenTesting
import Testing

@testable import SmoovenMCP

/// The state machine compared with a model, over many random sequences of events.
@Suite("The protocol under random sequences")
struct PeerRandomTests {
  /// What a peer may expect: the requests that still need a response.
  private struct Model {
    var open: [MCPPeer.CallNumber: (id: Int64, wantsProgress: Bool)] = [:]
    var progress: [Int64: Double] = [:]
    var requests = 0
    var responses = 0
    var cancelled = 0
    var leftOpen = 0
  }

  private static let capabilities = """
    "io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{"extensions":\
    {"io.modelcontextprotocol/tasks":{}}}
    """

  @Test(
    "Each request gets one response, or none if it was cancelled",
    arguments: 1...20 as ClosedRange<UInt64>
  )
  func conservation(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let limit = Int.random(in: 1...12, using: &random)
    var peer = MCPPeer(identity: ServerIdentity(tools: MCPTool.all.map(\.definition)), maximumCalls: limit)
    var model = Model()
    for _ in 0..<2_000 {
      switch Int.random(in: 0..<100, using: &random) {
      case 0..<45: try request(&peer, &model, &random)
      case 45..<60: try cancel(&peer, &model, &random)
      case 60..<80: try progress(&peer, &model, &random)
      case 80..<98: try finish(&peer, &model, &random)
      default:
        let closed = Set(peer.close())
        #expect(closed == Set(model.open.keys))
        model.leftOpen += model.open.count
        model.open = [:]
      }
      #expect(peer.callCount == model.open.count)
      #expect(peer.callCount <= limit)
    }
    #expect(model.requests == model.responses + model.cancelled + model.leftOpen + model.open.count)
    #expect(model.responses > 100 && model.cancelled > 0)
  }

  private func request(_ peer: inout MCPPeer, _ model: inout Model, _ random: inout SeededGenerator) throws {
    // Only a few ids, so that some are used while they're under way.
    let id = Int64.random(in: 0..<20, using: &random)
    let methods = ["tools/call", "tools/call", "tasks/get", "tools/list", "subscriptions/listen", "nonsense"]
    let method = methods.randomElement(using: &random) ?? ""
    let params =
      switch method {
      case "tools/call": #""name":"wait_for","#
      case "tasks/get": #""taskId":"t","#
      case "subscriptions/listen": #""notifications":{},"#
      default: ""
      }
    let wantsProgress = Bool.random(using: &random)
    let token = wantsProgress ? #""progressToken":\#(id),"# : ""
    let text = """
      {"jsonrpc":"2.0","id":\(id),"method":"\(method)","params":{\(params)"_meta":{\(token)\(Self.capabilities)}}}
      """
    let isInUse = model.open.values.contains { $0.id == id }
    model.requests += 1
    let steps = peer.receive(Array(text.utf8))
    try #require(steps.count == 1)
    switch steps[0] {
    case .start(let start):
      #expect(!isInUse && model.open[start.number] == nil)
      #expect(start.wantsProgress == wantsProgress)
      model.open[start.number] = (id, wantsProgress)
      model.progress[id] = -1
    case .write(let bytes):
      let response = try JSONValue(parsing: bytes)
      // The id belongs to the response to the call that has it.
      #expect(response["id"] == (isInUse ? .null : .integer(id)))
      #expect((response["result"] == nil) != (response["error"] == nil))
      model.responses += 1
    case .cancel: Issue.record("a request cancelled something")
    }
  }

  private func cancel(_ peer: inout MCPPeer, _ model: inout Model, _ random: inout SeededGenerator) throws {
    let id = Int64.random(in: 0..<20, using: &random)
    let text = #"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":\#(id)}}"#
    let steps = peer.receive(Array(text.utf8))
    guard let (number, _) = model.open.first(where: { $0.value.id == id }) else {
      #expect(steps.isEmpty)
      return
    }
    guard case .cancel(number)? = steps.first, steps.count == 1 else {
      Issue.record("the call wasn't cancelled")
      return
    }
    model.open[number] = nil
    model.cancelled += 1
    // Whatever the call still sends is dropped.
    let progress = peer.progress(number, 1, total: 2, message: "late")
    let finish = peer.finish(number, .success([:]))
    #expect(progress == nil && finish == nil)
  }

  private func progress(_ peer: inout MCPPeer, _ model: inout Model, _ random: inout SeededGenerator) throws {
    guard let number = model.open.keys.sorted().randomElement(using: &random), let call = model.open[number]
    else {
      return
    }
    let bytes = peer.progress(number, Double.random(in: 0...3, using: &random), total: 3, message: "m")
    #expect((bytes != nil) == call.wantsProgress)
    guard let bytes else { return }
    let params = try #require(try JSONValue(parsing: bytes)["params"])
    #expect(params["progressToken"] == .integer(call.id))
    let value = try #require(params["progress"]?.doubleValue)
    #expect(value > model.progress[call.id] ?? -1)
    #expect(params["total"]?.doubleValue ?? 0 >= value)
    model.progress[call.id] = value
  }

  private func finish(_ peer: inout MCPPeer, _ model: inout Model, _ random: inout SeededGenerator) throws {
    guard let number = model.open.keys.sorted().randomElement(using: &random) else { return }
    let isError = Bool.random(using: &random)
    let result: Result<JSONValue, RPCError> =
      isError ? .failure(.internalError("no")) : .success(["content": []])
    let finished = peer.finish(number, result)
    let bytes = try #require(finished)
    let response = try JSONValue(parsing: bytes)
    #expect(response["id"] == model.open[number].map { .integer($0.id) })
    #expect((response["error"] != nil) == isError)
    if !isError { #expect(response["result"]?["resultType"] == "complete") }
    let again = peer.finish(number, result)
    #expect(again == nil)
    model.open[number] = nil
    model.responses += 1
  }
}
