import Foundation
import HTTPTypes
import Smooven
import SmoovenTesting

/// Waits of the SDK, each a `CallbackReceiver.outcome(of:id:timeout:)` with its deadline, settled by a signed callback.
final class SmoovenWaits: Waits {
  private static let secret: Secret = "sk_live_0123456789abcdef"
  private let receiver: CallbackReceiver
  private let clock = ManualClock()
  private let runner: Task<Void, any Error>

  /// Creates waits on the real clock, or on a stopped one, so that all of them have one deadline.
  init(standsStill: Bool) throws {
    let endpoints = [CallbackEndpoint(try .smooven(Self.secret))]
    let clock: any Clock<Duration> = standsStill ? clock : ContinuousClock()
    let receiver = try CallbackReceiver(endpoints: endpoints, clock: clock)
    self.receiver = receiver
    runner = Task { try await receiver.run() }
  }

  func wait(_ number: Int) async {
    let outcome = try? await receiver.outcome(of: "smooven", id: Self.id(number), timeout: .seconds(3_600))
    precondition(outcome != nil, "the wait ended with an error")
  }

  func callback(_ number: Int) -> @Sendable () async -> Void {
    let text =
      #"{"event":"notification.delivered","notification_id":"\#(Self.id(number))","channel_used":"sms","#
      + #""status":"delivered","timestamp":"\#(Date().formatted(.iso8601))","recipient":{"user_id":"#
      + #""sarah@example.com","channel_address":"+61400000000"},"metadata":{"intent":"#
      + #""Remind Sarah about her appointment","urgency":"normal"}}"#
    let body = Array(text.utf8)
    var head = HTTPRequest(method: .post, scheme: "http", authority: "localhost", path: "/callbacks/smooven")
    head.headerFields.append(SmoovenCallbackProvider.signatureField(for: body, secret: Self.secret))
    let request = CallbackRequest(head: head, body: body)
    return { [receiver] in
      let response = await receiver.receive(request)
      guard response.status == .ok else { fatalError("\(response.status)") }
    }
  }

  func expire() async {
    clock.advance(by: .seconds(3_601))
  }

  private static func id(_ number: Int) -> String {
    let digits = String(number)
    return "ntf_" + String(repeating: "0", count: 12 - digits.count) + digits
  }
}
