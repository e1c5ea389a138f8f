import Testing

@testable import Smooven

@Suite("A list of tokens") struct TokenListTests {
  @Test("It's what an array without repetitions is", arguments: 0...4)
  func model(count: Int) {
    let tokens = (0..<count).map { _ in DeliveryToken() }
    var list = TokenList()
    for token in tokens + tokens.reversed() { list.add(token) }
    #expect(Array(list) == tokens)
    #expect(list.isEmpty == tokens.isEmpty)
    for left in tokens { #expect(Array(list.filter { $0 != left }) == tokens.filter { $0 != left }) }
  }
}
