import NIOCore
import NIOPosix
import Smooven
import Synchronization
import TestSupport
import Testing

@Suite("The limit on requests in flight", .timeLimit(.minutes(1))) struct RequestSlotsTests {
  private final class Order: Sendable {
    let numbers = Mutex<[Int]>([])
  }

  private final class Load: Sendable {
    let current = Atomic(0)
    let wasTooHigh = Atomic(false)
  }

  private let loop = MultiThreadedEventLoopGroup.singleton.any()

  private func waiting(_ count: Int, in slots: RequestSlots) async throws {
    try await until { slots.waitingCount == count }
  }

  @Test("A slot is passed to the request that has waited longest")
  func order() async throws {
    let slots = RequestSlots(count: 1)
    #expect(try await slots.take(deadline: .distantFuture, on: loop))
    let order = Order()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<5 {
        group.addTask { [loop] in
          let isTaken = try await slots.take(deadline: .distantFuture, on: loop)
          #expect(isTaken)
          order.numbers.withLock { $0.append(number) }
          slots.release()
        }
        try await waiting(number + 1, in: slots)
      }
      slots.release()
      try await group.waitForAll()
    }
    #expect(order.numbers.withLock(\.self) == [0, 1, 2, 3, 4])
    #expect(try await slots.take(deadline: .now(), on: loop))
  }

  @Test("A wait ends at its deadline, and those behind it keep their place")
  func deadline() async throws {
    let slots = RequestSlots(count: 1)
    #expect(try await slots.take(deadline: .now(), on: loop))
    #expect(try await slots.take(deadline: .now(), on: loop) == false)
    #expect(try await slots.take(deadline: .now() + .milliseconds(20), on: loop) == false)
    let last = Task { [loop] in try await slots.take(deadline: .distantFuture, on: loop) }
    try await waiting(1, in: slots)
    slots.release()
    #expect(try await last.value)
    #expect(slots.waitingCount == 0)
  }

  @Test("A cancelled wait ends promptly, and takes no slot")
  func cancelled() async throws {
    let slots = RequestSlots(count: 1)
    #expect(try await slots.take(deadline: .now(), on: loop))
    let tasks = (0..<3).map { _ in
      Task { [loop] in try await slots.take(deadline: .distantFuture, on: loop) }
    }
    try await waiting(3, in: slots)
    tasks[0].cancel()
    tasks[1].cancel()
    for task in tasks[..<2] {
      await #expect(throws: CancellationError.self) { try await task.value }
    }
    slots.release()
    #expect(try await tasks[2].value)
    slots.release()
    #expect(try await slots.take(deadline: .now(), on: loop))
    #expect(try await slots.take(deadline: .now(), on: loop) == false)
  }

  @Test("No slot is lost or duplicated, whatever the order of releases, deadlines and cancellations")
  func conservation() async throws {
    let slots = RequestSlots(count: 3)
    let load = Load()
    await withTaskGroup(of: Void.self) { group in
      for number in 0..<3_000 {
        group.addTask { [loop] in
          let task = Task {
            let wait = TimeAmount.microseconds(Int64(number % 7) * 100)
            guard try await slots.take(deadline: .now() + wait, on: loop) else { return }
            if load.current.add(1, ordering: .sequentiallyConsistent).newValue > 3 {
              load.wasTooHigh.store(true, ordering: .sequentiallyConsistent)
            }
            await giveTurns(1)
            load.current.subtract(1, ordering: .sequentiallyConsistent)
            slots.release()
          }
          if number % 3 == 0 { task.cancel() }
          _ = await task.result
        }
      }
    }
    let wasTooHigh = load.wasTooHigh.load(ordering: .sequentiallyConsistent)
    #expect(!wasTooHigh)
    #expect(slots.waitingCount == 0)
    for _ in 0..<3 { #expect(try await slots.take(deadline: .now(), on: loop)) }
    #expect(try await slots.take(deadline: .now(), on: loop) == false)
  }

  @Test("Of the requests that fail with one connection, only the first one takes the failure")
  func failures() {
    let failures = ConnectFailures()
    let marks = (0..<4).map { _ in failures.mark }
    #expect(marks.map { failures.take(since: $0) } == [true, false, false, false])
    let again = (0..<3).map { _ in failures.mark }
    #expect(again.map { failures.take(since: $0) } == [true, false, false])
    #expect(failures.take(since: failures.mark))
  }
}
