import Foundation
import HTTPTypes
import SmoovenCallbacks
import Testing

@Suite("SmartlyQ: the typed view and the two envelopes")
struct SmartlyQCallbackTests {
  private let provider = SampleProvider.smartlyQ

  @Test("It reads the documented fields")
  func fields() throws {
    let event = try provider.decode(
      """
      {"event":"job.completed","timestamp":"2026-03-02T14:30:00Z","data":{"job_id":"job_abc123",\
      "type":"article_generation","status":"completed","stage":"ready","result":{"words":[1,2]}}}
      """
    )
    let typed = try #require(SmartlyQCallback(event))
    #expect(typed.eventID == nil)
    #expect(typed.jobID == "job_abc123")
    #expect(typed.jobType == "article_generation")
    #expect(typed.status == "completed")
    #expect(typed.stage == "ready")
    #expect(typed.result == ["words": [1, 2]])
    #expect(typed.data == event.payload["data"])
  }

  static let odd = [
    "", #","data":null"#, #","data":[]"#, #","data":"x""#, #","data":{"job_id":{},"type":1}"#,
  ]

  @Test("Data of any other shape counts as unknown", arguments: odd)
  func oddData(_ data: String) throws {
    let event = try provider.decode(#"{"event":"job.completed"\#(data)}"#)
    #expect(event.kind == .delivered && event.correlationIDs.isEmpty)
    let typed = try #require(SmartlyQCallback(event))
    #expect(typed.jobID == nil && typed.jobType == nil && typed.status == nil && typed.result == nil)
  }

  @Test("It's only for SmartlyQ", arguments: SampleProvider.allCases)
  func anotherProvider(_ provider: SampleProvider) throws {
    let event = try provider.decode(#"{"event":"x","eventType":"x"}"#)
    #expect((SmartlyQCallback(event) != nil) == (provider == .smartlyQ))
  }

  static let times: [(String, String?)] = [
    (#""created_at":"2026-03-02T14:30:00Z""#, "2026-03-02T14:30:00Z"),
    (#""created_at":"2026-03-02T14:30:00Z","timestamp":"2020-01-01T00:00:00Z""#, "2026-03-02T14:30:00Z"),
    (#""created_at":null,"timestamp":"2026-03-02T14:30:00Z""#, "2026-03-02T14:30:00Z"),
    (#""created_at":"soon","timestamp":"2026-03-02T14:30:00Z""#, "2026-03-02T14:30:00Z"),
    (#""created_at":1772461800"#, nil),
    (#""timestamp":"yesterday""#, nil),
  ]

  @Test("The time is read from either envelope", arguments: times)
  func time(_ fields: String, _ expected: String?) throws {
    let event = try provider.decode(#"{"event":"job.completed",\#(fields)}"#)
    #expect(event.occurredAt == expected.flatMap(RFC3339.parse))
  }

  @Test("The event id in the body identifies redeliveries, and the unsigned header doesn't count")
  func eventID() throws {
    var request = provider.signedRequest(Array(#"{"id":"evt_1","event":"wallet.low"}"#.utf8))
    request.set("X-SmartlyQ-Event-Id", to: ["evt_forged"])
    #expect(try provider.provider().decode(request).deduplicationKey == "evt_1")
    request.body = Array(#"{"event":"wallet.low"}"#.utf8)
    #expect(try provider.provider().decode(request).deduplicationKey == request.bodyDigest)
  }

  @Test("The two stages of an edit job are two events")
  func stages() throws {
    let keys = try ["ready", "exported"].map { stage in
      try provider.decode(#"{"event":"job.completed","data":{"job_id":"j","stage":"\#(stage)"}}"#)
        .deduplicationKey
    }
    #expect(Set(keys).count == 2)
  }

  @Test("Signing returns the headers of the service, with the event of the body")
  func signedHeaders() throws {
    let signing = try SmartlyQCallbackProvider.smartlyQ(Secret(provider.secretText))
    let body = Array(#"{"id":"evt_1","event":"job.failed"}"#.utf8)
    let fields = signing.sign(body, id: "evt_2", at: SampleProvider.now)
    #expect(fields[try #require(HTTPField.Name("X-SmartlyQ-Event"))] == "job.failed")
    #expect(fields[try #require(HTTPField.Name("X-SmartlyQ-Event-Id"))] == "evt_1")
    let signature = fields[try #require(HTTPField.Name("X-SmartlyQ-Signature"))]
    let code = provider.code(of: body, time: "1772461800")
    #expect(signature == "t=1772461800,v1=\(code)")
    let bare = signing.sign(Array("no JSON".utf8), id: "evt_2", at: SampleProvider.now)
    #expect(bare[try #require(HTTPField.Name("X-SmartlyQ-Event-Id"))] == "evt_2")
  }
}
