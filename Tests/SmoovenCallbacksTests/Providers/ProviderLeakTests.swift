import Foundation
import HTTPTypes
import SmoovenCallbacks
import Testing

/// Whatever is printed, interpolated, reflected or dumped ends up in a log one day.
@Suite("The other providers: nothing leaks into print or dump")
struct ProviderLeakTests {
  static let planted = "PLANTED7f3a"

  /// Returns a payload with the marker in every value that the event's name and ids don't show.
  private func body(_ provider: SampleProvider) -> String {
    let marker = Self.planted
    return switch provider {
    case .notificationAPI, .pingram:
      """
      {"eventType":"SMS_FAILED","trackingId":"t_1","notificationId":"welcome","channel":"SMS",\
      "userId":"\(marker)","failureCode":"c","failureReason":"\(marker)","clickedLink":"\(marker)"}
      """
    case .smartlyQ:
      """
      {"event":"job.failed","data":{"job_id":"j_1","status":"failed","error":"\(marker)","error_code":"c",\
      "result":"\(marker)","type":"\(marker)"}}
      """
    case .smobi:
      """
      {"smobiMessageId":"m_1","from":"\(marker)","to":"\(marker)","channel":"SMS","sms":{"text":"\(marker)",\
      "postback":"\(marker)"}}
      """
    case .standardWebhooks: #"{"type":"x","data":{"id":"i_1","secret":"\#(marker)"},"note":"\#(marker)"}"#
    }
  }

  private func expectNothing(
    _ texts: [String],
    in value: Any,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let printed = everyPrintedForm(of: value)
    for text in texts {
      #expect(!printed.contains(text), sourceLocation: sourceLocation)
      // The bytes as an array prints them.
      let bytes = Array(text.utf8).prefix(6).map(String.init)
      for separator in [", ", "\n  - "] {
        #expect(!printed.contains(bytes.joined(separator: separator)), sourceLocation: sourceLocation)
      }
    }
  }

  @Test("An event, its parts and its typed views", arguments: SampleProvider.allCases)
  func event(_ provider: SampleProvider) throws {
    let event = try provider.decode(body(provider))
    for value in [event, [event], event.recipient as Any, event.failure as Any] as [Any] {
      expectNothing([Self.planted], in: value)
    }
    for view in event.typedViews { expectNothing([Self.planted], in: view) }
    #expect("\(event)".contains("_1"))
  }

  @Test("A hostile id or status can't write its own lines into a log", arguments: SampleProvider.allCases)
  func noInjection(_ provider: SampleProvider) throws {
    let evil = JSONValue.string("x\nERROR forged line\r\u{1B}[2J\u{2028}\u{202E}")
    let payload: JSONValue = [
      "eventType": "OPEN", "event": "job.failed", "type": evil, "trackingId": evil, "notificationId": evil,
      "channel": evil, "smobiMessageId": evil, "clientRef": evil, "from": evil, "to": evil, "id": evil,
      "data": ["job_id": evil, "id": evil, "status": evil, "error_code": evil], "failureCode": evil,
    ]
    let event = try provider.decode(payload.text())
    for value in [event as Any, event.failure as Any] + event.typedViews {
      #expect("\(value)".unicodeScalars.allSatisfy { $0.isASCII && $0.value >= 0x20 })
    }
  }

  @Test("A provider and its parts", arguments: SampleProvider.signed)
  func provider(_ provider: SampleProvider) throws {
    let secret = String(provider.secretText.suffix(12))
    for value in [try provider.provider(), [try provider.provider()]] as [Any] {
      expectNothing([secret, provider.secretText, "asher"], in: value)
    }
  }

  @Test("Errors of every step", arguments: SampleProvider.signed)
  func errors(_ provider: SampleProvider) throws {
    let good = provider.signedRequest(Array(body(provider).utf8))
    let signature = try #require(good.head.headerFields[HTTPField.Name(provider.signatureHeader) ?? .accept])
    var requests = [provider.signedRequest(Array("{\"\(Self.planted)\":".utf8))]
    for body in [
      #"{"event":["\#(Self.planted)"]}"#, #"{"eventType":5,"x":"\#(Self.planted)"}"#, Self.planted,
    ] {
      requests.append(provider.signedRequest(Array(body.utf8)))
    }
    for header in [provider.signatureHeader, provider.idHeader, provider.timestampHeader] {
      for values in [[], [Self.planted], [Self.planted, Self.planted], [signature + Self.planted]] {
        var request = good
        request.set(header, to: values)
        requests.append(request)
      }
    }
    var tampered = good
    tampered.body += Array(Self.planted.utf8)
    requests.append(tampered)
    for request in requests {
      do {
        _ = try provider.provider().event(from: request, at: .distantPast)
        Issue.record("a request of \(provider) from the far future passed")
      } catch {
        expectNothing(
          [Self.planted, signature, String(signature.suffix(20)), provider.secretText],
          in: error
        )
      }
    }
  }
}
