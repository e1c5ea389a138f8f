import Measuring
import Synchronization

/// How many waits are settled one by one.
let sampleCount = 500
/// How often so many more are opened and settled; the fastest turn counts.
private let turnCount = 20
/// The number of waits in addition to those that are counted.
let spareCount = sampleCount * (turnCount + 1)

/// Opens waits, settles some, and opens and settles one more at a time while the others are open.
func settling(_ waits: some Waits, _ count: Int) async throws -> [String: Double] {
  // Warm: the first of everything is slower, and takes memory that stays.
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

/// Opens waits and lets the time of all run out, in nanoseconds until the last is resumed.
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
  // From here to its suspension a task does not pause, so that all are open a moment after the last has begun.
  while opened.value < count { try await Task.sleep(for: .milliseconds(1)) }
  let end = opened.lastIncrement
  try await Task.sleep(for: .milliseconds(200))
  let bytes = Double(residentBytes() - before) / Double(count)
  return (tasks, ["bytes": bytes, "open": Double(end - begin)])
}

/// Opens one wait and settles it, over and over; the median in nanoseconds.
///
/// On one actor: a task that has begun there has come to its suspension when another runs, so the wait is open before
/// its callback comes.
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
private actor OneAtATime {
  static let shared = OneAtATime()
}

/// Counts, and notes when it last did.
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
