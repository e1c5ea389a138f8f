import Foundation
import HTTPTypes
import Smooven
import SmoovenTesting
import Synchronization
import TestSupport
import Testing

@Suite("Receiver", .timeLimit(.minutes(1))) struct CallbackReceiverTests {
  static let now = Date(timeIntervalSince1970: 1_772_697_615)

  func makeReceiver(
    limits: DeliveryLimits = .init(),
    store: any DeliveryStore = InMemoryDeliveryStore()
  ) throws -> CallbackReceiver {
    try CallbackReceiver(
      endpoints: [CallbackEndpoint(.smooven(testKey))],
      store: store,
      limits: limits,
      now: { Self.now }
    )
  }

  func delivered(
    _ id: String = "ntf_1",
    change: (inout SmoovenCallbackFixture) -> Void = { _ in }
  ) -> CallbackRequest {
    var fixture = SmoovenCallbackFixture("notification.delivered", notificationID: id, timestamp: Self.now)
    change(&fixture)
    return fixture.request(secret: testKey)
  }

  @Test("200 for a callback, its duplicate, and one without a wait")
  func accepted() async throws {
    let receiver = try makeReceiver()
    var events = receiver.events().makeAsyncIterator()
    #expect(await receiver.receive(delivered()).status == .ok)
    #expect(await receiver.receive(delivered()).status == .ok)
    #expect(await receiver.receive(delivered("ntf_2")).status == .ok)
    #expect(await events.next()?.correlationIDs == ["ntf_1"])
    #expect(await events.next()?.correlationIDs == ["ntf_2"])
  }

  @Test(
    "401 for a callback that isn't verified, and it takes no slot",
    arguments: ["missing", "empty", "short", "long", "not hexadecimal", "other key", "changed body", "twice"]
  )
  func unverified(how: String) async throws {
    let receiver = try makeReceiver(limits: .init(maximumEarlyEvents: 1))
    var request = delivered()
    let good = request.head.headerFields[.smoovenSignature] ?? ""
    switch how {
    case "missing": request.head.headerFields[.smoovenSignature] = nil
    case "empty": request.head.headerFields[.smoovenSignature] = ""
    case "short": request.head.headerFields[.smoovenSignature] = String(good.dropLast(2))
    case "long": request.head.headerFields[.smoovenSignature] = good + "00"
    case "not hexadecimal": request.head.headerFields[.smoovenSignature] = "zz" + good.dropFirst(2)
    case "other key":
      let field = SmoovenCallbackProvider.signatureField(for: request.body, secret: "another key")
      request.head.headerFields[.smoovenSignature] = field.value
    case "changed body": request.body[request.body.count / 2] ^= 1
    default: request.head.headerFields.append(HTTPField(name: .smoovenSignature, value: good))
    }
    for _ in 0..<10 {
      let response = await receiver.receive(request)
      #expect(response.status == .unauthorized)
    }
    // The only early slot is still free.
    #expect(await receiver.receive(delivered()).status == .ok)
  }

  @Test(
    "400 for what is verified but isn't an event",
    arguments: ["", "not json", "[]", "{}", #"{"event":1}"#, #"{"event":"notification.delivered"}"#]
  )
  func undecodable(body: String) async throws {
    let receiver = try makeReceiver()
    let request = SmoovenCallbackFixture.request(
      to: "/callbacks/smooven",
      body: Array(body.utf8),
      secret: testKey
    )
    #expect(await receiver.receive(request).status == .badRequest)
  }

  @Test("Deep nesting and bytes that aren't text are 400, not a crash")
  func hostileBodies() async throws {
    let receiver = try makeReceiver()
    let bodies: [[UInt8]] = [
      Array(repeating: UInt8(ascii: "["), count: 200_000), [0xFF, 0xFE, 0x00],
      Array(repeating: 0, count: 10_000),
      Array(#"{"event":"notification.delivered","x":"#.utf8)
        + Array(repeating: UInt8(ascii: "{"), count: 1_000),
    ]
    for body in bodies {
      let request = SmoovenCallbackFixture.request(to: "/callbacks/smooven", body: body, secret: testKey)
      #expect(await receiver.receive(request).status == .badRequest)
    }
  }

  @Test("401 outside the time window", arguments: [-86_401, 301])
  func stale(seconds: Double) async throws {
    let receiver = try makeReceiver()
    let request = delivered { $0.timestamp = Self.now.addingTimeInterval(seconds) }
    #expect(await receiver.receive(request).status == .unauthorized)
  }

  @Test("Hours late is still fresh", arguments: [-86_400, 300])
  func fresh(seconds: Double) async throws {
    let receiver = try makeReceiver()
    let request = delivered { $0.timestamp = Self.now.addingTimeInterval(seconds) }
    #expect(await receiver.receive(request).status == .ok)
  }

  @Test(
    "404 for what doesn't exist",
    arguments: [
      "/", "", "/callbacks", "/callbacks/", "/callbacks/other", "/callbacks/smooven/short",
      "/callbacks/smooven/0123456789abcdef0123456789ABCDEF", "/callbacks/smooven/a/b", "callbacks/smooven",
      "*",
      "/callbacks/smooven/%00", "/callbacks//smooven",
    ]
  )
  func notFound(path: String) async throws {
    let receiver = try makeReceiver()
    var request = delivered()
    request.head.path = path
    #expect(await receiver.receive(request).status == .notFound)
  }

  @Test(
    "Paths with a prefix, a query or a trailing slash are found",
    arguments: [
      "/callbacks/smooven", "/callbacks/smooven/", "/hooks/v1/callbacks/smooven", "/callbacks/smooven?x=1",
      "/callbacks/smooven/0123456789abcdef0123456789abcdef",
    ]
  )
  func found(path: String) async throws {
    let receiver = try makeReceiver()
    var request = delivered()
    request.head.path = path
    #expect(await receiver.receive(request).status == .ok)
  }

  @Test("405 with Allow")
  func methods() async throws {
    let receiver = try makeReceiver()
    var request = delivered()
    request.head.method = .get
    let response = await receiver.receive(request)
    #expect(response.status == .methodNotAllowed)
    #expect(response.headerFields[.allow] == "POST")
    request.head.path = "/healthz"
    #expect(await receiver.receive(request).status == .ok)
    request.head.method = .post
    #expect(await receiver.receive(request).headerFields[.allow] == "GET, HEAD")
  }

  @Test("503 with Retry-After when a buffer is full, and nothing is forgotten")
  func full() async throws {
    let receiver = try makeReceiver(limits: .init(maximumEarlyEvents: 2))
    #expect(await receiver.receive(delivered("ntf_1")).status == .ok)
    #expect(await receiver.receive(delivered("ntf_2")).status == .ok)
    let response = await receiver.receive(delivered("ntf_3"))
    #expect(response.status == .serviceUnavailable)
    #expect(response.headerFields[.retryAfter] != nil)
    // The refused event wasn't stored, so its redelivery isn't a duplicate.
    let lease = try receiver.tracker.reserve(DeliveryToken(), group: "smooven", asked: ["ntf_1"])
    #expect(await receiver.receive(delivered("ntf_3")).status == .ok)
    #expect(receiver.tracker.snapshot(of: lease.token)?.eventNames == ["notification.delivered"])
  }

  @Test("503 if the store can't accept it, and its redelivery is accepted")
  func storeFails() async throws {
    let store = HookedStore()
    let receiver = try makeReceiver(store: store)
    store.isFailing.store(true, ordering: .relaxed)
    #expect(await receiver.receive(delivered()).status == .serviceUnavailable)
    store.isFailing.store(false, ordering: .relaxed)
    #expect(await receiver.receive(delivered()).status == .ok)
  }

  @Test("Unknown events and player events are accepted, and settle nothing")
  func otherEvents() async throws {
    let receiver = try makeReceiver()
    var unmatched = receiver.unmatchedEvents().makeAsyncIterator()
    let player = SmoovenCallbackFixture("player.registered", notificationID: nil, timestamp: Self.now)
    #expect(await receiver.receive(player.request(secret: testKey)).status == .ok)
    #expect(await unmatched.next()?.name == "player.registered")
    let lease = try receiver.tracker.reserve(DeliveryToken(), group: "smooven", asked: ["ntf_1"])
    let unknown = SmoovenCallbackFixture(
      "notification.teleported",
      notificationID: "ntf_1",
      timestamp: Self.now
    )
    #expect(await receiver.receive(unknown.request(secret: testKey)).status == .ok)
    #expect(receiver.tracker.snapshot(of: lease.token)?.status == .unconfirmed)
    #expect(receiver.tracker.snapshot(of: lease.token)?.eventNames == ["notification.teleported"])
  }

  @Test("A replay after the wait is over changes nothing")
  func replay() async throws {
    let receiver = try makeReceiver()
    let token = DeliveryToken()
    let url = "/callbacks/smooven/\(token.text)"
    let request = SmoovenCallbackFixture(
      "notification.delivered",
      notificationID: "ntf_1",
      timestamp: Self.now
    )
    .request(to: url, secret: testKey)
    do {
      let lease = try receiver.tracker.reserve(token, group: "smooven")
      #expect(await receiver.receive(request).status == .ok)
      #expect(receiver.tracker.snapshot(of: lease.token)?.status == .delivered)
    }
    var unmatched = receiver.unmatchedEvents().makeAsyncIterator()
    #expect(await receiver.receive(request).status == .ok)
    receiver.close()
    #expect(await unmatched.next() == nil)
  }

  @Test("Providers must have distinct, plain names")
  func names() throws {
    #expect(throws: SmoovenError.self) {
      try CallbackReceiver(endpoints: [
        CallbackEndpoint(.smooven(testKey)), CallbackEndpoint(.smooven(testKey)),
      ])
    }
  }
}
