import Foundation
import Smooven
import SmoovenTesting
import TestSupport
import Testing

/// The answer page in a real browser.
@Suite("Answer page in a browser", .throttled, .timeLimit(.minutes(5)), .needs(.chromium), .needs(.python))
struct AnswerPageBrowserTests {
  static let key: Secret = "sk_test_0123456789"

  /// The settings of a browser.
  static let settings = ["dark", "phone", "no-scripts"].reduce([[String]]()) { sets, setting in
    (sets.isEmpty ? [[]] : sets).flatMap { [$0, $0 + [setting]] }
  }

  /// Sends a question, and calls a closure with the link to its page.
  private func asking(
    _ question: Question,
    _ body: @escaping @Sendable (_ link: String, QuestionHandle) async throws -> Void
  ) async throws {
    let transport = MockTransport(secretKey: Self.key, answer: .accepted(callbacks: []))
    let configuration = SmoovenConfiguration(secretKey: Self.key, baseURL: "http://127.0.0.1:9")
    try await withSmoovenClient(configuration: configuration, transport: transport) { client in
      let handle = try await client.sendQuestion(question, to: .user("sarah"), openFor: .seconds(900))
      let link = try #require(transport.requests.last?.json["context"]?["answer_url"]?.stringValue)
      try await body(link, handle)
    }
  }

  /// Drives the browser, and returns what it saw.
  private func browse(_ scenario: String, _ link: String, _ settings: [String] = []) async throws -> JSONValue
  {
    let end = try await Chromium.run("answer.py", [scenario, link] + settings)
    return try JSONValue(parsing: Array(try #require(end.output.last).utf8))
  }

  @Test("A person answers with a click", arguments: settings)
  func click(settings: [String]) async throws {
    let question = Question(
      "Deploy build 512 to production?",
      options: ["Deploy", "Not now"],
      allowsText: true
    )
    try await asking(question) { link, handle in
      let seen = try await browse("click", link, settings)
      #expect(seen["heading"]?.stringValue == question.text)
      #expect(seen["status"]?.stringValue?.hasPrefix("Answered at") == true)
      #expect(seen["reply"] == "Not now")
      if let background = seen["background"]?.stringValue {
        #expect(background.contains("22, 22, 22") == settings.contains("dark"), "\(background)")
      }
      let reply = try await handle.answer(timeout: .seconds(30)).reply
      #expect(reply?.option == "Not now")
      #expect(reply?.text == "on Friday")
    }
  }

  @Test("It's answered by keyboard alone")
  func keyboard() async throws {
    try await asking(Question("Deploy?", options: ["Deploy", "Not now"])) { link, handle in
      let seen = try await browse("keyboard", link)
      #expect(seen["status"]?.stringValue?.hasPrefix("Answered at") == true)
      #expect(try await handle.answer(timeout: .seconds(30)).reply?.option == "Not now")
    }
  }

  @Test("Hostile texts are shown as text, and run nothing")
  func hostile() async throws {
    let text = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
    let option = "\"><script>document.title='owned'</script>"
    try await asking(Question(text, options: [option])) { link, handle in
      let seen = try await browse("hostile", link)
      #expect(seen["heading"]?.stringValue == text)
      #expect(seen["reply"]?.stringValue == option)
      #expect(try await handle.answer(timeout: .seconds(30)).reply?.option == option)
    }
  }

  @Test("Of two browsers, the second sees the answer of the first")
  func two() async throws {
    try await asking(Question("Deploy?", options: ["Deploy", "Not now"])) { link, handle in
      let seen = try await browse("two", link)
      #expect(seen["first"]?.stringValue?.hasPrefix("Answered at") == true)
      #expect(seen["second"]?.stringValue?.hasPrefix("Already answered at") == true)
      #expect(seen["reply"] == "Deploy")
      #expect(try await handle.answer(timeout: .seconds(30)).reply?.option == "Deploy")
    }
  }

  @Test(
    "If two browsers answer at the same time at two receivers, one wins, and the other one shows its answer"
  )
  func race() async throws {
    let store = InMemoryDeliveryStore()
    let transport = MockTransport(secretKey: Self.key, answer: .accepted(callbacks: []))
    let configuration = SmoovenConfiguration(secretKey: Self.key, baseURL: "http://127.0.0.1:9")
    try await withSmoovenClient(configuration: configuration, transport: transport, store: store) { client in
      try await withSmoovenClient(
        configuration: configuration,
        transport: MockTransport(secretKey: Self.key),
        store: store
      ) { other in
        let port = try #require(URL(string: try await other.callbackURL(deadline: .seconds(3_600)))?.port)
        var links: [String] = []
        var handles: [QuestionHandle] = []
        for _ in 0..<10 {
          let question = Question("Deploy?", options: ["Deploy", "Not now"])
          handles.append(try await client.sendQuestion(question, to: .user("sarah"), openFor: .seconds(900)))
          let link = try #require(transport.requests.last?.json["context"]?["answer_url"]?.stringValue)
          var second = try #require(URLComponents(string: link))
          second.port = port
          links += [link, try #require(second.string)]
        }
        let seen = try await browse("race", links[0], Array(links.dropFirst()))
        let rounds = try #require(seen.arrayValue)
        #expect(rounds.count == handles.count)
        for (handle, pages) in zip(handles, rounds) {
          let pages = try #require(pages.arrayValue)
          let option = try await handle.answer(timeout: .seconds(30)).reply?.option
          #expect(pages.map { $0["reply"]?.stringValue } == [option, option])
          let statuses = pages.compactMap { $0["status"]?.stringValue }
          #expect(statuses.count { $0.hasPrefix("Answered at") } == 1, "\(statuses)")
          #expect(statuses.count { $0.hasPrefix("Already answered at") } == 1, "\(statuses)")
        }
      }
    }
  }
}
