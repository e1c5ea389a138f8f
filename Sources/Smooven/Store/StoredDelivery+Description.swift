internal import SmoovenCallbacks
internal import SmoovenSupport

extension StoredDelivery: SafelyDescribed {
  /// The delivery's progress and its ids.
  ///
  /// The key, the label and the attachment are left out, because they're the caller's and may be personal.
  public var description: String {
    let claimed = claim.map { $0.isArmed ? "armed" : "claimed" }
    let state = verdict.map { "\($0.event.kind)" } ?? (ids.isEmpty ? claimed ?? "free" : "accepted")
    let known = ids.joined(separator: ",").loggable
    return "StoredDelivery(\(group.loggable), \(state), attempt \(attempt), ids: [\(known)])"
  }
}
