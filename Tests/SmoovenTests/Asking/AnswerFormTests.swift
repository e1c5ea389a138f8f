import Foundation
import SmoovenTesting
import Testing

@testable import Smooven

@Suite("The answer form") struct AnswerFormTests {
  func fields(_ body: String) -> [String: String]? { AnswerForm(Array(body.utf8))?.fields }

  @Test("Fields are read as browsers write them")
  func read() {
    #expect(fields("") == [:])
    #expect(fields("option=Not+now&text=") == ["option": "Not now", "text": ""])
    #expect(fields("option=%3Cb%3E%26%22%27&text=z%C3%BCrich") == ["option": "<b>&\"'", "text": "zürich"])
    #expect(fields("a=b=c") == ["a": "b=c"])
    #expect(fields("&&a=1&") == ["a": "1"])
    #expect(fields("text=a%0D%0Ab") == ["text": "a\r\nb"])
  }

  @Test(
    "Forms that no browser writes are refused",
    arguments: [
      "a=%", "a=%4", "a=%zz", "a=%C3", "a=%FF", "a=1&a=2", "%=1", "a=1&b=&c=&d=&e=&f=&g=&h=&i=",
    ]
  )
  func refused(body: String) { #expect(fields(body) == nil) }

  @Test("A body that is too large, or isn't UTF-8, is refused")
  func bytes() {
    #expect(AnswerForm([UInt8](repeating: 0x61, count: AnswerForm.maximumSize + 1)) == nil)
    #expect(AnswerForm(Array("a=".utf8) + [0xFF]) == nil)
    #expect(AnswerForm([UInt8](repeating: 0x61, count: AnswerForm.maximumSize)) != nil)
  }

  @Test(
    "The longest text and the longest option fit, however they are escaped",
    arguments: [
      ("\u{FFFD}", 666, "ab"), ("%", 2_000, ""),
      // The page accepts at most 500 characters, and a browser sends a line end as two.
      ("x\n", 249, "xx"),
    ]
  )
  func longest(part: String, count: Int, end: String) throws {
    let text = String(repeating: part, count: count) + end
    let option = String(repeating: "\u{E9}", count: 50)
    let question = Question("Deploy?", options: [option], allowsText: true)
    try question.validate()
    func escaped(_ text: String) -> String {
      text.utf8.map { $0 == 0x0A ? "%0D%0A" : "%" + Hex.encode([$0]) }.joined()
    }
    let form = AnswerForm(Array("option=\(escaped(option))&text=\(escaped(text))".utf8))
    let answer = try #require(form?.answer(to: question))
    let isWhole = answer.option == option && answer.text == text
    #expect(isWhole)
  }

  @Test("Only an offered option is an answer")
  func answers() {
    let both = Question("Deploy?", options: ["Deploy", "Not now"], allowsText: true)
    let options = Question("Deploy?", options: ["Deploy", "Not now"])
    let text = Question("Why?")
    func answer(_ body: String, _ question: Question) -> [String?]? {
      AnswerForm(Array(body.utf8))?.answer(to: question).map { [$0.option, $0.text] }
    }
    #expect(answer("option=Deploy", options) == ["Deploy", nil])
    #expect(answer("option=Deploy&text=ok", options) == nil)
    #expect(answer("option=Deploy&text=+ok%00+", both) == ["Deploy", "ok"])
    #expect(answer("option=&text=later", both) == [nil, "later"])
    #expect(answer("option=Drop", both) == nil)
    #expect(answer("option=&text=++", both) == nil)
    #expect(answer("text=a%0D%0Ab", text) == [nil, "a\nb"])
    #expect(answer("text=\(String(repeating: "a", count: 2_001))", text) == nil)
  }

  @Test("Mutated bodies are read or refused, and never trap")
  func mutated() {
    let isStress = ProcessInfo.processInfo.environment["SMOOVEN_STRESS"] == "1"
    var random = SeededGenerator(seed: 20_261_126)
    let seeds = ["option=Not+now&text=z%C3%BCrich%0D%0A", "text=%3Cscript%3E&option=Deploy", "a=1&b=2&c=%25"]
      .map {
        Array($0.utf8)
      }
    let question = Question("Deploy?", options: ["Deploy", "Not now"], allowsText: true)
    let special = Array("%&=+;\0\u{7F}".utf8) + [0xC3, 0x28, 0xFF, 0xED, 0xA0]
    var (read, answered) = (0, 0)
    for _ in 0..<(isStress ? 1_000_000 : 100_000) {
      var body = seeds[Int.random(in: 0..<seeds.count, using: &random)]
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        let index = Int.random(in: 0...body.count, using: &random)
        let byte = special[Int.random(in: 0..<special.count, using: &random)]
        switch Int.random(in: 0..<4, using: &random) {
        case 0: body.insert(byte, at: index)
        case 1 where index < body.count: body.remove(at: index)
        case 2 where index < body.count: body[index] = byte
        default: body += body[index...].prefix(8)
        }
      }
      guard let form = AnswerForm(body) else { continue }
      read += 1
      guard let (option, text) = form.answer(to: question) else { continue }
      answered += 1
      // Only what was offered, and no control characters.
      if let option, !question.options.contains(option) { Issue.record("answered \(option)") }
      if text?.unicodeScalars.contains(where: { $0.value < 0x20 && $0 != "\n" }) == true {
        Issue.record("a control character is left")
      }
    }
    #expect(read > 1_000 && answered > 1_000)
  }
}
