import Foundation
import SmoovenCallbacks
import Testing

/// The messages of `smooven` about a command line or an environment that can't work.
@Suite("smooven, misused", .throttled, .timeLimit(.minutes(5)))
struct SendUsageTests {
  static let key = "sk_live_0123456789abcdef"

  static let misuses: [(arguments: [String], named: String)] = [
    (["send"], "--channel"),
    (["send", "Hi"], "--user"),
    (["send", "Hi", "--user", ""], "--user"),
    (["send", " ", "--user", "sarah"], "intent"),
    (["send", "Hi", "--user", "sarah", "--to", "sarah"], "--to"),
    (["send", "Hi", "--user", "sarah", "--channel", "sms"], "--channel"),
    (["send", "Hi", "--user", "sarah", "--urgency", "mild"], "--urgency"),
    (["send", "Hi", "--user", "sarah", "--timeout", "0s"], "--timeout"),
    (["send", "Hi", "--user", "sarah", "--timeout", "soon"], "--timeout"),
    (["send", "Hi", "--user", "sarah", "--timeout", "400000h"], "--timeout"),
    (["send", "Hi", "--user", "sarah", "--until", "read"], "--until"),
    (["send", "Hi", "--user", "sarah", "--context", "novalue"], "--context"),
    (["send", "Hi", "--user", "sarah", "--context", "user_id=tom"], "--context"),
    (["send", "Hi", "--user", "sarah", "--listen", "localhost"], "--listen"),
    (["send", "Hi", "--user", "sarah", "--listen", ":70000"], "--listen"),
    (["send", "Hi", "--user", "sarah", "--base-url", "ftp://127.0.0.1"], "--base-url"),
    (["send", "Hi", "--user", "sarah", "--public-url", "agent.example.com"], "--public-url"),
    (["send", "Hi", "--user", "sarah", "--sandbox", "--base-url", "http://127.0.0.1"], "--base-url"),
    (["send", "--channel", "sms"], "--to"),
    (["send", "--channel", "pigeon", "--to", "+61400000000"], "--channel"),
    (["send", "--channel", "sms", "--to", "0400000000", "--message", "Hi"], "--to"),
    (["send", "--channel", "sms", "--to", "+61400000000"], "--message"),
    (["send", "--channel", "email", "--to", "sarah"], "--to"),
    (["send", "--channel", "email", "--to", "sarah@example.com", "--context", "a=1"], "--context"),
    (["listen"], "--provider"),
    (["listen", "--provider", "pigeon"], "pigeon"),
    (["listen", "--provider", "smooven", "--provider", "smooven"], "--provider"),
    (["listen", "--provider", "smooven", "--port", "70000"], "--port"),
    (["listen", "--provider", "smooven", "--secret", "smobi=0123456789"], "--secret"),
    (["listen", "--provider", "smooven", "--forward-to", "127.0.0.1"], "--forward-to"),
    (["sandbox", "--port", "70000"], "--port"),
    (["sandbox", "--time-scale", "2000"], "--time-scale"),
    (["sandbox", "--time-scale=-1"], "--time-scale"),
    (["sandbox", "--time-scale", "nan"], "--time-scale"),
    (["post"], "post"),
  ]

  @Test("Wrong usage exits with 64 and a message that names the option", arguments: misuses)
  func usage(arguments: [String], named: String) async throws {
    let end = try await SmoovenProcess.run(arguments, environment: ["SMOOVEN_SECRET_KEY": Self.key])
    #expect(end.exitCode == 64)
    #expect(end.errors.first?.contains(named) == true, "\(end.errors)")
    #expect(end.output == [])
  }

  @Test("A secret without a name isn't quoted", arguments: ["sk_live_0123", "c2VjcmV0c2VjcmV0=="])
  func forgottenName(secret: String) async throws {
    let end = try await SmoovenProcess.run(["listen", "--provider", "smooven", "--secret", secret])
    #expect(end.exitCode == 64)
    #expect(end.errors.first?.contains("--secret") == true)
    #expect(!end.errorText.contains(secret.prefix(8)))
  }

  /// An environment that can't work, and what the message must name.
  static let environments: [(environment: [String: String], named: String)] = [
    ([:], "SMOOVEN_SECRET_KEY"),
    (["SMOOVEN_SECRET_KEY": ""], "SMOOVEN_SECRET_KEY"),
    (["SMOOVEN_SECRET_KEY": ","], "SMOOVEN_SECRET_KEY"),
    (["SMOOVEN_SECRET_KEY": "tooshor", "SMOOVEN_BASE_URL": "http://127.0.0.1:1"], "secretKey"),
    (["SMOOVEN_SECRET_KEY": key, "SMOOVEN_BASE_URL": "127.0.0.1"], "SMOOVEN_BASE_URL"),
    (["SMOOVEN_SECRET_KEY": key, "SMOOVEN_PUBLIC_URL": "127.0.0.1"], "SMOOVEN_PUBLIC_URL"),
    (["SMOOVEN_SECRET_KEY": key], "SMOOVEN_PUBLIC_URL"),
  ]

  @Test("A wrong environment is an error that names the variable", arguments: environments)
  func wrongEnvironment(environment: [String: String], named: String) async throws {
    let end = try await SmoovenProcess.run(
      ["send", "Hi", "--user", "sarah", "--json"],
      environment: environment
    )
    #expect(end.exitCode == 1)
    #expect(end.errorText.contains(named), "\(end.errors)")
    #expect(!end.errorText.contains("tooshor") && !end.errorText.contains(Self.key))
    #expect(try end.report["outcome"] == "error")
  }

  @Test("A refused connection is an error immediately")
  func refusedConnection() async throws {
    // A port that was bound a moment ago and is free again.
    let url = try await SmoovenProcess.with(["sandbox", "--port", "0"]) { sandbox in
      let url = try await sandbox.listeningURL()
      sandbox.signal(SIGTERM)
      _ = try await sandbox.finished()
      return url
    }
    let start = ContinuousClock.now
    let end = try await SmoovenProcess.run(
      ["send", "Hi", "--user", "sarah", "--json"],
      environment: ["SMOOVEN_SECRET_KEY": Self.key, "SMOOVEN_BASE_URL": url]
    )
    #expect(end.exitCode == 1)
    #expect(end.errorText.contains("refused"))
    #expect(ContinuousClock.now - start < .seconds(10))
  }

  @Test("The public URL of the environment doesn't send the sandbox's callbacks off the machine")
  func sandboxStaysHere() async throws {
    let end = try await SmoovenProcess.run(
      ["send", "Hi", "--user", "sarah", "--sandbox", "--json"],
      environment: [
        "SMOOVEN_PUBLIC_URL": "http://127.0.0.1:1/elsewhere", "SMOOVEN_BASE_URL": "http://127.0.0.1:1",
      ]
    )
    #expect(end.exitCode == 0)
    // That is, by callbacks, and not by a status query at the deadline.
    let events = ["queued", "sent", "delivered"].map { "notification.\($0)" }
    #expect(try end.report["events"]?.strings == events)
  }

  @Test("Help says how to use each command", arguments: ["send", "listen", "sandbox"])
  func help(command: String) async throws {
    let end = try await SmoovenProcess.run([command, "--help"])
    #expect(end.exitCode == 0)
    #expect(end.output.contains { $0.hasPrefix("USAGE: smooven \(command)") })
  }
}
