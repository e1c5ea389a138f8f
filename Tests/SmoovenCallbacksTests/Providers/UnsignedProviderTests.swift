import Foundation
import SmoovenCallbacks
import Testing

@Suite("NotificationAPI and Smobi: nothing to verify")
struct UnsignedProviderTests {
  static let providers: [SampleProvider] = [.notificationAPI, .smobi]

  @Test(
    "They report that they prove nothing, so that a listener asks for more",
    arguments: SampleProvider.allCases
  )
  func isSigned(_ provider: SampleProvider) throws {
    #expect(try provider.provider().isSigned == SampleProvider.signed.contains(provider))
    #expect(try provider.provider().name == provider.rawValue)
  }

  @Test("Every request passes, and no secret is reported as matched", arguments: providers)
  func everything(_ provider: SampleProvider) throws {
    for body in SignedProviderTests.bodies {
      var request = provider.request(body, signature: nil)
      request.set("X-Signature", to: ["v1,forged", ""])
      for now in [SampleProvider.now, .distantPast, .distantFuture] {
        let verification = try provider.provider().verify(request, at: now)
        #expect(verification == Verification(secretIndex: nil))
      }
    }
  }

  @Test("An old event is as valid as a new one, because nothing proves its time", arguments: providers)
  func noFreshness(_ provider: SampleProvider) throws {
    for sample in DocumentedEvent.all where sample.provider == provider {
      let request = provider.request(Array(sample.body.utf8), signature: nil)
      let event = try provider.provider().event(from: request, at: .distantFuture)
      #expect(event.kind == sample.kind)
    }
  }
}
