import Foundation
import HTTPTypes
import Smooven
import SmoovenTesting
import Testing

/// What must not settle an expectation, and that it's isolated from everything else, over a real socket as well.
@Suite("Expecting a callback among other callbacks", .timeLimit(.minutes(1))) struct ExpectStrangersTests {
  static let publicURL = "https://agent.example.com"

  /// Expects a callback, lets others arrive, and returns how it ended at the deadline.
  private func outcome(
    _ endpoints: [CallbackEndpoint] = [],
    of sender: Sender,
    secret: Secret = Sender.secret,
    _ strangers: @escaping @Sendable (CallbackReceiver, _ url: String) async throws -> Void
  ) async throws -> DeliveryOutcome {
    try await withReceiver(endpoints) { receiver, clock in
      try await receiver.expect(
        try sender.provider(secret),
        publicURL: Self.publicURL,
        timeout: .seconds(30),
        until: sender.criterion
      ) { callback in
        try await strangers(receiver, callback.callbackURL)
        clock.advance(by: .seconds(30))
      }
    }
  }

  @Test("Another token leads nowhere, and an endpoint's own URL leads elsewhere", arguments: Sender.all)
  func wrongToken(sender: Sender) async throws {
    let outcome = try await outcome(try sixEndpoints(), of: sender) { receiver, url in
      let path = "/callbacks/\(sender.name)"
      for token in [String(repeating: "0", count: 32), "short", url.dropLast() + "g"] {
        let request = try sender.arrivalRequest("id_1", to: "\(path)/\(token)")
        #expect(await receiver.status(of: request) != 401)
      }
      try await receiver.expectStatus(200, of: sender.arrivalRequest("id_1", to: path))
    }
    #expect(outcome == .timedOut(lastKnown: .unconfirmed))
  }

  @Test(
    "The token of an expectation in another provider's path",
    arguments: Sender.all.filter { $0.name != "smobi" }
  )
  func otherProvider(stranger: Sender) async throws {
    let outcome = try await outcome(try sixEndpoints(), of: .smobi) { receiver, url in
      let path = url.replacing("/smobi/", with: "/\(stranger.name)/")
      try await receiver.expectStatus(200, of: stranger.arrivalRequest("id_1", to: path))
    }
    #expect(outcome == .timedOut(lastKnown: .unconfirmed))
  }

  @Test("SmartlyQ's callback to a Smobi expectation settles nothing")
  func otherBody() async throws {
    let outcome = try await outcome(of: .smobi) { receiver, url in
      let request = try Sender.smartlyQ.arrivalRequest("id_1", to: url)
      #expect(await receiver.status(of: request) == 200)
    }
    #expect(outcome == .timedOut(lastKnown: .unconfirmed))
  }

  @Test(
    "Its secret signs nothing at the endpoint, and the endpoint's secret signs nothing here",
    arguments: Sender.all.filter { !["smobi", "notificationapi"].contains($0.name) }
  )
  func ownSecret(sender: Sender) async throws {
    try await withReceiver(try sixEndpoints()) { receiver, _ in
      let outcome = try await receiver.expect(
        try sender.provider(Sender.otherSecret),
        publicURL: Self.publicURL,
        timeout: .seconds(30),
        until: sender.criterion
      ) { callback in
        let forged = try sender.arrivalRequest("id_0", to: callback.callbackURL)
        #expect(await receiver.status(of: forged) == 401)
        let misplaced = try sender.arrivalRequest("id_0", secret: Sender.otherSecret)
        #expect(await receiver.status(of: misplaced) == 401)
        let good = try sender.arrivalRequest("id_1", to: callback.callbackURL, secret: Sender.otherSecret)
        #expect(await receiver.status(of: good) == 200)
      }
      #expect(outcome.event?.correlationIDs == ["id_1"])
    }
  }

  @Test("Its ids and deduplication keys aren't those of the endpoint", arguments: Sender.all)
  func apart(sender: Sender) async throws {
    try await withReceiver(try sixEndpoints()) { receiver, clock in
      // The same bytes at the endpoint first, which aren't a duplicate here.
      try await receiver.expectStatus(200, of: sender.arrivalRequest("id_1"))
      let outcome = try await receiver.expect(
        try sender.provider(),
        publicURL: Self.publicURL,
        timeout: .seconds(30),
        until: sender.criterion
      ) { callback in
        let request = try sender.arrivalRequest("id_1", to: callback.callbackURL)
        #expect(await receiver.status(of: request) == 200)
        let other = try sender.arrivalRequest("id_2", to: callback.callbackURL)
        #expect(await receiver.status(of: other) == 200)
      }
      #expect(outcome.isDelivered)
      // A wait by id doesn't know what arrived at the expectation.
      let waiting = Task {
        try await receiver.outcome(of: sender.name, id: "id_2", timeout: .seconds(1), until: sender.criterion)
      }
      while let timer = await clock.nextTimer(), timer != .seconds(1) {}
      clock.advance(by: .seconds(1))
      try await expectTrue(waiting.value == .timedOut(lastKnown: .unconfirmed))
    }
  }

  @Test("Callbacks that arrive at an expectation take no room from early events")
  func leavesNoTrace() async throws {
    let limits = DeliveryLimits(maximumEarlyEvents: 1)
    try await withReceiver(try sixEndpoints(), limits: limits) { receiver, _ in
      for number in 0..<3 {
        let outcome = try await receiver.expect(
          .smobi(),
          publicURL: Self.publicURL,
          timeout: .seconds(30)
        ) { callback in
          let request = try Sender.smobi.arrivalRequest("id_\(number)", to: callback.callbackURL)
          #expect(await receiver.status(of: request) == 200)
        }
        #expect(outcome.isDelivered)
      }
      try await receiver.expectStatus(200, of: Sender.smobi.arrivalRequest("id_9"))
    }
  }

  @Test("Over a real socket", arguments: Sender.all)
  func socket(sender: Sender) async throws {
    let receiver = try CallbackReceiver(endpoints: [], now: { Sender.now })
    let listener = try CallbackListener(receiver: receiver)
    let running = Task { try await listener.run() }
    let transport = HTTPClientTransport()
    let outcome = try await listener.expect(
      try sender.provider(Sender.otherSecret),
      timeout: .seconds(60),
      until: sender.criterion
    ) { callback in
      let url = try #require(URL(string: callback.callbackURL))
      for (path, expected) in [("\(url.path)x", 404), (url.path, 200), (url.path, 200)] {
        var request = try sender.arrivalRequest("id_1", to: path, secret: Sender.otherSecret)
        request.head.authority = "127.0.0.1:\(url.port ?? 0)"
        let answer = try await transport.send(
          TransportRequest(head: request.head, body: request.body, timeout: .seconds(30))
        )
        #expect(answer.head.status.code == expected)
      }
    }
    #expect(outcome.event?.correlationIDs == ["id_1"])
    running.cancel()
    await #expect(throws: CancellationError.self) { try await running.value }
    await #expect { try await listener.expect(.smobi(), timeout: .seconds(1)) { _ in } } throws: {
      ($0 as? SmoovenError)?.code == .closed
    }
    await transport.shutdown()
  }
}
