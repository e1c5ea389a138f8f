import Foundation
import Smooven
import SmoovenCallbacks
import Testing

@Suite("JSON in the guides to people") struct PolicyTests {
  private static let guides = ["Escalating", "AskingAPerson"]

  /// Returns the blocks of a guide that are JSON, whatever language they name.
  private static func blocks(_ guide: String) throws -> [CodeBlock] {
    let path = "DocC/Smooven.docc/\(guide).md"
    return CodeBlock.all(in: try PackageFiles.text(path), of: path).filter {
      $0.language == "json" || $0.lines.first?.hasPrefix("{") == true
    }
  }

  @Test("Every block of JSON is JSON, and says so", arguments: guides)
  func json(guide: String) throws {
    for block in try Self.blocks(guide) {
      #expect(block.language == "json", "\(block)")
      #expect(throws: Never.self, "\(block)") {
        _ = try JSONValue(parsing: Array(block.lines.joined(separator: "\n").utf8))
      }
    }
  }

  @Test("The policy in the guide is one that the command accepts, and is written as it was read")
  func policy() throws {
    let blocks = try Self.blocks("Escalating")
    let block = try #require(blocks.first)
    #expect(blocks.count == 1)
    let data = Data(block.lines.joined(separator: "\n").utf8)
    let policy = try JSONDecoder().decode(EscalationPolicy.self, from: data)
    try policy.validate()
    #expect(policy.steps.map(\.until) == [.opened, .answered])
    #expect(policy.steps[1].hours?.otherwise == .hold)
    #expect(policy.onSettled != nil)
    let written = try JSONValue(parsing: Array(try JSONEncoder().encode(policy)))
    // A key that the decoder doesn't know would be ignored, and would be missing here.
    #expect(Self.has(written, try JSONValue(parsing: Array(data))), "\(written)")
  }

  /// Returns whether a value has all the members of another one, which may have fewer.
  private static func has(_ value: JSONValue, _ other: JSONValue) -> Bool {
    switch other {
    case .object(let members):
      members.allSatisfy { key, member in value[key].map { has($0, member) } ?? false }
    case .array(let elements):
      value.arrayValue.map { $0.count == elements.count && zip($0, elements).allSatisfy(has) } ?? false
    default: value == other
    }
  }
}
