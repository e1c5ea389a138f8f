#if os(Linux)
import Foundation
import Smooven
import SmoovenTesting
import Synchronization
import Testing

/// A port among strangers, in a process of its own: what it holds is nobody else's.
@Suite("Hostile clients", .timeLimit(.minutes(5))) struct HostileClientTests {
  /// Idle connections, each with two ends in this process.
  static let idle = 5_000
  /// What may remain of an attack: fragments between what the allocator cannot give back.
  static let memoryBound = 32 * 1_024 * 1_024

  @Test("Amid all of them every good callback is taken, and nothing of them remains")
  func siege() async throws {
    let result = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
      let files = 2 * Self.idle + 1_000
      if let allowed = ProcessUsage.allowFiles(files) {
        Issue.record("this test opens \(files) files and the system allows \(allowed): raise `ulimit -Hn`")
        return
      }
      let receiver = try CallbackReceiver(endpoints: [CallbackEndpoint(.smooven(testKey))])
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

      // What is made once, such as buffers of the event loops, is made before the count.
      try await Self.besiege(port, listener, Crowd(port: port, idle: Self.idle, rounds: 1), callbacks: 50)
      let start = try ProcessUsage.now()
      try await Self.besiege(port, listener, Crowd(port: port, idle: Self.idle, rounds: 2), callbacks: 200)
      let end = try ProcessUsage.now()

      print("hostile clients: before \(start), after \(end)")
      #expect(end.files == start.files)
      #expect(end.memory - start.memory < Self.memoryBound, "\(start), then \(end)")
      running.cancel()
      _ = await running.result
      await reading.value
      let ids = seen.withLock { $0 }
      #expect(ids.count == 250)
      #expect(!ids.contains("ntf_smuggled"))
    }
    if let result { print(String(decoding: result.standardOutputContent, as: UTF8.self), terminator: "") }
  }

  /// Sends good callbacks for as long as a crowd attacks, then waits until all have gone.
  private static func besiege(
    _ port: Int,
    _ listener: CallbackListener,
    _ crowd: Crowd,
    callbacks: Int
  ) async throws {
    let idle = try await crowd.gather()
    let sender = GoodSender(port: port)
    async let attacked: Void = crowd.attack()
    for number in 0..<callbacks {
      let status = try await sender.callBack("ntf_\(crowd.rounds)_\(number)")
      let health = try await sender.health()
      #expect(status == 200)
      #expect(health == 200)
    }
    try await attacked
    #expect(listener.openConnections >= crowd.idle)
    // Those that said nothing may still ask.
    if let stranger = idle.last {
      await stranger.send("GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
      let statuses = try await stranger.statuses()
      #expect(statuses == [200])
    }
    for stranger in idle { await stranger.close() }
    await sender.close()
    while listener.openConnections > 0 { await Task.yield() }
  }
}
#endif
