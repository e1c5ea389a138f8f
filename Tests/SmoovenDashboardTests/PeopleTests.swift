import Foundation
import HTTPTypes
import SmoovenCallbacks
import SmoovenDashboard
import SmoovenTesting
import Testing

/// Recipients are in no response unless they're asked for, however a sender writes them.
@Suite("Recipients on the dashboard", .timeLimit(.minutes(5)))
struct PeopleTests {
  @Test("No response has a recipient, whatever the body is", arguments: 1...4 as ClosedRange<UInt64>)
  func hidden(seed: UInt64) async throws {
    var random = SeededGenerator(seed: seed)
    for number in 0..<500 {
      let sample = Sample(using: &random)
      let feed = FakeFeed()
      feed.append(sample.details)
      let client = Client(feed: feed)
      for path in ["/api/entries", "/api/entries/1", "/api/deliveries/ntf_1", "/api/entries?filter=x"] {
        let reply = await client.send(.get, path)
        #expect(reply.status == 200)
        let leak = sample.leak(in: reply.text)
        #expect(leak == nil, "seed \(seed), body \(number), \(path): \(sample.text) leaks \(leak ?? "")")
      }
    }
  }

  @Test("Recipients are shown in full if that is configured")
  func shown() async throws {
    var random = SeededGenerator(seed: 5)
    for _ in 0..<200 {
      let sample = Sample(using: &random)
      let feed = FakeFeed()
      feed.append(sample.details)
      let client = Client(feed: feed, settings: DashboardSettings(showsPeople: true))
      let request = try #require(try await client.get("/api/entries/1")["request"])
      let base64 = request["base64"]?.stringValue.flatMap { Data(base64Encoded: $0) }
      #expect(request["body"]?.stringValue.map { Array($0.utf8) } ?? base64.map { Array($0) } == sample.body)
    }
  }

  @Test(
    "Of a body that isn't complete JSON in UTF-8, only the size is shown, in the command too",
    arguments: [
      ("to=sarah%40example.com", nil), ("\"sarah\"", nil), ("61400111222", nil), ("", nil),
      ("{\"a\":1} x", nil),
      ("{\"a\":\"\u{FF}", nil), ("{\"a\":1}", 8), ("{\"a\":1}", nil),
    ]
  )
  func size(body: String, size: Int?) async throws {
    let isShown = body == "{\"a\":1}" && size == nil
    let feed = FakeFeed()
    var request = DashboardRequest(path: "/", fields: [], body: Array(body.utf8), bodySize: size)
    if body.contains("\u{FF}") { request.body = request.body.map { $0 > 0x7F ? 0xFF : $0 } }
    let entry = DashboardEntry(
      number: 1,
      at: Date(),
      names: [],
      kind: "callback",
      title: "x",
      hasRequest: true
    )
    feed.append(DashboardDetails(entry: entry, request: request))
    let details = try await Client(feed: feed).get("/api/entries/1")
    let shown = try #require(details["request"])
    #expect(shown["size"] == .integer(Int64(request.bodySize)) && shown["base64"] == nil)
    #expect((shown["body"] == nil) == !isShown)
    let curl = try #require(details["curl"]?.stringValue)
    #expect(curl.contains("\(request.bodySize) bytes isn't shown") == !isShown, "\(curl)")
    #expect(curl.contains("base64") == false)
    #expect(curl.hasSuffix(isShown ? "--data-binary '{\"a\":1}'" : "--data-binary @-"))
  }

  @Test("A text is truncated after recipients are shortened, so no address is left", arguments: 90...125)
  func cut(length: Int) async throws {
    let feed = FakeFeed()
    let text = String(repeating: "x", count: length) + " sarah@example.com +61400111222"
    feed.append(1, title: text, detail: text)
    let reply = await Client(feed: feed).send(.get, "/api/entries").text
    for part in ["sara", "+614"] { #expect(!reply.contains(part), "\(reply)") }
  }

  @Test("A truncated name in the list links to its notification")
  func names() async throws {
    let feed = FakeFeed()
    let long = String(repeating: "n", count: 500)
    let entry = DashboardEntry(number: 1, at: Date(), names: [long], kind: "callback", title: "x")
    feed.append(DashboardDetails(entry: entry))
    let client = Client(feed: feed)
    let list = try await client.get("/api/entries")["entries"]?.arrayValue
    let name = try #require(list?.first?["names"]?.arrayValue?.first?.stringValue)
    #expect(name.count < long.count)
    for name in [name, long] {
      #expect(try await client.get("/api/deliveries/\(name)")["entries"]?.arrayValue?.count == 1)
    }
  }
}

/// A request with a recipient that is written in one of many ways.
private struct Sample {
  let person: String
  let body: [UInt8]
  let details: DashboardDetails

  private static let people = [
    "sarah.quinn@example.com", "O'Brien+x@example.co.uk", "zoë@exämple.org", "+61400111222", "61400111222",
    "customer-4711", "Zoë Quinn", "user/4711", "0123456789",
  ]
  private static let keys = [
    "user_id", "userId", "to", "TO", "from", "channel_address", "email", "phone_number", "phoneNumber",
    "msisdn",
    "recipient", "recipients", "cc", "external-id", "name",
  ]

