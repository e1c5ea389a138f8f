import HTTPTypes
import Smooven
import SmoovenTesting
import Testing

@Suite("The mock transport", .timeLimit(.minutes(1))) struct MockTransportTests {
  private let key: Secret = "sk_test_0123456789"

  private func request(
    timeout: Duration = .seconds(10),
    willSend: (@Sendable () async throws -> Void)? = nil
  ) -> TransportRequest {
    TransportRequest(
      head: HTTPRequest(method: .post, scheme: "http", authority: "a.example", path: "/v1/agent/notify"),
      body: Array("{}".utf8),
      timeout: timeout,
      willSend: willSend
    )
  }

  @Test("It keeps the promises of a transport")
  func conformance() async throws {
    let closed = "closed.example"
    let transport = MockTransport(
      secretKey: key,
      answer: .choosing { request in
        if request.head.authority == closed { return .failure(TransportError(.notSent, "refused")) }
        switch request.head.path {
        case "/echo":
          let probe = HTTPField.Name("X-Probe")
          let fields = request.head.headerFields.filter { $0.name == probe }
          return .bytes(request.body, status: 201, headerFields: HTTPFields(fields))
        case "/redirect": return .bytes([], status: 302)
        default: return .nothing()
        }
      }
    )
    try await SmoovenTransportConformance(
      transport: transport,
      server: .init(authority: "a.example", closedAuthority: closed) {
        transport.requests.count { !$0.body.isEmpty && $0.head.path == "/echo" }
      }
    ).run()
  }

  @Test("A request without a response fails at its timeout, by the mock's clock")
  func nothing() async throws {
    let clock = ManualClock()
    let transport = MockTransport(secretKey: key, answer: .nothing(), clock: clock)
    async let response = transport.send(request(timeout: .seconds(7)))
    #expect(await clock.nextTimer() == .seconds(7))
    clock.advance(by: .seconds(7))
    do {
      _ = try await response
      Issue.record("expected an error")
    } catch let error as TransportError {
      #expect(error.code == .noResponse)
    }
  }

  @Test("A withheld request isn't recorded")
  func withheld() async throws {
    struct No: Error {}
    let transport = MockTransport(secretKey: key)
    let error = await #expect(throws: TransportError.self) {
      try await transport.send(request { throw No() })
    }
    #expect(error?.code == .withheld)
    #expect(error?.cause is No)
    #expect(transport.requestCount == 0)
  }
}
