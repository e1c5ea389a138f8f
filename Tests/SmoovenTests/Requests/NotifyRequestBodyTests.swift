import Smooven
import SmoovenTesting
import Testing

@Suite("Request bodies") struct NotifyRequestBodyTests {
  /// Requests, and the JSON that is sent for each, without the callback URL.
  static let requests: [(request: NotifyRequest, body: String)] = [
    (
      NotifyRequest(
        intent: "Say \"hi\" to \u{1F600}\n",
        urgency: .high,
        context: NotificationContext(
          userID: "sarah@example.com",
          ["n": 5.5, "i": -3, "deep": ["a": [.null, true, "ü\u{0}"]]]
        ),
        preferredChannel: .push
      ),
      #"""
      {"context":{"deep":{"a":[null,true,"ü\u0000"]},"i":-3,"n":5.5,"user_id":"sarah@example.com"},
      "intent":"Say \"hi\" to 😀\n","preferred_channel":"push","urgency":"high"}
      """#
    ),
    (
      NotifyRequest(
        channel: .push,
        to: "player_1",
        message: "a/b",
        urgency: .low,
        senderID: "ACME",
        fallback: false,
        push: PushOptions(
          title: "t",
          body: "b",
          icon: "i",
          image: "m",
          deepLink: "app://x",
          badge: 3,
          sound: "s",
          ttl: 60,
          actions: [.init(id: "1", title: "One")]
        )
      ),
      #"""
      {"channel":"push","fallback":false,"message":"a/b","push":{"actions":[{"id":"1","title":"One"}],"badge":3,
      "body":"b","deep_link":"app://x","icon":"i","image":"m","sound":"s","title":"t","ttl":60},"sender_id":"ACME",
      "to":"player_1","urgency":"low"}
      """#
    ),
    (
      NotifyRequest(
        channel: .email,
        to: "a@example.com",
        email: EmailOptions(
          from: "f@example.com",
          subject: "s",
          html: "<p>",
          templateID: "t",
          variables: ["v": 1]
        )
      ),
      #"""
      {"channel":"email","email":{"from":"f@example.com","html":"<p>","subject":"s","template_id":"t",
      "variables":{"v":1}},"to":"a@example.com"}
      """#
    ),
    (
      NotifyRequest(channel: .rcs, to: "+14155550100", rcs: RCSOptions(cards: [["c": 1]], buttons: ["b"])),
      #"{"channel":"rcs","rcs":{"buttons":["b"],"cards":[{"c":1}]},"to":"+14155550100"}"#
    ),
    (
      NotifyRequest(
        channel: .inapp,
        to: "ply_1",
        inapp: InAppOptions(type: "banner", title: "t", body: "b", action: ["open": "x"])
      ),
      #"{"channel":"inapp","inapp":{"action":{"open":"x"},"body":"b","title":"t","type":"banner"},"to":"ply_1"}"#
    ),
    (
      NotifyRequest(channel: .push, to: "ply_1", push: PushOptions()),
      #"{"channel":"push","push":{},"to":"ply_1"}"#
    ),
  ]

  @Test("A body has the names on the wire, and the callback URL", arguments: requests.indices)
  func isByItsNames(index: Int) async throws {
    let (request, body) = Self.requests[index]
    let transport = MockTransport(secretKey: testKey, answer: .accepted(id: "ntf_1"))
    _ = try await withMockedClient(transport) { try await $0.notify(request) }
    let sent = try #require(transport.requests.first)
    var members = try #require(sent.json.objectValue)
    #expect(members.removeValue(forKey: "callback_url")?.stringValue == sent.callbackURL)
    #expect(try JSONValue.object(members) == JSONValue(parsing: Array(body.utf8)))
  }

  @Test("Equal requests have the same body, except for the callback URL")
  func fingerprints() throws {
    let prints = try Self.requests.map { try $0.request.fingerprint() }
    #expect(Set(prints).count == prints.count)
    for (request, body) in Self.requests {
      let fields = try request.wireFields()
      #expect(fields.fingerprint == (try request.fingerprint()))
      #expect(try JSONValue(parsing: fields.body(callbackURL: nil)) == JSONValue(parsing: Array(body.utf8)))
      #expect(try JSONValue(parsing: fields.body(callbackURL: "u"))["callback_url"] == "u")
    }
  }

  @Test("The body doesn't depend on the order in which a context was filled")
  func order() throws {
    var (small, large) = ([String: JSONValue](), [String: JSONValue](minimumCapacity: 5_000))
    for number in 0..<50 {
      small["key\(number)"] = .integer(Int64(number))
      large["key\(49 - number)"] = .integer(Int64(49 - number))
    }
    try #require(Array(small.keys) != Array(large.keys))
    let prints = try [small, large].map { values in
      try NotifyRequest(intent: "x", context: NotificationContext(userID: "u", values)).fingerprint()
    }
    #expect(prints[0] == prints[1])
  }
}
