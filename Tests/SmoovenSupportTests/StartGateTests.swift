import SmoovenSupport
import Testing

@Suite("Waiting for a start", .timeLimit(.minutes(1)))
struct StartGateTests {
  @Test func `only the first caller may start`() {
    let gate = StartGate<Int>()
    #expect(gate.begin())
    #expect(!gate.begin())
  }

  @Test func `callers get the value once the gate is open`() async throws {
    let gate = StartGate<Int>()
    async let value = gate.value()
    gate.open(with: 7)
    #expect(try await value == 7)
    #expect(gate.current == 7)
  }

  @Test func `a closed gate stays closed`() async throws {
    let gate = StartGate<Int>()
    async let value = gate.value()
    gate.close()
    gate.open(with: 7)
    #expect(try await value == nil)
    #expect(gate.isClosed)
    #expect(gate.current == nil)
  }
}
