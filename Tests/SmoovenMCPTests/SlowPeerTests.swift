import Logging
import Smooven
import SmoovenSupport
import Testing

@testable import SmoovenMCP

/// Peers that don't read what is written to them, at least for a while.
@Suite("Peers that don't read", .timeLimit(.minutes(1)))
struct SlowPeerTests {
  private struct Unavailable: Error {}

  /// A request that ends as soon as its tool is called, because the client can't be opened.
  private static func line(_ id: Int64, _ method: String = "tools/call") -> [UInt8] {
    let request: JSONValue = [
      "jsonrpc": "2.0", "id": .integer(id), "method": .string(method),
      "params": [
        "name": "wait_for", "arguments": ["handle": "mcp-0"],
        "_meta": [
          "io.modelcontextprotocol/protocolVersion": "2026-07-28",
          "io.modelcontextprotocol/clientCapabilities": [:],
        ],
      ],
    ]
    return request.bytes
  }

  private static func server() -> MCPServer {
    MCPServer(
      configuration: .init(recipients: .anyone),
      logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
    ) { throw Unavailable() }
  }

  @Test("No call begins while the end of an earlier one waits for its reader")
  func heldBack() async throws {
    let (gate, isWriting) = (Watched(false), Watched(false))
    let session = MCPSession(Self.server()) { _ in
      isWriting.update { $0 = true }
      try await gate.first { $0 ? () : nil }
    }
    defer { session.close() }
    try await session.receive(.whole(Self.line(1)))
    try await isWriting.first { $0 ? () : nil }
    let next = Task { try await session.receive(.whole(Self.line(2))) }
    // It waits, so it can be cancelled.
    next.cancel()
    await #expect(throws: CancellationError.self) { try await next.value }
    gate.update { $0 = true }
    try await session.receive(.whole(Self.line(2)))
  }

  @Test("A peer that reads again gets every response once, and the immediate ones in order")
  func readsAgain() async throws {
    let (gate, isWriting, written) = (Watched(false), Watched(false), Watched<[JSONValue]>([]))
    let (input, lines) = AsyncThrowingStream<[UInt8], any Error>.makeStream()
    let server = Self.server()
    let serving = Task {
      try await server.serve(input: input) { bytes in
        isWriting.update { $0 = true }
        try await gate.first { $0 ? () : nil }
        let json = try JSONValue(parsing: Array(bytes.dropLast()))
        written.update { $0.append(json) }
      }
    }
    for id in 0..<400 as Range<Int64> {
      lines.yield(Self.line(id, id.isMultiple(of: 2) ? "tools/list" : "tools/call") + [0x0A])
    }
    try await isWriting.first { $0 ? () : nil }
    gate.update { $0 = true }
    let ids = try await written.first { $0.count < 400 ? nil : $0.compactMap { $0["id"]?.integerValue } }
    #expect(ids.sorted() == Array(0..<400))
    #expect(ids.filter { $0.isMultiple(of: 2) } == Array(stride(from: 0, to: 400, by: 2)))
    lines.finish()
    try await serving.value
  }
}
