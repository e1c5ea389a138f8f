internal import HeapModule

/// The schedule of status queries, as a value without lock, clock or requests.
///
/// It decides which delivery to ask about next, and when. A delivery is in the schedule while something waits for it.
/// Among those that are due, the one whose wait ends first goes first. There's only one query at a time about each
/// delivery.
package struct PollSchedule: Sendable {
  package enum Action: Sendable, Equatable {
    /// Ask about this delivery, and then call ``finish(_:_:now:jitter:)``.
    case ask(DeliveryToken)
    /// There is nothing to do before this time, unless something changes.
    case sleep(until: Duration)
    /// There is nothing to do until something changes.
    case rest
  }

  /// The result of a query.
  package enum Answer: Sendable, Equatable {
    /// The delivery's id isn't known yet, so no query was sent.
    case unready
    /// The status contained something new, so more may follow soon.
    case news
    /// The status contained nothing new, or couldn't be queried.
    case nothing
    /// No later status can contain anything new.
    case over
  }

  private struct Entry {
    /// The deadlines of the waits for the delivery, which are `nil` for waits without one.
    var deadlines: [UInt64: Duration?]
    var step = 0
    var dueAt: Duration
    var isAsking = false
    var isOver = false
    /// A number that distinguishes the valid record from those that a later one replaced.
    var generation: UInt64

    /// The time at which the first of its waits ends.
    var deadline: Duration { deadlines.values.lazy.compactMap(\.self).min() ?? .seconds(Int64.max >> 8) }
  }

  private struct Record: Comparable {
    let time: Duration
    let dueAt: Duration
    let token: DeliveryToken
    let generation: UInt64

    static func < (left: Record, right: Record) -> Bool {
      (left.time, left.dueAt, left.generation) < (right.time, right.dueAt, right.generation)
    }
  }

  private let policy: PollingPolicy
  private let maximumInFlight: Int
  private var entries: [DeliveryToken: Entry] = [:]
  /// The deliveries that aren't due yet, sorted by the time at which they are.
  private var sleeping = Heap<Record>()
  /// The deliveries that are due, sorted by the deadline of their waits.
  private var due = Heap<Record>()
  private var generation: UInt64 = 0
  private var inFlight = 0

  package init(policy: PollingPolicy, maximumInFlight: Int) {
    self.policy = policy
    self.maximumInFlight = maximumInFlight
  }

  /// The number of deliveries in the schedule.
  package var count: Int { entries.count }
  /// The number of records in its queues, for tests, because stale ones are swept.
  package var recordCount: Int { sleeping.count + due.count }

  /// Adds a wait for a delivery.
  package mutating func add(
    _ token: DeliveryToken,
    wait: UInt64,
    deadline: Duration?,
    now: Duration,
    jitter: Double
  ) {
    if entries[token] == nil {
      entries[token] = Entry(deadlines: [:], dueAt: now + interval(0, jitter), generation: 0)
    }
    entries[token]?.deadlines[wait] = .some(deadline)
    enqueue(token)
  }

  /// Removes a wait, and with its last wait, the delivery.
  package mutating func remove(_ token: DeliveryToken, wait: UInt64) {
    let before = entries[token]?.deadline
    guard entries[token]?.deadlines.removeValue(forKey: wait) != nil, let entry = entries[token] else {
      return
    }
    if entry.deadlines.isEmpty {
      // A delivery that is being asked about stays until the response arrives.
      if !entry.isAsking { entries[token] = nil }
      sweep()
    } else if entry.deadline != before {
      enqueue(token)
    }
  }

  /// Decides what to do now.
  ///
  /// - Parameters:
  ///   - now: The current time.
  ///   - pace: The limit of queries, from which an ``Action/ask(_:)`` takes a turn.
  /// - Returns: The next action.
  package mutating func next(now: Duration, pace: inout QueryPace) -> Action {
    while let record = sleeping.min, record.time <= now {
      sleeping.removeMin()
      if let entry = live(record) {
        due.insert(
          Record(
            time: entry.deadline,
            dueAt: record.dueAt,
            token: record.token,
            generation: record.generation
          )
        )
      }
    }
    while let record = due.min, live(record) == nil { due.removeMin() }
    guard let record = due.min else {
      while let record = sleeping.min, live(record) == nil { sleeping.removeMin() }
      return sleeping.min.map { .sleep(until: $0.time) } ?? .rest
    }
    guard inFlight < maximumInFlight else { return .rest }
    if let opening = pace.takeTurn(now: now) { return .sleep(until: opening) }
    due.removeMin()
    entries[record.token]?.isAsking = true
    inFlight += 1
    return .ask(record.token)
  }

  /// Records the result of a query.
  package mutating func finish(_ token: DeliveryToken, _ answer: Answer, now: Duration, jitter: Double) {
    guard var entry = entries[token], entry.isAsking else { return }
    inFlight -= 1
    entry.isAsking = false
    guard !entry.deadlines.isEmpty else {
      entries[token] = nil
      sweep()
      return
    }
    switch answer {
    case .unready: break
    case .news: entry.step = 0
    case .nothing: entry.step += 1
    case .over: entry.isOver = true
    }
    entry.dueAt = now + interval(entry.step, jitter)
    entries[token] = entry
    enqueue(token)
  }

  private mutating func enqueue(_ token: DeliveryToken) {
    guard let entry = entries[token], !entry.isAsking, !entry.isOver else { return }
    generation += 1
    entries[token]?.generation = generation
    sleeping.insert(Record(time: entry.dueAt, dueAt: entry.dueAt, token: token, generation: generation))
    sweep()
  }

  private func live(_ record: Record) -> Entry? {
    entries[record.token].flatMap { $0.generation == record.generation && !$0.isAsking ? $0 : nil }
  }

  private mutating func sweep() {
    guard recordCount > 64 + 2 * entries.count else { return }
    sleeping = Heap(sleeping.unordered.filter { live($0) != nil })
    due = Heap(due.unordered.filter { live($0) != nil })
  }

  /// Returns the time until the next query, after a number of queries without news, randomly changed by up to a fifth.
  private func interval(_ step: Int, _ jitter: Double) -> Duration {
    var interval = policy.initialInterval
    for _ in 0..<min(step, 64) where interval < policy.maximumInterval { interval *= 2 }
    interval = min(interval, policy.maximumInterval)
    return interval * 4 / 5 + interval * 2 / 5 * jitter
  }
}
