internal import SmoovenCallbacks

internal import struct Foundation.Date

/// Everything that a sandbox remembers.
struct SandboxRecords: Sendable {
  /// The progress of the sandbox's run.
  enum Phase: Sendable {
    case idle
    case starting
    case listening(baseURL: String)
    case stopped((any Error)?)
  }

  var phase = Phase.idle
  /// By id.
  var players: RecentValues<String, PlayerRecord>
  /// The activities, for a person who watches.
  private(set) var activities: History<SandboxActivity>
  private(set) var attempts: History<SandboxCallbackAttempt>
  /// The last attempts of callbacks that were given up.
  var failedDeliveries: History<SandboxCallbackAttempt>
  /// The accepted notifications.
  private(set) var ids: History<AcceptedID>
  var requestCount = 0
  private(set) var notifyRequestCount = 0
  /// The number of stories in progress and of callbacks that wait for another attempt.
  var unfinished = 0
  private var byID: [String: NotificationRecord] = [:]
  private var notifyCounts: RecentValues<String, Int>
  private var busy: RecentValues<String, Bool>
  private let maximumUnfinished: Int

  /// A notification's id, and the size of its request.
  struct AcceptedID: Sendable {
    let id: String
    let size: Int
  }

  init(historyLimit: Int) {
    attempts = History(limit: historyLimit) { $0.body.count }
    failedDeliveries = History(limit: historyLimit) { $0.body.count }
    activities = History(limit: historyLimit) { activity in
      if case .attempt(let attempt) = activity { attempt.body.count } else { 256 }
    }
    ids = History(limit: historyLimit) { $0.size }
    players = RecentValues(limit: historyLimit) { $0.utf8.count + $1.size }
    notifyCounts = RecentValues(limit: historyLimit) { key, _ in key.utf8.count }
    busy = RecentValues(limit: historyLimit) { key, _ in key.utf8.count }
    maximumUnfinished = historyLimit
  }

  /// Indicates whether so much is under way that nothing else is accepted.
  var isOverloaded: Bool { unfinished >= maximumUnfinished }

  mutating func note(_ activity: SandboxActivity) {
    activities.append(activity)
  }

  mutating func note(_ attempt: SandboxCallbackAttempt) {
    attempts.append(attempt)
    activities.append(.attempt(attempt))
  }

  var notifications: [SandboxNotification] {
    ids.elements.compactMap { byID[$0.id] }.map(SandboxNotification.init)
  }

  func notification(_ id: String) -> NotificationRecord? { byID[id] }

  func notifyRequestCount(for recipient: String) -> Int { notifyCounts[recipient] ?? 0 }

  mutating func countNotifyRequest(for recipient: String?) {
    notifyRequestCount += 1
    if let recipient { notifyCounts.set(notifyRequestCount(for: recipient) + 1, for: recipient) }
  }

  /// Returns whether a request arrives for the first time, after which the second one is forgotten.
  mutating func isFirst(_ key: String) -> Bool {
    if busy.remove(key) != nil { return false }
    busy.set(true, for: key)
    return true
  }

  mutating func accept(_ record: NotificationRecord) {
    for forgotten in ids.append(AcceptedID(id: record.id, size: record.size)) { byID[forgotten.id] = nil }
    byID[record.id] = record
    unfinished += 1
  }

  /// Performs a step, or returns `nil` if the notification was forgotten.
  mutating func advance(_ id: String, _ step: SandboxStory.Step, at now: Date) -> JSONValue? {
    byID[id]?.advance(step, at: now)
  }

  mutating func finishStory(_ id: String) {
    byID[id]?.isTold = true
  }
}
