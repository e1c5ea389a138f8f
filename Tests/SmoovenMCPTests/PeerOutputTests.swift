import Foundation
import Smooven
import SmoovenSupport
import Testing

@testable import SmoovenMCP

@Suite("Messages to a peer", .timeLimit(.minutes(1)))
struct PeerOutputTests {
  private static let meta: JSONValue = [
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": [:], "progressToken": "p",
  ]

  /// A call that a peer has made, and all that is written to the peer.
  private static func call(
    frame: @escaping @Sendable ([UInt8]) -> [UInt8] = { $0 }
  ) throws -> (PeerOutput, MCPPeer.Start, Watched<[JSONValue]>) {
    let written = Watched<[JSONValue]>([])
    let output = PeerOutput(
      MCPPeer(identity: ServerIdentity(tools: MCPTool.all.map(\.definition)), maximumCalls: 1),
      frame: frame,
      output: { bytes in
        let json = try JSONValue(parsing: bytes)
        written.update { $0.append(json) }
      }
    )
    let request: JSONValue = [
      "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": ["name": "wait_for", "_meta": meta],
    ]
    let steps = output.accept { $0.receive(request.bytes) }
    guard case .start(let start)? = steps.first else { throw NotStarted() }
    return (output, start, written)
  }

  private struct NotStarted: Error {}

  @Test("Nothing about a call is written after its response, however many calls write at the same time")
  func order() async throws {
    let runner = ToolRunner(.init(recipients: .anyone), .later { throw NotStarted() })
    for _ in 0..<100 {
      let (output, start, written) = try Self.call()
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<4 {
          group.addTask {
            await output.reports(on: start).progress?(.seconds(number), .seconds(25), "Waiting")
          }
        }
        group.addTask { try await output.finish(start, .init(result: .success([:])), runner) }
        try await group.waitForAll()
      }
      let messages = written.read(\.self)
      #expect(messages.last?["id"] == 1, "\(messages.count) messages")
      let values = messages.compactMap { $0["params"]?["progress"]?.doubleValue }
      #expect(values == values.sorted() && Set(values).count == values.count)
    }
  }

  @Test("A response can't overtake progress that was reported before it")
  func overtaking() async throws {
    let isReporting = Watched(false)
    let isFinished = DispatchSemaphore(value: 0)
    let (output, start, written) = try Self.call { bytes in
      if String(decoding: bytes, as: UTF8.self).contains("notifications/progress") {
        isReporting.update { $0 = true }
        // As long as a response may take to overtake it, which it can't.
        _ = isFinished.wait(timeout: .now() + .milliseconds(300))
      } else {
        isFinished.signal()
      }
      return bytes
    }
    let runner = ToolRunner(.init(recipients: .anyone), .later { throw NotStarted() })
    async let report: Void? = output.reports(on: start).progress?(.seconds(1), .seconds(25), "Waiting")
    try await isReporting.first { $0 ? () : nil }
    try await output.finish(start, .init(result: .success([:])), runner)
    await report
    #expect(written.read { $0.map { $0["id"] } } == [nil, 1])
  }

  @Test("A message gets its place when it's created, even if earlier ones aren't written yet")
  func places() async throws {
    let (gate, written) = (Watched(false), Watched<[UInt8]>([]))
    let writer = MessageWriter { bytes in
      try await gate.first { $0 ? () : nil }
      written.update { $0 += bytes }
    }
    let tickets = (0..<100).map { writer.enqueue([$0]) }
    // A caller that leaves takes no message with it.
    let leaving = Task { try await tickets[50].written() }
    leaving.cancel()
    await #expect(throws: CancellationError.self) { try await leaving.value }
    gate.update { $0 = true }
    for ticket in tickets { try await ticket.written() }
    #expect(written.read(\.self) == Array(0..<100))
  }

  @Test("A failed write is reported to its writer only, and the others continue")
  func failing() async throws {
    let writer = MessageWriter { bytes in if bytes == [1] { throw NotStarted() } }
    let tickets = [writer.enqueue([0]), writer.enqueue([1]), writer.enqueue([2])]
    try await tickets[0].written()
    await #expect(throws: NotStarted.self) { try await tickets[1].written() }
    try await tickets[2].written()
  }

  @Test(
    "The limit on calls is checked and counted in one step, and a call that never begins gives its permit back"
  )
  func permits() {
    let permits = CallPermits(limit: 2)
    var first = permits.take()
    let second = permits.take()
    #expect(first != nil && second != nil && permits.take() == nil)
    second?.release()
    second?.release()
    let third = permits.take()
    #expect(third != nil && permits.take() == nil)
    first = nil
    #expect(permits.take() != nil)
    withExtendedLifetime((second, third)) {}
  }
}
