import Smooven
import SmoovenSupport
import SmoovenTesting
import Testing

@testable import SmoovenMCP

@Suite("Tasks", .timeLimit(.minutes(1)))
struct TaskTests {
  private static func call(_ more: [String: JSONValue] = [:]) -> [String: JSONValue] {
    ["name": "notify_person", "arguments": .object(Harness.sarah(more))]
  }

  @Test("A call becomes a task, which ends with what the call would have returned")
  func task() async throws {
    try await Harness.with(answer: .accepted(id: "ntf_1")) { harness in
      let peer = TestPeer(harness.server)
      peer.request(1, "tools/call", Self.call(["deadline_seconds": 60]), tasks: true)
      let task = try #require(try await peer.response(1)["result"])
      #expect(task["resultType"] == "task" && task["status"] == "working")
      let id = try #require(task["taskId"])
      #expect(task["ttlMs"] == 3_660_000 && task["pollIntervalMs"] == 1_000)
      peer.request(2, "tasks/get", ["taskId": id], tasks: true)
      let working = try #require(try await peer.response(2)["result"])
      #expect(
        working["resultType"] == "complete" && working["status"] == "working" && working["result"] == nil
      )
      try await harness.sent()
      let url = try #require(harness.transport.requests.first?.callbackURL)
      // The notification of the subscription reports when it's over.
      peer.request(
        3,
        "subscriptions/listen",
        ["notifications": ["taskIds": [id, "unknown.00"]]],
        tasks: true
      )
      let acknowledged = try await peer.first { messages in
        messages.first { $0["method"] == "notifications/subscriptions/acknowledged" }
      }
      #expect(acknowledged["params"]?["notifications"]?["taskIds"] == [id])
      #expect(acknowledged["params"]?["_meta"]?["io.modelcontextprotocol/subscriptionId"] == 3)
      await harness.transport.deliver(.delivered, notificationID: "ntf_1", to: url)
      let notified = try await peer.first { $0.first { $0["method"] == "notifications/tasks" } }
      #expect(notified["params"]?["status"] == "completed")
      #expect(notified["params"]?["_meta"]?["io.modelcontextprotocol/subscriptionId"] == 3)
      peer.request(4, "tasks/get", ["taskId": id], tasks: true)
      let completed = try #require(try await peer.response(4)["result"])
      #expect(completed["status"] == "completed" && completed["result"]?.outcome == "delivered")
      // Again, from the store.
      peer.request(5, "tasks/get", ["taskId": id], tasks: true)
      #expect(try await peer.response(5)["result"]?["status"] == "completed")
      try await peer.end()
    }
  }

  @Test("Another server on the same store knows the task")
  func elsewhere() async throws {
    let store = InMemoryDeliveryStore()
    try await Harness.with(answer: .accepted(id: "ntf_1"), store: store) { harness in
      let peer = TestPeer(harness.server)
      peer.request(1, "tools/call", Self.call(), tasks: true)
      let id = try #require(try await peer.response(1)["result"]?["taskId"])
      try await peer.end()
      let other = TestPeer(MCPServer(client: harness.client, configuration: harness.server.configuration))
      other.request(1, "tasks/get", ["taskId": id], tasks: true)
      #expect(try await other.response(1)["result"]?["status"] == "working")
      try await harness.sent()
      let url = try #require(harness.transport.requests.first?.callbackURL)
      await harness.transport.deliver(.delivered, notificationID: "ntf_1", to: url)
      // Polled as a host would poll. The callback is known before the response.
      var status: JSONValue?
      for number in 2..<1_000 where status != "completed" {
        other.request(.integer(Int64(number)), "tasks/get", ["taskId": id], tasks: true)
        status = try await other.response(.integer(Int64(number)))["result"]?["status"]
      }
      #expect(status == "completed")
      try await other.end()
      #expect(harness.transport.requestCount == 1)
    }
  }

  @Test("A client without the capability gets a plain result")
  func withoutCapability() async throws {
    try await Harness.with { harness in
      let peer = TestPeer(harness.server)
      peer.request(1, "tools/call", Self.call())
      #expect(try await peer.response(1)["result"]?["resultType"] == "complete")
      try await peer.end()
    }
  }

  @Test("Ids that this project didn't create are unknown, and cancelling one that it did is acknowledged")
  func identities() async throws {
    try await Harness.with(answer: .accepted()) { harness in
      let peer = TestPeer(harness.server)
      peer.request(1, "tools/call", Self.call(["idempotency_key": "deploy-512"]), tasks: true)
      let id = try #require(try await peer.response(1)["result"]?["taskId"]?.stringValue)
      #expect(id.hasPrefix("deploy-512."))
      let forged = ["deploy-512", "deploy-512." + String(repeating: "0", count: 32), id + "0", "", "."]
      for (number, forged) in forged.enumerated() {
        peer.request(.integer(Int64(10 + number)), "tasks/get", ["taskId": .string(forged)], tasks: true)
        #expect(try await peer.response(.integer(Int64(10 + number)))["error"]?["code"] == -32602)
      }
      peer.request(2, "tasks/cancel", ["taskId": .string(id)], tasks: true)
      let acknowledged = try #require(try await peer.response(2)["result"]?.objectValue)
      #expect(Set(acknowledged.keys) == ["resultType", "_meta"])
      try await peer.end()
    }
  }

  @Test("Ids are verified by keys that were replaced, and by no others")
  func rotation() {
    let old = TaskSigner(secrets: ["sk_live_0123456789"])
    let rotated = TaskSigner(secrets: ["sk_live_9876543210", "sk_live_0123456789"])
    let id = old.id(of: "a.b")
    #expect(rotated.handle(of: id) == "a.b")
    #expect(TaskSigner(secrets: ["sk_live_9876543210"]).handle(of: id) == nil)
    #expect(old.handle(of: rotated.id(of: "a.b")) == nil)
  }
}
