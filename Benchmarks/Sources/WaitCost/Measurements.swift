import Measuring
import Synchronization

/// The number of waits that are settled one at a time.
let sampleCount = 500
/// The number of turns in which as many more are opened and settled.
///
/// The fastest turn counts.
private let turnCount = 20
/// The number of waits in addition to those that are counted.
let spareCount = sampleCount * (turnCount + 1)

/// Opens waits, settles some, and opens and settles one more at a time while the others are open.
func settling(_ waits: some Waits, _ count: Int) async throws -> [String: Double] {
  // To warm up: the first of everything is slower, and takes memory that stays.
  _ = await oneMore(waits, from: count)
  let open = try await opening(waits, count)
  var numbers = open.numbers
  var fastest = Double.infinity
  for turn in 1...turnCount { fastest = min(fastest, await oneMore(waits, from: count + turn * sampleCount)) }
  numbers["one"] = fastest
  var latencies: [UInt64] = []
  for number in stride(from: 0, to: count, by: max(1, count / sampleCount)) {
    let callback = waits.callback(number)
    let arrived = nanoseconds()
    await callback()
    latencies.append(await open.tasks[number].value - arrived)
  }
  numbers["resume"] = Double(latencies.sorted().quantile(0.5) ?? 0)
  return numbers
}

/// Opens waits and lets all of them expire.
///
/// Returns the nanoseconds until the last one is resumed.
func expiring(_ waits: some Waits, _ count: Int) async throws -> [String: Double] {
  let open = try await opening(waits, count)
  let begin = nanoseconds()
  await waits.expire()
  var last = begin
  for task in open.tasks { last = max(last, await task.value) }
  return ["expire": Double(last - begin)]
}

/// Opens waits, each in its own task, which returns once it was resumed.
private func opening(
  _ waits: some Waits,
  _ count: Int
) async throws -> (tasks: [Task<UInt64, Never>], numbers: [String: Double]) {
  let before = residentBytes()
  let opened = Counter()
  var tasks: [Task<UInt64, Never>] = []
  tasks.reserveCapacity(count)
  let begin = nanoseconds()
  for number in 0..<count {
    tasks.append(
      Task {
        opened.increment()
        await waits.wait(number)
        return nanoseconds()
      }
    )
  }
  // From here to its suspension, a task doesn't pause, so all waits are open a moment after the last task has begun.
  while opened.value < count { try await Task.sleep(for: .milliseconds(1)) }
  let end = opened.lastIncrement
  try await Task.sleep(for: .milliseconds(200))
  let bytes = Double(residentBytes() - before) / Double(count)
  return (tasks, ["bytes": bytes, "open": Double(end - begin)])
}

/// Opens and settles one wait, over and over.
///
/// Returns the median in nanoseconds.
///
/// Everything runs on one actor. A task that has begun there has suspended by the time another one runs, so the wait is
/// open before its callback arrives.
@OneAtATime
private func oneMore(_ waits: some Waits, from first: Int) async -> Double {
  var times: [UInt64] = []
  for number in first..<(first + sampleCount) {
    let callback = waits.callback(number)
    var isOpen = false
    let begin = nanoseconds()
    let task = Task { @OneAtATime in
      isOpen = true
      await waits.wait(number)
    }
    while !isOpen { await Task.yield() }
    await callback()
    await task.value
    times.append(nanoseconds() - begin)
  }
  return Double(times.sorted().quantile(0.5) ?? 0)
}

@globalActor
actor OneAtATime {
  static let shared = OneAtATime()
}

/// Counts, and records when it last did.
private final class Counter: Sendable {
  private let count = Atomic<Int>(0)
  private let last = Atomic<UInt64>(0)

  var value: Int { count.load(ordering: .acquiring) }
  var lastIncrement: UInt64 { last.load(ordering: .relaxed) }

  func increment() {
    last.store(nanoseconds(), ordering: .relaxed)
    count.add(1, ordering: .releasing)
  }
}