  init(using random: inout SeededGenerator) {
    let person = Self.people.randomElement(using: &random) ?? ""
    let key = Self.keys.randomElement(using: &random) ?? ""
    let value = Self.nested(person, depth: Int.random(in: 0...3, using: &random), &random)
    let reason = Self.quoted("no such person: \(person), said the server", &random)
    var text =
      "{\(Self.quoted(key, &random)) : \(value), \"metadata\":{\"reason\":\(reason),\"n\":[1,true,null]}}"
    if Bool.random(using: &random) { text = "{\"event\":\"x\",\"inner\":\(Self.quoted(text, &random))}" }
    if Int.random(in: 0..<8, using: &random) == 0 { text = "[\(text)]" }
    var body = Array(text.utf8)
    var size: Int?
    switch Int.random(in: 0..<10, using: &random) {
    case 0: body = Array(body.prefix(Int.random(in: 0..<body.count, using: &random)))
    case 1: (size, body) = (body.count, Array(body.prefix(Int.random(in: 0..<body.count, using: &random))))
    case 2: body.insert(0xFF, at: Int.random(in: 0...body.count, using: &random))
    case 3: body = Array("event=x&to=\(Self.percentEncoded(person))&text=\(person)".utf8)
    case 4: body = Array("Dear \(person),\n".utf8)
    case 5: body = Array("\u{FEFF}".utf8) + body
    default: break
    }
    self.person = person
    self.body = body
    let isKnown = Bool.random(using: &random) || !(person.contains("@") || person.contains("+"))
    let note = "it failed for \(person) at last"
    let entry = DashboardEntry(
      number: 1,
      at: Date(timeIntervalSince1970: 1_790_000_000),
      names: ["ntf_1"],
      kind: "callback",
      title: "notification.failed \(person)",
      detail: note,
      recipient: isKnown ? CallbackEvent.Recipient(userID: nil, address: person) : nil,
      hasRequest: true
    )
    // A known one is found in a header however it's written there.
    let fields = [
      ("X-To", person), ("X-Note", isKnown ? Self.percentEncoded(person) : note), ("X-Json", text),
    ]
    let request = DashboardRequest(path: "/u/\(person)", fields: fields, body: body, bodySize: size)
    details = DashboardDetails(entry: entry, request: request)
  }

  var text: String { String(decoding: body, as: UTF8.self) }

  /// What a response says of the person; `nil` for nothing.
  func leak(in reply: String) -> String? {
    var text = reply
    var before = ""
    while text != before {
      before = text
      for seen in [text, text.removingPercentEncoding ?? ""].map({ $0.lowercased() }) {
        if let range = seen.range(of: person.lowercased(), options: .literal) {
          return String(seen[range.lowerBound...].prefix(60))
        }
        let digits = person.filter(\.isNumber)
        if digits.count > 6, seen.range(of: digits, options: .literal) != nil { return digits }
      }
      text = Self.unescaped(text)
    }
    return nil
  }

  private static func nested(_ person: String, depth: Int, _ random: inout SeededGenerator) -> String {
    guard depth > 0 else {
      let isNumber =
        person.utf8.allSatisfy { (0x31...0x39).contains($0) || $0 == 0x30 } && person.first != "0"
      return isNumber && Bool.random(using: &random)
        ? ["\(person)", "\(person).0", "\(person)e0"].randomElement(using: &random) ?? ""
        : quoted(person, &random)
    }
    let inner = nested(person, depth: depth - 1, &random)
    switch Int.random(in: 0..<4, using: &random) {
    case 0: return "[1, \(inner)]"
    case 1: return "{\"id\":\(inner), \"x\":null}"
    case 2: return "{\(quoted(person, &random)):\"failed\"}"
    default: return quoted("[\(inner)]", &random)
    }
  }

  /// A JSON string in which any character may be escaped.
  private static func quoted(_ text: String, _ random: inout SeededGenerator) -> String {
    let share: Double = [0, 0.1, 1].randomElement(using: &random) ?? 0
    var quoted = ""
    for scalar in text.unicodeScalars {
      if scalar == "\"" || scalar == "\\" || Double.random(in: 0..<1, using: &random) < share {
        for unit in String(scalar).utf16 {
          let digits = String(unit, radix: 16, uppercase: Bool.random(using: &random))
          quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
      } else {
        quoted.unicodeScalars.append(scalar)
      }
    }
    return "\"\(quoted)\""
  }

  private static func percentEncoded(_ text: String) -> String {
    text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
  }

  /// Each escape of JSON resolved once.
  private static func unescaped(_ text: String) -> String {
    var units: [UInt16] = []
    var rest = Array(text.utf16)[...]
    while let unit = rest.popFirst() {
      guard unit == 0x5C, let next = rest.first else {
        units.append(unit)
        continue
      }
      rest.removeFirst()
      if next == 0x75, let code = UInt16(String(decoding: rest.prefix(4), as: UTF16.self), radix: 16) {
        units.append(code)
        rest = rest.dropFirst(4)
      } else {
        units.append(next)
      }
    }
    return String(decoding: units, as: UTF16.self)
  }
}
