import Smooven
import SmoovenSupport
import SmoovenTesting
import TestSupport
import Testing

@testable import SmoovenMCP

/// Peers on byte streams in this process.
@Suite("Sessions", .timeLimit(.minutes(2)))
struct SessionTests {
  @Test("A modern client calls without introducing itself, and gets progress if it asks for it")
  func modern() async throws {
    try await Harness.with { harness in
      let peer = TestPeer(harness.server)
      let params: [String: JSONValue] = ["name": "notify_person", "arguments": .object(Harness.sarah())]
      peer.request(7, "tools/call", params, progress: "p")
      let result = try #require(try await peer.response(7)["result"])
      #expect(result["resultType"] == "complete" && result.outcome == "delivered")
      let progress = peer.messages.filter { $0["method"] == "notifications/progress" }
      #expect(progress.allSatisfy { $0["params"]?["progressToken"] == "p" } && !progress.isEmpty)
      let values = progress.compactMap { $0["params"]?["progress"]?.doubleValue }
      #expect(values == values.sorted() && Set(values).count == values.count)
      // Nothing follows the response.
      #expect(peer.messages.last?["id"] == 7)
      try await peer.end()
    }
  }

  @Test("A legacy client introduces itself first")
  func legacy() async throws {
    try await Harness.with { harness in
      let peer = TestPeer(harness.server)
      peer.send(#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18"}}"#)
      #expect(try await peer.response(0)["result"]?["protocolVersion"] == "2025-06-18")
      peer.send(#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#)
      let call: JSONValue = [
        "jsonrpc": "2.0", "id": "a", "method": "tools/call",
        "params": ["name": "notify_person", "arguments": .object(Harness.sarah())],
      ]
      peer.send(call)
      let result = try #require(try await peer.response("a")["result"])
      #expect(result.outcome == "delivered" && result["resultType"] == nil)
      try await peer.end()
    }
  }

  @Test("A cancelled call gets no response, and the same call again continues with its notification")
  func cancelled() async throws {
    try await Harness.with(answer: .accepted(id: "ntf_1")) { harness in
      let peer = TestPeer(harness.server)
      let params: [String: JSONValue] = ["name": "notify_person", "arguments": .object(Harness.sarah())]
      peer.request(1, "tools/call", params)
      while let timer = await harness.clock.nextTimer(), timer != .seconds(25) {}
      try await harness.sent()
      peer.send(#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"#)
      peer.request(
        2,
        "tools/call",
        params.merging(["arguments": .object(Harness.sarah(["wait_seconds": 0]))]) { $1 }
      )
      let result = try await peer.response(2)["result"]
      #expect(result?.report["joined"] == true)
      try await peer.end()
      #expect(peer.messages.count == 1)
      #expect(harness.transport.requestCount == 1)
    }
  }

  @Test("The end of the input ends 500 open waits immediately, without responses")
  func endOfInput() async throws {
    try await Harness.with(answer: .accepted()) { configuration in
      configuration.maximumCalls = 1_000
      configuration.rate = SendRate(1_000, per: .seconds(60))
    } _: { harness in
      let peer = TestPeer(harness.server)
      for id in 0..<500 {
        let arguments = Harness.sarah(["intent": .string("Message \(id)")])
        let params: [String: JSONValue] = ["name": "notify_person", "arguments": .object(arguments)]
        peer.request(.integer(Int64(id)), "tools/call", params)
      }
      // All of them wait until their slice ends.
      var waiting = 0
      while waiting < 500, let timer = await harness.clock.nextTimer() {
        if timer == .seconds(25) { waiting += 1 }
      }
      // No time passes on the clock, so the end waits for none of them.
      try await peer.end()
      #expect(peer.messages.isEmpty)
    }
  }

  @Test("Of 1,000 simultaneous calls, 64 are under way, and the rest are refused for now")
  func bounded() async throws {
    try await Harness.with(answer: .accepted()) { configuration in
      configuration.rate = SendRate(10_000, per: .seconds(60))
    } _: { harness in
      let peer = TestPeer(harness.server)
      for id in 0..<1_000 {
        let arguments = Harness.sarah(["intent": .string("Message \(id)")])
        let params: [String: JSONValue] = ["name": "notify_person", "arguments": .object(arguments)]
        peer.request(.integer(Int64(id)), "tools/call", params)
      }
      let messages = try await peer.first { $0.count >= 936 ? $0 : nil }
      #expect(
        messages.allSatisfy { $0["result"]?.isError == true && $0["result"]?.said.contains("busy") == true }
      )
      var waiting = 0
      while waiting < 64, let timer = await harness.clock.nextTimer() {
        if timer == .seconds(25) { waiting += 1 }
      }
      harness.clock.advance(by: .seconds(25))
      let all = try await peer.first { $0.count >= 1_000 ? $0 : nil }
      #expect(all.filter { $0["result"]?.outcome == "waiting" }.count == 64)
      #expect(harness.transport.requestCount == 64)
      try await peer.end()
    }
  }

  @Test(
    "The end waits for sends in progress until their ids are stored, and only for a while",
    arguments: [false, true]
  )
  func finishing(isStuck: Bool) async throws {
    let (gate, isStoring) = (Watched(true), Watched(false))
    let store = HookedStore(before: { step in
      guard step == .replace, !gate.read(\.self) else { return }
      isStoring.update { $0 = true }
      await Task { _ = try? await gate.first { $0 ? () : nil } }.value
    })
    try await Harness.with(answer: .accepted(id: "ntf_1"), store: store) { harness in
      // Its claim can't be armed yet, so it's being sent.
      gate.update { $0 = false }
      defer { gate.update { $0 = true } }
      _ = try await harness.call("notify_person", Harness.sarah(["idempotency_key": "k", "wait_seconds": 0]))
      try await isStoring.first { $0 ? () : nil }
      async let end: Void = harness.server.finishSends(within: .seconds(7))
      while let timer = await harness.clock.nextTimer(), timer != .seconds(7) {}
      if isStuck { harness.clock.advance(by: .seconds(7)) } else { gate.update { $0 = true } }
      await end
      if !isStuck { await harness.client.finishSends(within: .seconds(7)) }
      let row = try await store.base.load(.idempotencyKey("mcp\u{1F}k"))
      #expect(row?.delivery.notificationID == (isStuck ? nil : "ntf_1"))
    }
  }

  @Test("Random lines never end a session", arguments: 1...4 as ClosedRange<UInt64>)
  func randomLines(seed: UInt64) async throws {
    try await Harness.with { harness in
      let peer = TestPeer(harness.server)
      var random = SeededGenerator(seed: seed)
      for _ in 0..<2_500 { peer.send(bytes: Self.line(&random) + [0x0A]) }
      peer.request("last", "server/discover")
      #expect(try await peer.response("last")["result"]?["supportedVersions"] == ["2026-07-28"])
      try await peer.end()
    }
  }

  /// Returns a line that is a message, almost one, or not one at all.
  private static func line(_ random: inout SeededGenerator) -> [UInt8] {
    let methods = [
      "tools/call", "tools/list", "tasks/get", "initialize", "ping", "server/discover",
      "subscriptions/listen",
      "notifications/cancelled", "", "\u{1F4A5}",
    ]
    let values: [JSONValue] = [
      1, -1, 1.5, "x", .null, true, [], [:], "\u{0}", .integer(.max), ["name": "wait_for"],
      ["taskId": "t.00"],
      ["name": "notify_person", "arguments": ["user_id": 7]], ["name": "explain_delivery", "arguments": []],
      ["notifications": ["taskIds": ["a", 7]]],
      [
        "name": "wait_for", "arguments": ["handle": "h", "wait_seconds": -1],
        "_meta": [
          "io.modelcontextprotocol/protocolVersion": "2026-07-28",
          "io.modelcontextprotocol/clientCapabilities": [
            "extensions": ["io.modelcontextprotocol/tasks": [:]]
          ],
        ],
      ],
    ]
    func any() -> JSONValue { values.randomElement(using: &random) ?? .null }
    var message: [String: JSONValue] = ["jsonrpc": "2.0"]
    if Int.random(in: 0..<10, using: &random) > 0 {
      message["method"] = .string(methods.randomElement(using: &random) ?? "")
    }
    if Bool.random(using: &random) { message["id"] = any() }
    if Int.random(in: 0..<4, using: &random) > 0 { message["params"] = any() }
    if Int.random(in: 0..<20, using: &random) == 0 { message["jsonrpc"] = any() }
    var bytes = JSONValue.object(message).bytes
    for _ in 0..<Int.random(in: 0..<4, using: &random) where Bool.random(using: &random) {
      switch Int.random(in: 0..<3, using: &random) {
      case 0:
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 11...255, using: &random)
      case 1: bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random))
      default: bytes += Array(repeating: UInt8(ascii: "["), count: Int.random(in: 0..<300, using: &random))
      }
      if bytes.isEmpty { bytes = [0x20] }
    }
    return bytes
  }

  @Test("A message above the limit is refused, and the next one is read")
  func tooLong() async throws {
    try await Harness.with {
      $0.maximumMessageSize = 1_000
    } _: { harness in
      let peer = TestPeer(harness.server)
      for _ in 0..<10 { peer.send(bytes: Array(repeating: UInt8(ascii: "x"), count: 1_000)) }
      peer.send("")
      peer.request(1, "tools/list")
      _ = try await peer.response(1)
      #expect(peer.messages.first?["error"]?["code"] == -32700)
      #expect(peer.messages.count == 2)
      try await peer.end()
    }
  }
}
