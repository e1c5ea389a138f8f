import Foundation
import SmoovenCallbacks
import Testing

/// One provider under fuzzing, with what its service sends and how it signs.
struct FuzzSubject: Sendable, CustomTestStringConvertible {
  /// A marker that replaces each value of the corpus, and must not reappear in an error.
  static let marker = "PLANTED7f3a"

  let provider: any CallbackProvider
  /// The time that is signed.
  let time: Date
  let corpus: [[UInt8]]
  /// A function that creates a request, with a valid signature if the provider signs.
  let signed: @Sendable (_ body: [UInt8]) -> CallbackRequest

  var testDescription: String { provider.name }

  static let all: [FuzzSubject] = {
    do {
      return try [smooven()] + SampleProvider.allCases.map(subject)
    } catch {
      Issue.record(error)
      return []
    }
  }()

  /// Texts that aren't events of any provider, and edge cases of JSON.
  private static let strangers: [[UInt8]] = [
    #"{"event":"\#(marker)","a":[1,-0,1e2,0.5,9223372036854775807,true,null,"\ud83d\ude00\n\u0000"]}"#,
    String(repeating: "[", count: 127) + #""\#(marker)""# + String(repeating: "]", count: 127),
    #"{"deep":\#(String(repeating: #"{"a":"#, count: 126))"\#(marker)"\#(String(repeating: "}", count: 127))"#,
    "\"\(marker)", marker, "",
  ].map { Array($0.utf8) }

  private static func smooven() throws -> FuzzSubject {
    let events = [
      SmoovenSamples.documented,
      SmoovenSamples.documented.replacing("Remind Sarah", with: marker),
      """
      {"event":"notification.failed","notification_id":"\(marker)","channel_used":"\(marker)",\
      "status":"undelivered","timestamp":"2026-03-05T08:00:15.250+01:00","reason":"\(marker)",\
      "error":{"code":"c","message":"\(marker)"},"recipient":{"user_id":"\(marker)","channel_address":null}}
      """,
      #"{"event":"player.registered","player_id":"\#(marker)","timestamp":"2026-03-05T08:00:15Z"}"#,
      #"{"event":"notification.sent","notification_id":"\#(marker)","timestamp":"2026-03-05T08:00:15"}"#,
      #"{"event":"notification.sent","notification_id":"\#(marker)","timestamp":"\#(marker)"}"#,
    ]
    return FuzzSubject(
      provider: try SmoovenSamples.provider(),
      time: SmoovenSamples.documentedTime,
      corpus: events.map { Array($0.utf8) } + strangers,
      signed: { SmoovenSamples.signed($0) }
    )
  }

  /// Returns its documented payloads, unchanged and with the marker in place of each text.
  private static func subject(_ sample: SampleProvider) throws -> FuzzSubject {
    let payloads = DocumentedEvent.all.filter { $0.provider == sample }
    let marked = try payloads.flatMap { payload in
      let value = JSONValue.object(try payload.members())
      return try value.memberPaths.map { Array(try value.setting($0, to: .string(marker)).text().utf8) }
    }
    return FuzzSubject(
      provider: try sample.provider(),
      time: SampleProvider.now,
      corpus: payloads.map { Array($0.body.utf8) } + marked + strangers,
      signed: { sample.signedRequest($0) }
    )
  }
}
