#if os(Linux)
import Foundation
import Smooven
import SmoovenTesting
import Synchronization
import TestSupport
import Testing

/// A port under attack, in a separate process, so that everything the process holds belongs to the port.
@Suite("Hostile clients", .timeLimit(.minutes(5))) struct HostileClientTests {
  /// The number of idle connections, each with two ends in this process.
  static let idle = 5_000
  /// The memory that an attack may leave behind: fragments between what the allocator can't return.
  static let memoryBound = 48 * 1_024 * 1_024

  @Test("During all attacks every valid callback is accepted, and nothing is left of them afterwards")
  func siege() async throws {
    let result = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
      let files = 2 * Self.idle + 1_000
      if let allowed = ProcessUsage.allowFiles(files) {
        Issue.record("this test opens \(files) files and the system allows \(allowed): raise `ulimit -Hn`")
        return
      }
      let receiver = try CallbackReceiver(
        endpoints: [CallbackEndpoint(.smooven(testKey))],
        limits: DeliveryLimits(earlyEvents: .never)
      )
      let listener = try CallbackListener(
        configuration: ListenerConfiguration(
          requestTimeout: .seconds(3),
          idleTimeout: .seconds(600),
          maximumConnections: Self.idle + 500
        ),
        receiver: receiver
      )
      let running = Task { try await listener.run() }
      let seen = Mutex<[String]>([])
      let reading = Task { [events = receiver.events(bufferingLimit: .max)] in
        for await event in events { seen.withLock { $0 += event.correlationIDs } }
      }
      let port = try await listener.address.port

      // What is created only once, like buffers of the event loops, is created before the count.
      let crowd = Crowd(port: port, idle: Self.idle, rounds: 1)
      var callbacks = try await Self.besiege(listener, crowd)
      let start = try ProcessUsage.now()
      callbacks += try await Self.besiege(listener, crowd)
      let end = try ProcessUsage.now()

      print("hostile clients: before \(start), after \(end), \(callbacks) good callbacks")
      #expect(end.files == start.files)
      #expect(end.memory - start.memory < Self.memoryBound, "\(start), then \(end)")
      running.cancel()
      _ = await running.result
      await reading.value
      let ids = seen.withLock { $0 }
      #expect(ids.count == callbacks)
      #expect(!ids.contains("ntf_smuggled"))
    }
    if let result { print(String(decoding: result.standardOutputContent, as: UTF8.self), terminator: "") }
  }

  /// Sends valid callbacks while a crowd attacks, waits until all have disconnected, and returns the number of
  /// callbacks.
  private static func besiege(_ listener: CallbackListener, _ crowd: Crowd) async throws -> Int {
    let idle = try await crowd.gather()
    let sender = GoodSender(port: crowd.port)
    let isOver = Atomic(false)
    async let attack: Void = {
      defer { isOver.store(true, ordering: .relaxed) }
      try await crowd.attack()
    }()
    var count = 0
    while !isOver.load(ordering: .relaxed) {
      let status = try await sender.callBack(DeliveryToken().text)
      let health = try await sender.health()
      #expect(status == 200)
      #expect(health == 200)
      count += 1
    }
    try await attack
    #expect(listener.openConnections >= crowd.idle)
    // A client that has sent nothing may still send a request.
    if let stranger = idle.last {
      await stranger.send("GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
      let statuses = try await stranger.statuses()
      #expect(statuses == [200])
    }
    for stranger in idle { await stranger.close() }
    await sender.close()
    try await until { listener.openConnections == 0 }
    return count
  }
}
#endif
