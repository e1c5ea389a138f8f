import Foundation
import Smooven
import SmoovenTesting
import Testing

/// The answer page in a real browser.
@Suite(
  "The answer page in a browser",
  .throttled,
  .timeLimit(.minutes(5)),
  .enabled(if: Program.isThere("chromedriver"), "chromium-driver isn't installed")
)
struct AnswerPageBrowserTests {
  static let key: Secret = "sk_test_0123456789"

  struct Setup: Sendable, CustomTestStringConvertible {
    var settings: Browser.Settings
    var testDescription: String {
      "\(settings.hasScripts ? "scripts" : "no scripts"), \(settings.isDark ? "dark" : "light"), "
        + "\(settings.isPhone ? "phone" : "desktop")"
    }
  }

  static let setups = [true, false].flatMap { hasScripts in
    [true, false].flatMap { isDark in
      [true, false].map { isPhone in
        Setup(settings: .init(hasScripts: hasScripts, isDark: isDark, isPhone: isPhone))
      }
    }
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

  @Test("A person answers with a click", arguments: setups)
  func click(setup: Setup) async throws {
    let question = Question(
      "Deploy build 512 to production?",
      options: ["Deploy", "Not now"],
      allowsText: true
    )
    try await asking(question) { link, handle in
      try await Browser.with(setup.settings) { browser in
        try await browser.open(link)
        #expect(try await browser.title == "Question")
        #expect(try await browser.text("h1") == question.text)
        // It fits the screen, and the buttons are large enough for a thumb.
        let button = try await browser.rect(of: "button[value=\"Not now\"]")
        #expect(button.height >= 44)
        if setup.settings.isPhone {
          #expect(button.x >= 0 && button.x + button.width <= (setup.settings.hasScripts ? 390 : 500))
        }
        let background = try await browser.style("background-color", of: "body")
        #expect(background.contains("22, 22, 22") == setup.settings.isDark, "\(background)")
        if let folder = ProcessInfo.processInfo.environment["SMOOVEN_PICTURES"] {
          let name = setup.testDescription.replacing(", ", with: "-").replacing(" ", with: "-")
          try await browser.picture.write(to: URL(fileURLWithPath: "\(folder)/\(name).png"))
        }
        try await browser.write("on Friday", into: "textarea")
        try await browser.click("button[value=\"Not now\"]")
        #expect(try await browser.text("[role=status]").hasPrefix("Answered at"))
        #expect(try await browser.exists(".reply"))
        let reply = try await handle.answer(timeout: .seconds(30)).reply
        #expect(reply?.option == "Not now")
        #expect(reply?.text == "on Friday")
        // When it's opened again, it shows the answer.
        try await browser.open(link)
        #expect(try await browser.text(".reply") == "Not now")
      }
    }
  }

  @Test("It can be answered with the keyboard alone")
  func keyboard() async throws {
    try await asking(Question("Deploy?", options: ["Deploy", "Not now"])) { link, handle in
      try await Browser.with(.init(hasScripts: false)) { browser in
        try await browser.open(link)
        let (tab, enter) = ("\u{E004}", "\u{E007}")
        try await browser.press(tab, tab, enter)
        #expect(try await browser.text("[role=status]").hasPrefix("Answered at"))
        #expect(try await handle.answer(timeout: .seconds(30)).reply?.option == "Not now")
      }
    }
  }

  @Test("Hostile texts are shown as text, and run nothing")
  func hostile() async throws {
    let text = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
    let option = "\"><script>document.title='owned'</script>"
    try await asking(Question(text, options: [option])) { link, handle in
      try await Browser.with(.init()) { browser in
        try await browser.open(link)
        #expect(try await browser.title == "Question")
        #expect(try await browser.text("h1") == text)
        #expect(try await !browser.exists("script"))
        #expect(try await !browser.exists("img"))
        try await browser.click("button")
        #expect(try await browser.title == "Question")
        #expect(try await browser.text(".reply") == option)
        #expect(try await handle.answer(timeout: .seconds(30)).reply?.option == option)
      }
    }
  }

  @Test("If two browsers answer, the second one sees the answer of the first")
  func two() async throws {
    try await asking(Question("Deploy?", options: ["Deploy", "Not now"])) { link, handle in
      try await Browser.with(.init()) { first in
        try await Browser.with(.init()) { second in
          try await first.open(link)
          try await second.open(link)
          try await first.click("button[value=\"Deploy\"]")
          try await second.click("button[value=\"Not now\"]")
          #expect(try await first.text("[role=status]").hasPrefix("Answered at"))
          #expect(try await second.text("[role=status]").hasPrefix("Already answered at"))
          #expect(try await second.text(".reply") == "Deploy")
          #expect(try await handle.answer(timeout: .seconds(30)).reply?.option == "Deploy")
        }
      }
    }
  }
}
