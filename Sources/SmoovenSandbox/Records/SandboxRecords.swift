import SmoovenCallbacks

import struct Foundation.Date

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
  /// The players, by id.
  var players: [String: PlayerRecord] = [:]
  var attempts: History<SandboxCallbackAttempt>
  /// The last attempts of callbacks that were given up.
  var failedDeliveries: History<SandboxCallbackAttempt>
  /// The ids of the accepted notifications.
  private(set) var ids: History<String>
  var requestCount = 0
  private(set) var notifyRequestCount = 0
  /// The number of stories in progress and of callbacks that wait for another attempt.
  var unfinished = 0
  private var byID: [String: NotificationRecord] = [:]
  private var notifyCounts: [String: Int] = [:]
  private var busy: Set<String> = []

  init(historyLimit: Int) {
    attempts = History(limit: historyLimit)
    failedDeliveries = History(limit: historyLimit)
    ids = History(limit: historyLimit)
  }

  var notifications: [SandboxNotification] {
    ids.elements.compactMap { byID[$0] }.map(SandboxNotification.init)
  }

  func notification(_ id: String) -> NotificationRecord? { byID[id] }

  func notifyRequestCount(for recipient: String) -> Int { notifyCounts[recipient, default: 0] }

  mutating func countNotifyRequest(for recipient: String?) {
    notifyRequestCount += 1
    if let recipient { notifyCounts[recipient, default: 0] += 1 }
  }

  /// Returns whether a request arrives for the first time, after which the second one is forgotten.
  mutating func isFirst(_ key: String) -> Bool {
    if busy.remove(key) != nil { return false }
    busy.insert(key)
    return true
  }

  mutating func accept(_ record: NotificationRecord) {
    for forgotten in ids.append(record.id) { byID[forgotten] = nil }
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
