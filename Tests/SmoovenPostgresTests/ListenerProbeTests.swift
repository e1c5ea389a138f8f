#if PostgresSupport
import Testing

@testable import SmoovenPostgres

@Suite("PostgreSQL: whether notifications get through") struct ListenerProbeTests {
  /// A probe, and the time at which it's asked.
  private struct Run {
    private var probe = ListenerProbe()
    private var now = ContinuousClock.now

    mutating func connect() -> Bool { probe.connect() }
    mutating func receive() -> Bool { probe.receive().looks }
    mutating func recover() -> Bool { probe.receive().recovers }

    /// Performs the next step when it's due, and returns it with the time until then.
    mutating func next() -> (after: Duration, step: ListenerProbe.Step) {
      let due = probe.nextStep(after: now)
      let pause = due - now
      if pause > .zero {
        let early = probe.step(at: due - .milliseconds(1))
        #expect(early == .wait)
      }
      now = due
      return (pause, probe.step(at: now))
    }

    /// Sends a probe, which is due after a time.
    mutating func send(after pause: Duration, isSent: Bool = true) {
      let next = next()
      #expect(next == (pause, .send))
      if isSent { probe.send() }
    }
  }

  @Test("Without any response it reconnects after growing pauses, and one warning is logged")
  func pooler() throws {
    var run = Run()
    var pauses: [Duration] = []
    var warnings = 0
    for round in 0..<8 {
      let looks = run.connect()
      #expect(looks == (round == 0), "everything is read at the first connection alone")
      let pause = Duration.seconds(min(5 << round, 60))
      run.send(after: .zero)
      run.send(after: pause)
      let last = run.next()
      pauses.append(last.after)
      try #require(last.step != .send && last.step != .wait)
      #expect(last.step != .reconnect(.stuck))
      if last.step == .reconnect(.neverWorked) { warnings += 1 }
    }
    #expect(pauses == [5, 10, 20, 40, 60, 60, 60, 60].map { .seconds($0) })
    #expect(warnings == 1)
    _ = run.connect()
    run.send(after: .zero)
    var recovers = run.recover()
    #expect(recovers)
    recovers = run.recover()
    #expect(!recovers)
  }

  @Test("After a connection was lost, everything is read once another one works")
  func lost() {
    var run = Run()
    var looks = run.connect()
    #expect(looks)
    run.send(after: .zero)
    looks = run.receive()
    #expect(!looks, "it was read when the first connected")
    // Half-open: two are missing.
    run.send(after: .seconds(5))
    run.send(after: .seconds(5))
    let last = run.next()
    #expect(last == (.seconds(5), .reconnect(.stuck)))
    looks = run.connect()
    #expect(!looks)
    run.send(after: .zero)
    looks = run.receive()
    #expect(looks)
    looks = run.receive()
    #expect(!looks, "once is enough")
    run.send(after: .seconds(5))
  }

  @Test("A connection that is stuck is warned of once, and again after another one has worked")
  func stuckTwice() {
    var run = Run()
    _ = run.connect()
    run.send(after: .zero)
    var recovers = run.recover()
    #expect(!recovers, "nothing was warned of")
    for outage in 0..<2 {
      run.send(after: .seconds(5))
      run.send(after: .seconds(5))
      var last = run.next()
      #expect(last == (.seconds(5), .reconnect(.stuck)), "outage \(outage)")
      _ = run.connect()
      run.send(after: .zero)
      run.send(after: .seconds(10))
      last = run.next()
      #expect(last == (.seconds(10), .reconnect(nil)), "outage \(outage)")
      _ = run.connect()
      run.send(after: .zero)
      recovers = run.recover()
      #expect(recovers, "outage \(outage)")
    }
  }

  @Test("A probe that couldn't be sent isn't missing")
  func unsent() {
    var run = Run()
    _ = run.connect()
    for round in 0..<10 { run.send(after: round == 0 ? .zero : .seconds(5), isSent: false) }
  }
}
#endif
