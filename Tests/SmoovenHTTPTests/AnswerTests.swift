import SmoovenHTTP
import Testing

@Suite("A reply that is known now or later")
struct AnswerTests {
  @Test func `a known value is transformed without a task`() throws {
    let answer = Answer.now(20).map { $0 + 1 }
    guard case .now(let value) = answer else {
      Issue.record("mapping a known value must not need a task")
      return
    }
    #expect(value == 21)
  }

  @Test func `a later value is transformed after its work`() async throws {
    let answer = Answer<Int>.later { 20 }.map { "\($0 + 1)" }
    guard case .later(let work) = answer else {
      Issue.record("mapping must not run the work")
      return
    }
    #expect(await work() == "21")
  }
}
