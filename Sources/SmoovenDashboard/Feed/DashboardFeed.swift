/// The source of a page's entries, and the actions on them.
package protocol DashboardFeed: Sendable {
  /// The number of the newest entry, or 0 if there is none.
  var newest: UInt64 { get }

  /// Returns the entries after a place, oldest first.
  func page(after number: UInt64, limit: Int) -> DashboardPage

  /// Waits until there is an entry after a place.
  ///
  /// - Throws: `CancellationError` if cancelled.
  func wait(after number: UInt64) async throws

  /// Everything about an entry, or `nil` if it's no longer kept.
  func details(of number: UInt64) -> DashboardDetails?

  /// Hints at what is wrong with an entry, and what to do.
  ///
  /// Finding them may take long, so it's called for one entry only.
  func hints(on number: UInt64) -> [String]

  /// Whether something can be delivered again.
  var canRedeliver: Bool { get }

  /// Delivers the request of an entry again.
  ///
  /// - Returns: The result.
  /// - Throws: ``DashboardRefusal`` if it can't be, or an error whose description says why it failed.
  func redeliver(_ number: UInt64) async throws -> DashboardResult

  /// Explains the state of a notification, by one of its names: each reason with an advice, if any.
  func explain(_ name: String) async -> [(message: String, advice: String?)]

  /// The events that can be triggered, or `nil` if none can.
  var trigger: DashboardTrigger? { get }
}

extension DashboardFeed {
  package func hints(on number: UInt64) -> [String] { [] }

  package func explain(_ name: String) async -> [(message: String, advice: String?)] { [] }
}

/// Some entries, oldest first.
package struct DashboardPage: Sendable {
  package var entries: [DashboardEntry]
  /// The number of entries in between that are no longer kept.
  package var missed: Int
  /// The place after which to continue.
  package var end: UInt64

  package init(entries: [DashboardEntry], missed: Int, end: UInt64) {
    self.entries = entries
    self.missed = missed
    self.end = end
  }
}

/// The result of a request that was delivered again, or triggered.
package struct DashboardResult: Sendable {
  /// The status of the response.
  package var status: Int
  /// The number of the entry that it led to, if known.
  package var entry: UInt64?

  package init(status: Int, entry: UInt64?) {
    self.status = status
    self.entry = entry
  }
}

/// The reason why an action can't be performed.
package enum DashboardRefusal: Error, Sendable {
  /// The entry is unknown, or no longer kept.
  case unknown
  /// It can't be, for a reason.
  case impossible(String)
}

/// A way to send a fresh callback.
package struct DashboardTrigger: Sendable {
  /// The events to choose from, by provider.
  package var choices: [(provider: String, events: [String])]
  /// Sends one, with an id if given, and returns the status of the response.
  package var send: @Sendable (_ provider: String, _ event: String, _ id: String?) async throws -> Int

  package init(
    choices: [(provider: String, events: [String])],
    send: @escaping @Sendable (_ provider: String, _ event: String, _ id: String?) async throws -> Int
  ) {
    self.choices = choices
    self.send = send
  }
}
