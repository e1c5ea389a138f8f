import Foundation
import HTTPTypes
import Testing

@testable import Smooven

@Suite("The answer page") struct AnswerPageTests {
  static let hostile = [
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onmouseover='alert(1)", "&lt;b&gt;",
    "</h1></form><form action=https://evil.example>", "javascript:alert(1)", "\u{202E}evil", "{{7*7}}",
    "</title></style><style>*{display:none}", "<!--", "]]>", "\u{2028}\u{2029}", "%3Cscript%3E",
  ]

  func html(_ page: AnswerPage) -> String { String(decoding: page.response.body, as: UTF8.self) }

  @Test("Hostile texts are escaped", arguments: hostile)
  func escaped(text: String) {
    let question = Question(text, options: [text], allowsText: true)
    let reply = Question.Reply(option: text, text: text, answeredAt: Date(timeIntervalSince1970: 0))
    for page in [AnswerPage.form(question), .answered(question, reply, isOwn: true)] {
      let html = html(page)
      // Without the page's own markup, nothing is left that a browser would read as markup.
      let own = self.html(
        {
          switch page {
          case .form: .form(Question("x", options: ["x"], allowsText: true))
          default:
            .answered(Question("x"), .init(option: "x", text: "x", answeredAt: reply.answeredAt), isOwn: true)
          }
        }()
      )
      for mark in ["<", ">", "\"", "'"] {
        #expect(
          html.components(separatedBy: mark).count == own.components(separatedBy: mark).count,
          "\(mark)"
        )
      }
      #expect(html.contains(AnswerPage.escaped(text)))
    }
  }

  @Test("It has no script, loads nothing from other sites and leaves no trace")
  func headers() throws {
    for page in [AnswerPage.form(Question("?")), .notFound, .refused(.forbidden), .unavailable] {
      let fields = page.response.head.headerFields
      let policy = try #require(fields[.contentSecurityPolicy])
      #expect(policy.hasPrefix("default-src 'none'; style-src 'sha256-"))
      #expect(policy.hasSuffix("form-action 'self'; base-uri 'none'; frame-ancestors 'none'"))
      #expect(fields[HTTPField.Name("Referrer-Policy")!] == "same-origin")
      #expect(fields[HTTPField.Name("X-Robots-Tag")!] == "noindex, nofollow")
      #expect(fields[.cacheControl] == "no-store")
      #expect(fields[.xContentTypeOptions] == "nosniff")
      #expect(fields[.contentType] == "text/html; charset=utf-8")
      #expect(!html(page).lowercased().contains("<script"))
    }
  }

  @Test("It's about two kilobytes")
  func size() {
    let page = AnswerPage.form(Question("Deploy build 512 to production?", options: ["Deploy", "Not now"]))
    #expect(page.response.body.count < 2_048)
  }

  @Test(
    "A question that can't be asked is refused",
    arguments: [
      Question(" "), Question(String(repeating: "a", count: 1_001)), Question("a\u{0}b"),
      Question("?", options: [], allowsText: false), Question("?", options: ["a", "a"]),
      Question("?", options: (0..<9).map(String.init)), Question("?", options: ["a\nb"]),
      Question("?", options: [""]),
      Question("?", language: "en\" onload=\""), Question("?", language: "e"),
    ]
  )
  func invalid(question: Question) {
    #expect(throws: SmoovenError.self) { try question.validate() }
  }

  @Test("The largest question and answer fit into a stored delivery")
  func largest() throws {
    let worst = String(repeating: "\"", count: 1_000)
    let question = Question(
      worst,
      options: (0..<8).map { "\($0)" + String(repeating: "\\", count: 99) },
      allowsText: true,
      language: "en"
    )
    try question.validate()
    var record = QuestionRecord(question, until: Date())
    record.reply = .init(
      option: question.options[0],
      text: worst + worst,
      answeredAt: Date(),
      source: "smobi"
    )
    var delivery = StoredDelivery(
      token: QuestionRecord.deliveryToken(of: record.token),
      group: "smooven",
      openedAt: Date()
    )
    try delivery.attach(record.json)
    #expect(QuestionRecord(delivery)?.question == question)
    #expect(QuestionRecord(delivery)?.reply?.text == worst + worst)
    // An attachment that was copied from another delivery is ignored.
    var other = StoredDelivery(token: DeliveryToken(), group: "smooven", openedAt: Date())
    try other.attach(record.json)
    #expect(QuestionRecord(other) == nil)
  }
}
