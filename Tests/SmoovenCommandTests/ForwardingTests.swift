import Foundation
import HTTPTypes
import SmoovenCallbacks
import SmoovenTesting
import TestSupport
import Testing

/// `smooven listen --forward-to`, which forwards accepted callbacks to another server, unchanged.
@Suite("smooven listen --forward-to", .throttled, .needs(.node), .timeLimit(.minutes(5)))
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
      _ = try await listener.process.first {
        $0.errors.contains("forwarded smooven notification.delivered: 200") ? true : nil
      }
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
      _ = try await listener.process.first {
        $0.errors.contains("forwarded smooven notification.delivered: 500") ? true : nil
      }
    }
  }

  @Test("While the target is down, callbacks are accepted and printed, and standard error says so")
  func absentTarget() async throws {
    let gone = try await SmoovenProcess.with(["sandbox", "--port", "0"]) { try await $0.listeningURL() }
    try await Listening.with(["--secret", "smooven=\(Listening.key)", "--forward-to", gone]) { listener in
      #expect(try await listener.send(id: "ntf_1") == 200)
      #expect(try await listener.events(count: 1).count == 1)
      let prefix = "not forwarded smooven notification.delivered: "
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
      #expect(end.errors.filter { $0 == "forwarded smooven notification.delivered: 200" }.count == count)
      let bodies = try await received(target, count: count).map { $0["body"]?.stringValue ?? "" }
      for (number, body) in bodies.enumerated() { #expect(body.contains("ntf_\(number)_")) }
    }
  }

  @Test("What belongs to the connection isn't forwarded, the query is, and the provider is named")
  func hops() async throws {
    try await withTarget(path: "/in?a=1") { listener, target in
      let event = SmoovenCallbackFixture("notification.delivered", notificationID: "ntf_hops")
      let field = SmoovenCallbackProvider.signatureField(for: event.body, secret: Secret(Listening.key))
      let headers = [
        field.name.rawName: field.value, "Connection": "keep-alive, X-Private, close", "X-Private": "secret",
        "Keep-Alive": "timeout=5", "TE": "trailers", "Proxy-Authorization": "Basic x", "Upgrade": "h2c",
        "X-Kept": "yes",
      ]
      let url = "\(listener.callbackURL)?b=2"
      #expect(try await Requests.send("POST", url, headers: headers, body: event.body).status == 200)
      let request = try await received(target, count: 1)[0]
      #expect(request["path"] == "/in?a=1&b=2")
      let names = request["headers"]?.keys ?? []
      #expect(names.isDisjoint(with: ["x-private", "keep-alive", "te", "proxy-authorization", "upgrade"]))
      #expect(request["headers"]?["x-kept"] == "yes")
      #expect(request["headers"]?["smooven-provider"] == "smooven")
    }
  }

  @Test("Each provider's callbacks go to its own target, with the user and the password of its URL")
  func perProvider() async throws {
    try await SmoovenProcess.with([Listening.key], as: .script("webhook_receiver.js")) { first in
      try await SmoovenProcess.with([Listening.key], as: .script("webhook_receiver.js")) { second in
        let token = "dashboard-token_0123456789"
        let other = try await second.listeningURL().replacing("http://", with: "http://user:p%40ss@")
        let arguments = [
          "--secret", "smooven=\(Listening.key)", "--provider", "smobi", "--token", token,
          "--forward-to", "smooven=\(try await first.listeningURL())/a=b", "--forward-to",
          "smobi=\(other)/smobi",
        ]
        try await Listening.with(arguments) { listener in
          #expect(try await listener.send(id: "ntf_1") == 200)
          let url = "\(listener.url)/callbacks/smobi/\(token)"
          #expect(try await Requests.send("POST", url, body: Array(#"{"status":"READ"}"#.utf8)).status == 200)
          let one = try await received(first, count: 1)[0]
          #expect(one["path"] == "/a=b")
          let two = try await received(second, count: 1)[0]
          #expect(two["path"] == "/smobi")
          #expect(two["headers"]?["authorization"] == "Basic dXNlcjpwQHNz")
          // The target doesn't verify it, and the line says so. There are two targets, so it names the one.
          let port = other.split(separator: ":").last ?? ""
          let line = "forwarded smobi status.READ: 401 (127.0.0.1:\(port))"
          _ = try await listener.process.first { $0.errors.contains(line) ? true : nil }
          #expect(first.now.output.count == 1)
        }
      }
    }
  }

  @Test("A request that comes back is refused, directly and by way of another listener")
  func loops() async throws {
    let port = try await SilentPort.free()
    let arguments = ["--secret", "smooven=\(Listening.key)"]
    let first = arguments + ["--forward-to", "http://127.0.0.1:\(port)/callbacks/smooven"]
    try await Listening.with(first) { listener in
      let back = arguments + ["--forward-to", listener.callbackURL, "--port", "\(port)"]
      try await Listening.with(back) { try await loop(from: listener, backFrom: $0) }
    }
    let own = try await SilentPort.free()
    let itself =
      arguments + ["--forward-to", "http://127.0.0.1:\(own)/callbacks/smooven", "--port", "\(own)"]
    try await Listening.with(itself) { try await loop(from: $0, backFrom: $0) }
  }

  /// Sends a callback to a listener that refuses it when it comes back from the last listener of a loop.
  private func loop(from listener: Listening, backFrom last: Listening) async throws {
    #expect(try await listener.send(id: "ntf_loop") == 200)
    let line = "forwarded smooven notification.delivered: 508"
    _ = try await last.process.first { $0.errors.contains(line) ? true : nil }
    _ = try await listener.process.first { $0.errors.contains { $0.contains("508 loop") } ? true : nil }
    #expect(try await listener.stopped().events.count == 1)
  }

  @Test("What was acknowledged and can't be forwarded before the end is counted, and a second signal ends it")
  func lost() async throws {
    try await withTarget(isHeld: true) { listener, target in
      for number in 0..<4 { #expect(try await listener.send(id: "ntf_\(number)") == 200) }
      _ = try await received(target, count: 1)
      listener.process.signal(SIGINT)
      // Another signal, because two equal ones that are pending are one.
      listener.process.signal(SIGTERM)
      let end = try await listener.process.finished()
      #expect(end.exitCode == 1)
      #expect(end.errorText.contains("not forwarded: 4 accepted requests"))
    }
  }

  @Test("One signal waits 15 seconds for a slow target, and what is left then is counted")
  func slow() async throws {
    try await withTarget(isHeld: true) { listener, target in
      for number in 0..<4 { #expect(try await listener.send(id: "ntf_\(number)") == 200) }
      _ = try await received(target, count: 1)
      listener.process.signal(SIGINT)
      let end = try await listener.process.finished()
      #expect(end.exitCode == 1)
      #expect(end.output.count == 4)
      // After 10 seconds without a response, a request is given up, and a line says so.
      let givenUp = end.errors.count { $0.hasPrefix("not forwarded smooven notification.delivered: ") }
      let left = 4 - givenUp
      let loss = "not forwarded: \(left) accepted request\(left == 1 ? "" : "s"), which were not sent in time"
      #expect(end.errors.last == loss, "\(end.errors)")
    }
  }
}
