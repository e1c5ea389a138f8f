import Foundation
import SmoovenCallbacks
import SmoovenSupport
import Testing

/// `smooven ask`, with the people and scanners of the sandbox at the other end.
@Suite("smooven ask", .throttled, .timeLimit(.minutes(10)))
struct AskTests {
  static let environment = ["SMOOVEN_SECRET_KEY": CrashingServer.key]

  let file = TemporaryFile()

  private func ask(_ user: String, _ arguments: [String] = []) async throws -> SmoovenProcess.State {
    try await SmoovenProcess.run(
      [
        "ask", "Deploy build 512?", "--user", user, "--option", "Deploy", "--option", "Not now", "--sandbox",
        "--json",
      ]
        + arguments
    )
  }

  @Test(
    "A person chooses the first option, or the requested one",
    arguments: [
      ("answer@example.com", "Deploy"), ("answer+Not now@example.com", "Not now"),
    ]
  )
  func answered(user: String, option: String) async throws {
    let end = try await ask(user)
    #expect(end.exitCode == 0, "\(end.errors)")
    let report = try end.report
    #expect(report["outcome"] == "answered")
    #expect(report["answer"]?["option"]?.stringValue == option)
    #expect(report["answer"]?["text"] == .null)
    #expect(report["answer"]?["answered_at"]?.stringValue?.hasSuffix("Z") == true)
  }

  @Test("A written answer")
  func text() async throws {
    let end = try await SmoovenProcess.run(
      ["ask", "Why?", "--user", "answer+because", "--sandbox", "--json"]
    )
    #expect(try end.report["answer"]?["text"] == "because")
  }

  @Test("A scanner that opens the link fifty times answers nothing")
  func scanner() async throws {
    let end = try await ask("scanner@example.com", ["--timeout", "4s"])
    #expect(end.exitCode == 4)
    let report = try end.report
    #expect(report["outcome"] == "timed_out")
    #expect(report["status"] == "delivered")
    #expect(report["answer"] == .null)
  }

  @Test(
    "A question that can't be asked is wrong usage",
    arguments: [
      ["--user", "sarah", "--poll"], [], ["--user", "sarah", "--channel", "sms", "--to", "+61400000000"],
      ["--user", "sarah", "--option", "a", "--option", "a"],
    ]
  )
  func usage(arguments: [String]) async throws {
    #expect(try await SmoovenProcess.run(["ask", "Deploy?", "--sandbox"] + arguments).exitCode == 64)
  }

  #if SQLiteSupport
  @Test("If a process is killed between the form and the page, no answer is lost")
  func killed() async throws {
    var (answered, lost) = (0, 0)
    let isStress = ProcessInfo.processInfo.environment["SMOOVEN_STRESS"] == "1"
    for round in 0..<(isStress ? 60 : 12) {
      let server = CrashingServer()
      let key = "deploy:\(round)"
      func arguments(_ url: String) -> [String] {
        [
          "ask", "Deploy?", "--user", "sarah", "--option", "Deploy", "--option", "Not now", "--base-url", url,
          "--store", "sqlite:\(file.path)", "--idempotency-key", key, "--json", "--timeout", "20s",
        ]
      }
      try await server.serving { url in
        let wasAccepted = try await SmoovenProcess.with(arguments(url), environment: Self.environment) {
          process in
          // The page is next to the callback URL, and its token is in the request.
          let link = try await server.answerURL()
          let target = try #require(URL(string: link))
          let connection = try await RawConnection(port: target.port ?? 0)
          let form = "option=Not+now"
          await connection.send(
            Array(
              """
              POST \(target.path) HTTP/1.1\r\nHost: 127.0.0.1:\(target.port ?? 0)\r\n\
              Content-Type: application/x-www-form-urlencoded\r\nContent-Length: \(form.utf8.count)\r\n\r\n\(form)
              """.utf8
            )
          )
          if round % 3 == 2 {
            #expect(try await connection.status() == 200)
            process.signal(SIGKILL)
            return true
          }
          // At some moment between the form and the page, which the kernel determines.
          process.signal(SIGKILL)
          return try await connection.status() == 200
        }
        let end = try await SmoovenProcess.run(
          arguments(url).map { $0 == "20s" && !wasAccepted ? "1s" : $0 },
          environment: Self.environment
        )
        let answer = try end.report["answer"]?["option"]
        if wasAccepted {
          #expect(answer == "Not now", "round \(round): an answer that was acknowledged is lost")
        }
        if answer == "Not now" { answered += 1 } else { lost += 1 }
      }
      #expect(server.state.read { $0.callbackURLs.count } == 1, "asked twice")
    }
    print("killed between form and page: \(answered) answers were kept, \(lost) had not been acknowledged")
    #expect(answered > 0)
  }
  #endif
}
