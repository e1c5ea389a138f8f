internal import Smooven
internal import SmoovenDashboard
internal import SmoovenSandbox
internal import SmoovenSupport

/// The activities of a sandbox, as entries of a page.
struct SandboxFeed: DashboardFeed {
  let sandbox: SmoovenSandbox

  var newest: UInt64 { UInt64(clamping: sandbox.activityCount) }

  func page(after number: UInt64, limit: Int) -> DashboardPage {
    // A place of another process: from the beginning.
    let position = number > newest ? 0 : Int(clamping: number)
    let (activities, start) = sandbox.activities(after: position, limit: limit)
    let entries = activities.enumerated().map { DashboardEntry($1, at: start + $0 + 1) }
    return DashboardPage(
      entries: entries,
      missed: start - position,
      end: UInt64(clamping: start + activities.count)
    )
  }

  func wait(after number: UInt64) async throws {
    do {
      try await sandbox.waitForActivities(after: Int(clamping: number))
    } catch is SandboxError {
      // The sandbox has ended, and nothing more happens.
      try await Watched(()).first { _ in nil as Void? }
    }
  }

  func details(of number: UInt64) -> DashboardDetails? {
    guard let activity = activity(number) else { return nil }
    let entry = DashboardEntry(activity, at: Int(clamping: number))
    guard case .attempt(let attempt) = activity else { return DashboardDetails(entry: entry) }
    return DashboardDetails(entry: entry, request: DashboardRequest(attempt))
  }

  func hints(on number: UInt64) -> [String] {
    switch activity(number) {
    case .attempt(let attempt)?: Self.hints(attempt)
    case .accepted(_, _, _, hasCallbackURL: false, _)?:
      ["no callback is sent: give callback_url in the request, or --callback-url"]
    case .refused(status: 401, _, _, _, _)?:
      ["the request has another Secret Key: SMOOVEN_SECRET_KEY sets the sandbox's"]
    default: []
    }
  }

  var canRedeliver: Bool { true }

  var trigger: DashboardTrigger? { nil }

  func redeliver(_ number: UInt64) async throws -> DashboardResult {
    guard let activity = activity(number) else { throw DashboardRefusal.unknown }
    guard case .attempt(let attempt) = activity else {
      throw DashboardRefusal.impossible("only a callback can be sent again")
    }
    let (again, position) = try await sandbox.redeliver(attempt)
    guard let status = again.status else { throw NoResponse(description: again.error ?? "no response") }
    return DashboardResult(status: status, entry: UInt64(clamping: position))
  }

  private struct NoResponse: Error, CustomStringConvertible { let description: String }

  private func activity(_ number: UInt64) -> SandboxActivity? {
    guard number > 0, number <= newest else { return nil }
    let position = Int(clamping: number)
    let (activities, start) = sandbox.activities(after: position - 1, limit: 1)
    return start == position - 1 ? activities.first : nil
  }

  private static func hints(_ attempt: SandboxCallbackAttempt) -> [String] {
    if attempt.isForged { return ["its signature is wrong on purpose: a receiver must refuse it with 401"] }
    guard let status = attempt.status else {
      return ["no response: is the receiver running, and is the callback URL right?"]
    }
    switch status {
    case 200..<300: return []
    case 401:
      return ["the receiver has another secret than the sandbox: SMOOVEN_SECRET_KEY sets the sandbox's"]
    case 404: return ["the receiver has no endpoint at this path: is it /callbacks/smooven?"]
    case 300..<400: return ["redirects aren't followed: give the final URL"]
    case 500...: return ["the receiver failed: its log says why; send it again when it works"]
    default: return ["the receiver refused it"]
    }
  }
}

extension DashboardEntry {
  fileprivate init(_ activity: SandboxActivity, at position: Int) {
    let number = UInt64(clamping: position)
    switch activity {
    case .attempt(let attempt):
      let parts = [
        attempt.number > 1 ? "attempt \(attempt.number)" : nil, attempt.isForged ? "forged on purpose" : nil,
        attempt.isAccepted ? "accepted" : attempt.error ?? "refused",
      ]
      self.init(
        number: number,
        at: attempt.date,
        names: attempt.notificationID.map { [$0] } ?? [],
        kind: "attempt",
        title: attempt.event,
        detail: parts.compactMap(\.self).joined(separator: " · "),
        tone: attempt.isAccepted ? .good : attempt.isForged ? .warning : .bad,
        status: attempt.status,
        hasRequest: true,
        canRedeliver: true
      )
    case .accepted(let id, let channel, let script, let hasCallbackURL, let at):
      self.init(
        number: number,
        at: at,
        names: [id],
        kind: "accepted",
        title: "accepted",
        detail: "script \(script.rawValue)" + (hasCallbackURL ? "" : " · no callback URL"),
        tone: hasCallbackURL ? .plain : .warning,
        channel: channel.rawValue
      )
    case .refused(let status, let code, let method, let path, let at):
      self.init(
        number: number,
        at: at,
        names: [],
        kind: "rejected",
        title: code,
        detail: "\(method) \(path)",
        tone: .bad,
        status: status
      )
    }
  }
}

extension DashboardRequest {
  fileprivate init(_ attempt: SandboxCallbackAttempt) {
    let (origin, path) = Self.split(attempt.url)
    // Tokens are in the path.
    let shown = RequestRedaction.path(path)
    self.init(path: shown, fields: attempt.fields, body: attempt.body)
    url = origin + shown
  }

  /// Scheme and host, and path and query.
  private static func split(_ url: String) -> (String, String) {
    guard let start = url.firstRange(of: "://")?.upperBound else { return ("", "/") }
    let end = url[start...].firstIndex { "/?#".contains($0) } ?? url.endIndex
    let path = url[end...]
    return (String(url[..<end]), path.hasPrefix("/") ? String(path) : "/\(path)")
  }
}
