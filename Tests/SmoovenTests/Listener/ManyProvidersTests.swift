import HTTPTypes
import MetricsTestKit
import Smooven
import SmoovenTesting
import Testing

/// Six providers on one listener, and consumers of its streams.
@Suite("Many providers on one listener", .timeLimit(.minutes(1))) struct ManyProvidersTests {
  @Test("An event of one never settles a wait of another", arguments: Sender.all, Sender.all)
  func pairs(waiting: Sender, calling: Sender) async throws {
    try await withReceiver(try sixEndpoints()) { receiver, clock in
      async let outcome = receiver.outcome(
        of: waiting.name,
        id: "id_1",
        timeout: .seconds(5),
        until: .matching { _ in true }
      )
      #expect(await clock.nextTimer() == .seconds(5))
      try await receiver.expectStatus(200, of: calling.arrivalRequest("id_1"))
      clock.advance(by: .seconds(5))
      try await expectTrue(outcome.isDelivered == (waiting.name == calling.name))
      // It's still there for the wait that it belongs to.
      let own = try await receiver.outcome(
        of: calling.name,
        id: "id_1",
        timeout: .seconds(5),
        until: calling.criterion
      )
      #expect(own.event?.provider == calling.name)
    }
  }

  @Test("No other endpoint accepts what one provider signed", arguments: Sender.all, Sender.all)
  func foreignPaths(endpoint: Sender, calling: Sender) async throws {
    try await withReceiver(try sixEndpoints()) { receiver, _ in
      let status = await receiver.status(
        of: try calling.arrivalRequest("id_1", to: "/callbacks/\(endpoint.name)")
      )
      switch (endpoint.name, calling.name) {
      case (let one, let other) where one == other: #expect(status == 200)
      case ("smobi", _): #expect(status == 200)
      case ("notificationapi", "pingram"): #expect(status == 200)
      case ("notificationapi", _): #expect(status == 400)
      default: #expect(status == 401)
      }
    }
  }

  @Test("Two endpoints of one provider have their own secrets and names", arguments: Sender.all)
  func twoEndpoints(sender: Sender) async throws {
    let secrets = ["one": Sender.secret, "two": Sender.otherSecret]
    let token = "dashboard-token-0123456789-"
    let endpoints = try secrets.map { name, secret in
      let provider = try sender.provider(secret)
      return CallbackEndpoint(
        provider,
        name: name,
        authentication: provider.isSigned ? nil : .token(Secret(token + name))
      )
    }
    try await withReceiver(endpoints) { receiver, _ in
      var events = receiver.events().makeAsyncIterator()
      for (own, secret) in secrets {
        for name in secrets.keys {
          let path = "/callbacks/\(name)" + (endpoints[0].provider.isSigned ? "" : "/\(token)\(own)")
          let request = try sender.arrivalRequest("id_\(own)", to: path, secret: secret)
          #expect(await receiver.status(of: request) == (own == name ? 200 : 401))
        }
        let event = try #require(await events.next())
        #expect(event.endpoint == own)
        #expect(event.provider == sender.name)
        let outcome = try await receiver.outcome(
          of: own,
          id: "id_\(own)",
          timeout: .seconds(5),
          until: sender.criterion
        )
        #expect(outcome.event?.endpoint == own)
      }
      try await receiver.expectStatus(404, of: sender.arrivalRequest("id_3"))
    }
  }

  @Test("Streams are filtered by endpoint and kind, separately for each consumer")
  func filters() async throws {
    try await withReceiver(try sixEndpoints()) { receiver, _ in
      let filters: [(Set<String>?, Set<CallbackEvent.Kind>?)] = [
        (nil, nil), (["smobi"], nil), (nil, [.delivered]), (["smobi", "pingram"], [.delivered]), ([], nil),
        (["smobi"], [.failed]), (nil, []),
      ]
      let streams = filters.map { receiver.events(from: $0.0, kinds: $0.1) }
      for sender in Sender.all { _ = await receiver.status(of: try sender.arrivalRequest("id_1")) }
      receiver.close()
      var names: [[String]] = []
      for stream in streams {
        var own: [String] = []
        for await event in stream { own.append(event.provider) }
        names.append(own)
      }
      #expect(
        names == [
          Sender.all.map(\.name), ["smobi"], ["smooven", "pingram", "smartlyq", "smobi"],
          ["pingram", "smobi"],
          [], [], [],
        ]
      )
    }
  }

  @Test("Each of many consumers gets every event, in order")
  func manyConsumers() async throws {
    try await withReceiver(try sixEndpoints()) { receiver, _ in
      let counts = await withTaskGroup(of: [String].self) { group in
        for _ in 0..<50 {
          let events = receiver.events()
          group.addTask {
            var ids: [String] = []
            for await event in events { ids += event.correlationIDs }
            return ids
          }
        }
        for number in 0..<20 {
          guard let request = try? Sender.smobi.arrivalRequest("id_\(number)") else { continue }
          _ = await receiver.receive(request)
        }
        receiver.close()
        return await group.reduce(into: [[String]]()) { $0.append($1) }
      }
      #expect(counts.count == 50)
      #expect(Set(counts) == [(0..<20).map { "id_\($0)" }])
    }
  }

  @Test("A slow consumer loses the oldest events, which are counted, and no other consumer loses any")
  func slowConsumer() async throws {
    let metrics = TestMetrics()
    try await withReceiver(try sixEndpoints(), metrics: metrics) { receiver, _ in
      let (slow, quick) = (receiver.events(bufferingLimit: 3), receiver.events())
      for number in 0..<10 {
        try await receiver.expectStatus(200, of: Sender.smobi.arrivalRequest("id_\(number)"))
      }
      receiver.close()
      var ids: [[String]] = [[], []]
      for await event in slow { ids[0] += event.correlationIDs }
      for await event in quick { ids[1] += event.correlationIDs }
      #expect(ids[0] == ["id_7", "id_8", "id_9"])
      #expect(ids[1].count == 10)
      #expect(try metrics.expectCounter("smooven_events_dropped_total").totalValue == 7)
    }
  }

  @Test(
    "Unmatched events of all providers are in one stream, and finished waits take none"
  )
  func unmatched() async throws {
    try await withReceiver(try sixEndpoints(), limits: .init(earlyEvents: .never)) { receiver, _ in
      let unmatched = receiver.unmatchedEvents()
      for sender in Sender.all { _ = await receiver.status(of: try sender.arrivalRequest("id_1")) }
      receiver.close()
      var names: [String] = []
      for await event in unmatched { names.append(event.provider) }
      #expect(names == Sender.all.map(\.name))
    }
  }
}
