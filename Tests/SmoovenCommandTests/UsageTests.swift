import Foundation
import SmoovenCallbacks
import TestSupport
import Testing

@testable import SmoovenCommand

/// How commands say that they're used wrongly.
@Suite("Usage of smooven", .throttled, .timeLimit(.minutes(5)))
struct UsageTests {
  @Test(
    "A mistyped command gets a hint",
    arguments: [
      ("lisen", "Did you mean smooven listen?"), ("snad", "Did you mean smooven send?"),
      ("VERIFY", "Did you mean smooven verify?"), ("dance", "The commands are: send, "),
    ]
  )
  func typo(command: String, expected: String) async throws {
    let end = try await SmoovenProcess.run([command])
    #expect(end.exitCode == 64)
    #expect(end.errorText.contains(expected) && end.errorText.contains("no command \(command)"))
  }

  @Test(
    "An error names the command's own usage",
    arguments: [
      ["verify", "--provider", "smooven", "--header", "X"], ["listen", "--provider", "unknown"],
      ["trigger", "x", "--provider", "smobi", "--to", "http://h/", "--id", "a b"],
      ["sign", "--provider", "smobi"],
      ["replay", "f", "--to", "http://h/", "--as-new"], ["sandbox", "--callback-url", "nowhere"],
    ]
  )
  func usage(arguments: [String]) async throws {
    let end = try await SmoovenProcess.run(arguments)
    #expect(end.exitCode == 64)
    #expect(end.errorText.contains("Usage: smooven \(arguments[0])"), "\(end.errors)")
  }

  @Test(
    "A secret in the wrong place isn't repeated",
    arguments: [
      ["listen", "--provider", "smooven", "--secret", "smooven=", "sk_live_x0123456789"],
      ["listen", "--provider", "smooven", "--secret", "sk_live_x0123456789"],
      ["listen", "--provider", "smooven", "--secret", "smooven=sk_live_x0123456789", "--port", "x"],
      ["listen", "--provider", "smooven", "--port", "whsec_x0123456789"],
      ["verify", "--provider", "smooven", "--secret", "a", "plain_x0123456789", "sk_live_x0123456789"],
      ["sign", "--provider", "smooven", "--secret", "sk_live_0123456789", "sk_live_x0123456789"],
      ["sk_live_x0123456789"], ["listen", "--token", "x0123456789", "x0123456789"],
    ]
  )
  func noSecrets(arguments: [String]) async throws {
    let end = try await SmoovenProcess.run(arguments)
    #expect(end.exitCode == 64 || end.exitCode == 1)
    #expect(!(end.errorText + end.output.joined()).contains("x0123456789"), "\(end.errors)")
  }

  @Test("The version, and completions for shells", arguments: ["bash", "zsh", "fish"])
  func version(shell: String) async throws {
    let version = try await SmoovenProcess.run(["--version"])
    #expect(version.exitCode == 0 && version.output == [SmoovenCommand.version])
    let script = try await SmoovenProcess.run(["--generate-completion-script", shell])
    #expect(script.exitCode == 0)
    let text = script.output.joined(separator: "\n")
    #expect(text.contains("smooven") && text.contains("listen"))
  }

  @Test("A file that is missing, a folder and a name like a secret are clear errors")
  func files() async throws {
    let sign = ["sign", "--provider", "smooven", "--secret", "sk_test_0123456789"]
    let missing = try await SmoovenProcess.run(sign + ["/nowhere/body"])
    #expect(missing.exitCode == 1)
    #expect(missing.errorText == "error: cannot read /nowhere/body: No such file or directory")
    let folder = try await SmoovenProcess.run(sign + ["/"])
    #expect(folder.exitCode == 1 && folder.errorText.contains("cannot read /: Is a directory"))
    let secret = try await SmoovenProcess.run(
      ["sign", "--provider", "smooven", "--secret-file", "/nowhere/key", "/dev/null"]
    )
    #expect(secret.exitCode == 1 && secret.errorText.contains("/nowhere/key"))
  }

  @Test("The format of a time is part of the error")
  func times() async throws {
    let end = try await SmoovenProcess.run(["verify", "--provider", "smooven", "--at", "soon"])
    #expect(end.exitCode == 64 && end.errorText.contains("2026-03-05T08:00:15Z"))
  }

  @Test("A person who types is told what is waited for", .needs(.python))
  func terminal() async throws {
    for arguments in [["sign"], ["verify"]] {
      let options = ["--provider", "smooven", "--secret", "sk_test_0123456789"]
      try await SmoovenProcess.with(arguments + options, as: .smoovenOnTerminal) { process in
        let line = try await process.output(count: 1)[0]
        #expect(line.hasPrefix("reading the body") && line.contains("from standard input"))
      }
    }
  }

  @Test(
    "Texts that are addresses to bind",
    arguments: [
      ("8080", "127.0.0.1", 8_080), (":8080", "127.0.0.1", 8_080), ("0.0.0.0:1", "0.0.0.0", 1),
      ("[::1]:2", "::1", 2),
      ("0", "127.0.0.1", 0),
    ]
  )
  func addresses(text: String, host: String, port: Int) throws {
    let address = try #require(HostAndPort(argument: text))
    #expect(address.host == host && address.port == port)
  }

  @Test(
    "Texts that aren't addresses",
    arguments: ["", ":", "x", "65536", "-1", "127.0.0.1", "h:", "h:x", "+1", "0x10"]
  )
  func noAddress(text: String) {
    #expect(HostAndPort(argument: text) == nil)
  }

  @Test("Values for an intent are texts, or JSON")
  func contexts() throws {
    let expected: [(String, String, JSONValue)] = [
      ("a=1", "a", "1"), ("a=x=y", "a", "x=y"), ("a=", "a", ""), ("a:=1", "a", 1), ("a:=\"x\"", "a", "x"),
      ("a=[1,2]", "a", [1, 2]), ("a={\"b\":true}", "a", ["b": true]), ("a={x", "a", "{x"),
      ("a:=null", "a", .null),
      ("when=10:00=sharp", "when", "10:00=sharp"), ("phone=+61400000000", "phone", "+61400000000"),
    ]
    for (text, key, value) in expected {
      let argument = try #require(ContextArgument(argument: text))
      #expect(argument.key == key && argument.value == value, "\(text)")
    }
    for text in ["a", "=1", "a:=x", ":=1"] { #expect(ContextArgument(argument: text) == nil) }
  }

  @Test("Distances between words")
  func distances() {
    #expect(UsageErrors.distance("lisen", "listen") == 1)
    #expect(UsageErrors.distance("snad", "send") == 2)
    #expect(UsageErrors.distance("sned", "send") == 1)
    #expect(UsageErrors.distance("", "abc") == 3 && UsageErrors.distance("abc", "") == 3)
  }
}
