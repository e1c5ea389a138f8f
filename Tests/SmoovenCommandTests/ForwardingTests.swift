import Foundation
import SmoovenCallbacks
import SmoovenTesting
import Testing

/// `smooven listen --forward-to`, which forwards accepted callbacks to another server, unchanged.
@Suite("smooven listen --forward-to", .throttled, .timeLimit(.minutes(5)))
struct ForwardingTests {
  /// Runs a listener that forwards to a Node server.
  private func withTarget(
    path: String = "",
    status: Int = 200,
    isHeld: Bool = false,
    _ body: (Listening, _ target: SmoovenProcess) async throws -> Void
  ) async throws {
    let arguments = [Listening.key, String(status)] + (isHeld ? ["hold"] : [])
    try await SmoovenProcess.with(arguments, as: .script("webhook_receiver.js")) { target in
      let url = try await target.listeningURL() + path
      try await Listening.with(["--secret", "smooven=\(Listening.key)", "--forward-to", url]) { listener in
        try await body(listener, target)
      }
    }
  }

  private func received(_ target: SmoovenProcess, count: Int) async throws -> [JSONValue] {
    try await target.output(count: count).map { try JSONValue(parsing: Array($0.utf8)) }
  }

  @Test(
    "The signature still verifies at the target, and the target's URL is kept",
    arguments: [
      ("", "/"), ("/", "/"), ("/in", "/in"), ("/in/", "/in/"), ("/in?a=1&b=%20", "/in?a=1&b=%20"),
      ("?a", "/?a"),
    ]
  )
  func unchanged(path: String, expected: String) async throws {
    try await withTarget(path: path) { listener, target in
      let event = SmoovenCallbackFixture(
        "notification.delivered",
        notificationID: "ntf_forward",
        metadata: ["intent": "Zoë’s appointment 📅"]
      )
      #expect(try await Requests.callBack(listener.callbackURL, event, key: Listening.key) == 200)
      let request = try await received(target, count: 1)[0]
      #expect(request["authentic"] == true)
      #expect(request["method"] == "POST")
      #expect(request["path"] == .string(expected))
      #expect(request["body"] == .string(String(decoding: event.body, as: UTF8.self)))
      _ = try await listener.process.first { $0.errors.contains("forwarded: 200") ? true : nil }
    }
  }

  @Test("A refused callback isn't forwarded")
  func refused() async throws {
    try await withTarget { listener, target in
      let event = SmoovenCallbackFixture("notification.sent", notificationID: "ntf_forged")
      #expect(try await Requests.callBack(listener.callbackURL, event, key: "sk_live_of_somebody") == 401)
      #expect(try await Requests.send("GET", "\(listener.url)/healthz").status == 200)
      #expect(try await listener.send(id: "ntf_good") == 200)
      let requests = try await received(target, count: 1)
      #expect(requests.map { $0["body"]?.stringValue?.contains("ntf_good") } == [true])
    }
  }

  @Test("A failure of the target doesn't affect the sender")
  func troubledTarget() async throws {
    try await withTarget(status: 500) { listener, _ in
      #expect(try await listener.send(id: "ntf_1") == 200)
      _ = try await listener.process.first { $0.errors.contains("forwarded: 500") ? true : nil }
    }
  }

  @Test("While the target is down, callbacks are accepted and printed, and standard error says so")
  func absentTarget() async throws {
    let gone = try await SmoovenProcess.with(["sandbox", "--port", "0"]) { try await $0.listeningURL() }
    try await Listening.with(["--secret", "smooven=\(Listening.key)", "--forward-to", gone]) { listener in
      #expect(try await listener.send(id: "ntf_1") == 200)
      #expect(try await listener.events(count: 1).count == 1)
      let prefix = "not forwarded: "
      let line = try await listener.process.first { $0.errors.first { $0.hasPrefix(prefix) } }
      #expect(line.contains("refused"))
      #expect(try await listener.send(id: "ntf_2") == 200)
      #expect(try await listener.stopped().exitCode == 0)
    }
  }

  @Test("Acknowledged callbacks are forwarded before the end, in order", arguments: [SIGTERM, SIGINT])
  func drained(signal: CInt) async throws {
    let count = 40
    try await withTarget(isHeld: true) { listener, target in
      for number in 0..<count { #expect(try await listener.send(id: "ntf_\(number)_") == 200) }
      _ = try await received(target, count: 1)
      listener.process.signal(signal)
      #expect(try await Requests.send("GET", "\(try await target.listeningURL())/release").status == 200)
      let end = try await listener.process.finished()
      #expect(end.exitCode == 0)
      #expect(end.errors.filter { $0 == "forwarded: 200" }.count == count)
      let bodies = try await received(target, count: count).map { $0["body"]?.stringValue ?? "" }
      for (number, body) in bodies.enumerated() { #expect(body.contains("ntf_\(number)_")) }
    }
  }
}
