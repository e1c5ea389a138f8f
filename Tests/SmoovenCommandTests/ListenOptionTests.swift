import Foundation
import SmoovenCallbacks
import SmoovenTesting
import TestSupport
import Testing

/// Options of `smooven listen` about its URLs, its tokens and its end.
@Suite("Options of smooven listen", .throttled, .timeLimit(.minutes(5)))
struct ListenOptionTests {
  private static let secret = ["--secret", "smooven=\(Listening.key)"]

  private func line(_ prefix: String, of listener: Listening) async throws -> String {
    try await listener.process.first { $0.errors.first { $0.hasPrefix(prefix) } }
  }

  @Test("The public URL comes from the option, then from the environment")
  func publicURL() async throws {
    let environment = ["SMOOVEN_PUBLIC_URL": "https://env.example/hooks\n"]
    try await Listening.with(Self.secret, environment: environment) { listener in
      let line = try await line("  smooven:", of: listener)
      #expect(line == "  smooven: https://env.example/hooks/callbacks/smooven")
    }
    let option = ["--public-url", "https://option.example"]
    try await Listening.with(Self.secret + option, environment: environment) { listener in
      let line = try await line("  smooven:", of: listener)
      #expect(line == "  smooven: https://option.example/callbacks/smooven")
    }
    let bad = try await SmoovenProcess.run(
      OutputFailureTests.listen,
      environment: ["SMOOVEN_PUBLIC_URL": "nowhere"]
    )
    #expect(bad.exitCode == 1 && bad.errorText.contains("SMOOVEN_PUBLIC_URL"))
  }

  @Test("The token comes from the environment, and is the same at each start")
  func token() async throws {
    let environment = ["SMOOVEN_LISTEN_TOKEN": "token-of-the-environment"]
    for _ in 0..<2 {
      try await Listening.with(Self.secret + ["--provider", "smobi"], environment: environment) { listener in
        let line = try await line("  smobi:", of: listener)
        #expect(line.hasSuffix("/callbacks/smobi/token-of-the-environment"))
      }
    }
  }

  @Test("It ends after a number of events, and prints no more")
  func maximum() async throws {
    try await Listening.with(Self.secret + ["--max-events", "2"]) { listener in
      #expect(try await listener.send(id: "ntf_1") == 200)
      #expect(try await listener.send(id: "ntf_2") == 200)
      let end = try await listener.process.finished()
      #expect(end.exitCode == 0 && end.output.count == 2)
    }
  }

  @Test("A key with the quotation marks around it is refused at the start, and isn't repeated")
  func quotedKey() async throws {
    let quoted = "\"\(Listening.key)\""
    let option = ["--secret", "smooven=\(quoted)"]
    let variable = ["SMOOVEN_SECRET_KEY": quoted]
    let expected = """
      error: smooven: secret 1 begins or ends with a quotation mark, which is not part of it; remove the quotation \
      marks; expected the project's Secret Key (sk_…)
      """
    for isOption in [true, false] {
      let end = try await SmoovenProcess.run(
        ["listen", "--provider", "smooven", "--port", "0"] + (isOption ? option : []),
        environment: isOption ? [:] : variable
      )
      #expect(end.exitCode == 1)
      #expect(end.errors == [expected])
    }
  }

  @Test("Secrets come from files, by provider")
  func secretFiles() async throws {
    try await SigningTests.withFile("sk_old_0123456789\n\(Listening.key)\n") { file in
      try await Listening.with(["--secret-file", "smooven=\(file)"]) { listener in
        let status = try await listener.send(id: "ntf_1")
        #expect(status == 200)
      }
    }
  }

  @Test("The port speaks TLS with a certificate", .needs(.openssl))
  func tls() async throws {
    let folder = TemporaryFile()
    let base = URL(filePath: folder.path).deletingLastPathComponent().path
    let (key, certificate) = ("\(base)/key.pem", "\(base)/certificate.pem")
    let script = """
      openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -keyout "\(key)" -out "\(certificate)" \
      2>/dev/null && exec "$0" "$@"
      """
    let arguments = OutputFailureTests.listen + ["--tls-certificate", certificate, "--tls-key", key]
    try await SmoovenProcess.with(arguments, as: .smoovenInShell(script)) { process in
      let url = try await process.listeningURL()
      #expect(url.hasPrefix("https://"))
      let line = try await process.first { $0.errors.first { $0.hasPrefix("  smooven:") } }
      #expect(line.contains("https://127.0.0.1:"))
    }
    let half = try await SmoovenProcess.run(OutputFailureTests.listen + ["--tls-key", key])
    #expect(half.exitCode == 64)
    let missing = try await SmoovenProcess.run(
      OutputFailureTests.listen + ["--tls-key", "/nowhere", "--tls-certificate", "/nowhere"]
    )
    #expect(missing.exitCode == 1 && missing.errorText.contains("/nowhere"))
  }

  @Test("Text of any script is printed, and characters that control a terminal or reorder text are escaped")
  func scripts() async throws {
    let event = SmoovenCallbackFixture(
      "notification.failed",
      notificationID: "ntf_日本",
      extraFields: ["reason": "なぜ\u{202E}x\u{85}"]
    )
    try await Listening.with(Self.secret) { listener in
      #expect(try await listener.send(event) == 200)
      let line = try await listener.process.output(count: 1)[0]
      #expect(line.contains("ntf_日本") && line.contains(#"なぜ\u202ex\u0085"#))
      #expect(!line.unicodeScalars.contains("\u{202E}") && !line.unicodeScalars.contains("\u{85}"))
      #expect(try JSONValue(parsing: Array(line.utf8))["failure"]?["reason"] == "なぜ\u{202E}x\u{85}")
    }
    let people = ["listen", "--provider", "smooven", "--port", "0"] + Self.secret
    try await SmoovenProcess.with(people) { process in
      let listener = Listening(process: process, url: try await process.listeningURL())
      #expect(try await listener.send(event) == 200)
      let line = try await process.output(count: 1)[0]
      #expect(line.contains("ntf_日本") && line.hasSuffix(#"なぜ\u{202E}x\u{0085}"#))
    }
  }
}
