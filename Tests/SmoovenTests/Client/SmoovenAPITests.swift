import Foundation
import HTTPTypes
import Smooven
import SmoovenTesting
import Testing

@Suite("What a response means", .timeLimit(.minutes(1))) struct SmoovenAPITests {
  private let transport = MockTransport(secretKey: testKey)
  private let gate = RetryGate(clock: DeliveryClock(ManualClock()))

  private func failure(
    of method: HTTPRequest.Method,
    _ answer: MockAnswer,
    willSend: (@Sendable () async throws -> Void)? = nil
  ) async throws -> any Error {
    transport.script(answer)
    let api = SmoovenAPI(
      transport: transport,
      baseURL: try BaseURL("https://api.example", setting: "baseURL"),
      secretKey: testKey,
      gate: gate,
      now: { Date() }
    )
    do {
      _ = try await api.call(method, "/v1/x", body: [1], timeout: .seconds(1), willSend: willSend)
    } catch {
      return error
    }
    throw TransportError(.noResponse, "expected an error")
  }

  private func code(_ method: HTTPRequest.Method, _ answer: MockAnswer) async throws -> SmoovenError.Code? {
    (try await failure(of: method, answer) as? SmoovenError)?.code
  }

  @Test("A 503 is Smooven's own if it has an error body or a Retry-After, and otherwise it's unclear")
  func unavailable() async throws {
    let page = Array("<html>503 Service Temporarily Unavailable</html>".utf8)
    let later: HTTPFields = [.retryAfter: "2"]
    #expect(try await code(.post, .refused(status: 503, code: "maintenance")) == .unavailable)
    #expect(try await code(.post, .json(["success": false], status: 503)) == .unavailable)
    #expect(try await code(.post, .bytes(page, status: 503, headerFields: later)) == .unavailable)
    #expect(try await code(.post, .bytes(page, status: 503)) == .unconfirmed)
    #expect(try await code(.post, .bytes([], status: 503)) == .unconfirmed)
    #expect(try await code(.post, .json(["message": "no healthy upstream"], status: 503)) == .unconfirmed)
    #expect(try await code(.get, .bytes(page, status: 503)) == .unavailable)
  }

  @Test("Other failures of a server are unclear only for a POST", arguments: [500, 502, 504, 599])
  func serverErrors(status: Int) async throws {
    #expect(try await code(.post, .refused(status: status, code: "internal")) == .unconfirmed)
    #expect(try await code(.get, .refused(status: status, code: "internal")) == .serverError)
  }

  @Test("Failures of the transport say whether anything was sent")
  func transportErrors() async throws {
    let expected: [(TransportError.Code, SmoovenError.Code, Bool)] = [
      (.notSent, .connectionFailed, true), (.overloaded, .overloaded, true),
      (.noResponse, .unconfirmed, false),
    ]
    for (code, mapped, isRetryable) in expected {
      let error = try await failure(of: .post, .failure(TransportError(code, "why"))) as? SmoovenError
      #expect(error?.code == mapped)
      #expect(error?.isRetryable == isRetryable)
    }
  }

  @Test("A withheld request isn't an error of Smooven, and its caller gets the cause")
  func withheld() async throws {
    struct Taken: Error {}
    let error = try await failure(of: .post, .accepted()) { throw Taken() } as? TransportError
    #expect(error?.code == .withheld)
    #expect(error?.cause is Taken)
    #expect(transport.requestCount == 0)
  }

  @Test("The message of a refusal can be read, but isn't part of any description")
  func message() async throws {
    let answer = MockAnswer.json(
      ["success": false, "error": ["code": "invalid_recipient", "message": "+61400000000 is not mobile"]],
      status: 400
    )
    let error = try #require(try await failure(of: .post, answer) as? SmoovenError)
    #expect(error.apiMessage == "+61400000000 is not mobile")
    var dumped = ""
    dump(error, to: &dumped)
    for text in ["\(error)", String(reflecting: error), error.localizedDescription, dumped] {
      #expect(!text.contains("61400000000"))
    }
  }

  @Test("Retry-After in the response to a POST holds back all sends", arguments: [429, 503])
  func gate(status: Int) async throws {
    _ = try await failure(of: .get, .refused(status: status, code: "busy", retryAfter: 9))
    #expect(gate.opening(now: .zero) == nil)
    _ = try await failure(of: .post, .refused(status: status, code: "busy"))
    #expect(gate.opening(now: .zero) == nil)
    _ = try await failure(of: .post, .refused(status: status, code: "busy", retryAfter: 9))
    #expect(gate.opening(now: .zero) == .seconds(9))
  }
}
