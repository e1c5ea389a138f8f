import Testing

@testable import SmoovenMCP

@Suite("Lines of a stream")
struct LineSplitterTests {
  @Test("Lines are found whatever pieces they arrive in", arguments: [1, 2, 3, 7, 100])
  func pieces(size: Int) {
    var splitter = LineSplitter(limit: 10)
    let bytes = Array("one\r\n\ntwo\nmuch too long a line\nthree\n".utf8)
    var lines: [LineSplitter.Line] = []
    for start in stride(from: 0, to: bytes.count, by: size) {
      lines += splitter.split(Array(bytes[start..<min(start + size, bytes.count)]))
    }
    #expect(
      lines == [.whole(Array("one".utf8)), .whole(Array("two".utf8)), .tooLong, .whole(Array("three".utf8))]
    )
  }
}
