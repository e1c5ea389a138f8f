import Foundation
import HTTPTypes
import InMemoryTracing
import Smooven
import SmoovenTesting
import Testing
import Tracing

@Suite("Spans of callbacks", .timeLimit(.minutes(1))) struct SpanLinkTests {
  private func client(
    _ store: any DeliveryStore,
    _ transport: MockTransport,
    _ tracer: any Tracer
  ) throws -> SmoovenClient {
    try SmoovenClient(configuration: mockConfiguration(), transport: transport, store: store, tracer: tracer)
  }

  private func callback(to url: String, id: String = "ntf_1") -> CallbackRequest {
    SmoovenCallbackFixture("notification.delivered", notificationID: id).request(to: url, secret: testKey)
  }

  /// Sends from one client, and receives the callback at another one with its own tracer, as on another replica.
  @Test(
    "A callback links to the span of the send, over processes too",
    arguments: [nil, "page:4711"],
    [true, false]
  )
  func links(key: String?, hasToken: Bool) async throws {
    let store = InMemoryDeliveryStore()
    let (sending, receiving) = (
      InMemoryTracer(idGenerator: .init(nextTraceID: { "trace-1" }, nextSpanID: { "span-1" })),
      InMemoryTracer(idGenerator: .init(nextTraceID: { "trace-2" }, nextSpanID: { "span-2" }))
    )
    let transport = MockTransport(secretKey: testKey, answer: .accepted(id: "ntf_1"))
    let one = try client(store, transport, sending)
    let two = try client(store, MockTransport(secretKey: testKey), receiving)
    let running = [Task { try await one.run() }, Task { try await two.run() }]
    let handle = try await one.notify(
      intent: "Remind Sarah",
      context: .init(userID: "sarah@example.com"),
      idempotencyKey: key
    )
    // The handle is there as soon as the notification is accepted, and then its id is stored.
    await handle.sendEnded()
    let url = try #require(transport.requests.first?.callbackURL)
    let response = await two.receiver.receive(callback(to: hasToken ? url : "/callbacks/smooven"))
    #expect(response.status == .ok)
    let span = try #require(receiving.finishedSpans.first { $0.operationName == "smooven.callback" })
    #expect(span.kind == .consumer)
    let link = try #require(span.links.first?.context.inMemorySpanContext)
    #expect(link.traceID == "trace-1" && link.spanID == "span-1")
    #expect(span.attributes.get("messaging.message.id") == .string("ntf_1"))
    #expect(span.attributes.get("smooven.disposition") == .string(hasToken ? "elsewhere" : "unmatched"))
    #expect(sending.finishedSpans.map(\.operationName) == ["smooven.notify"])
    withExtendedLifetime(handle) {}
    for task in running {
      task.cancel()
      _ = await task.result
    }
  }

  @Test("A callback of an unknown notification has a span without a link, and a refused send ends its span")
  func others() async throws {
    let tracer = InMemoryTracer()
    let transport = MockTransport(secretKey: testKey, answer: .refused(status: 400, code: "no"))
    let client = try client(InMemoryDeliveryStore(), transport, tracer)
    let running = Task { try await client.run() }
    for key in [nil, "k"] {
      await #expect(throws: SmoovenError.self) {
        try await client.notify(intent: "x", context: .init(userID: "u"), idempotencyKey: key)
      }
    }
    let response = await client.receiver.receive(callback(to: "/callbacks/smooven", id: "ntf_9"))
    #expect(response.status == .ok)
    running.cancel()
    _ = await running.result
    let callback = try #require(tracer.finishedSpans.first { $0.operationName == "smooven.callback" })
    #expect(callback.links.isEmpty)
    #expect(tracer.finishedSpans.count { $0.operationName == "smooven.notify" } == 2)
    #expect(tracer.activeSpans.isEmpty)
  }
}
