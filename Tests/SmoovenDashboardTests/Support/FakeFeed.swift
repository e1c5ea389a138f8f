import Foundation
import SmoovenCallbacks
import SmoovenDashboard
import SmoovenSupport

/// A feed whose entries a test writes.
final class FakeFeed: DashboardFeed {
  private struct State: Sendable {
    var entries: [DashboardEntry] = []
    var details: [UInt64: DashboardDetails] = [:]
    var redelivered: [UInt64] = []
    var isOpen = true
    var reads = 0
  }

  private let state = Watched(State())
  let canRedeliver: Bool
  let trigger: DashboardTrigger?

  init(canRedeliver: Bool = true, trigger: DashboardTrigger? = nil) {
    self.canRedeliver = canRedeliver
    self.trigger = trigger
  }

  /// Appends entries of one notification each.
  func append(_ count: Int, title: String = "notification.delivered", detail: String = "") {
    state.update { state in
      for _ in 0..<count {
        let number = UInt64(state.entries.count + 1)
        state.entries.append(
          DashboardEntry(
            number: number,
            at: Date(timeIntervalSince1970: 1_790_000_000 + Double(number)),
            names: ["ntf_\(number)"],
            kind: "callback",
            title: title,
            detail: detail,
            tone: .good,
            recipient: CallbackEvent.Recipient(userID: "sarah@example.com", address: "+61400000000"),
            hasRequest: true,
            canRedeliver: true
          )
        )
      }
    }
  }

  func append(_ details: DashboardDetails) {
    state.update { state in
      state.entries.append(details.entry)
      state.details[details.entry.number] = details
    }
  }

  /// Forgets the oldest entries.
  func forget(_ count: Int) { state.update { $0.entries.removeFirst(min(count, $0.entries.count)) } }

  /// The numbers of the entries that were to be delivered again.
  var redelivered: [UInt64] { state.read { $0.redelivered } }
  /// The number of pages that were read.
  var reads: Int { state.read { $0.reads } }

  func closeGate() { state.update { $0.isOpen = false } }
  func openGate() { state.update { $0.isOpen = true } }

  /// Waits until something is being delivered again.
  func redelivering() async throws { try await state.first { $0.redelivered.isEmpty ? nil : () } }

  // MARK: The feed

  var newest: UInt64 { state.read { $0.entries.last?.number ?? 0 } }

  func page(after number: UInt64, limit: Int) -> DashboardPage {
    state.update { state in
      state.reads += 1
      let entries = Array(state.entries.drop { $0.number <= number }.prefix(limit))
      return DashboardPage(entries: entries, missed: 0, end: entries.last?.number ?? number)
    }
  }

  func wait(after number: UInt64) async throws {
    // A place of another process is news too.
    try await state.first { ($0.entries.last?.number ?? 0) == number ? nil : () }
  }

  func details(of number: UInt64) -> DashboardDetails? {
    state.read { state in
      state.details[number] ?? state.entries.first { $0.number == number }.map { DashboardDetails(entry: $0) }
    }
  }

  func redeliver(_ number: UInt64) async throws -> DashboardResult {
    guard details(of: number) != nil else { throw DashboardRefusal.unknown }
    state.update { $0.redelivered.append(number) }
    try await state.first { $0.isOpen ? () : nil }
    return DashboardResult(status: 200, entry: newest)
  }
}
