internal import SmoovenCallbacks
internal import SmoovenSupport

// Why a callback may be missing.
extension ExplanationRules {
  static func missing(_ evidence: DeliveryEvidence) -> [Reason] {
    guard let setup = evidence.setup else { return [fromStoreAlone(evidence)].compactMap(\.self) }
    let refusals = evidence.refusals
    let limit = evidence.story?.rejectionLimit ?? 0
    if !refusals.own.isEmpty { return refused(refusals.own, limit: nil) }
    if !refusals.others.isEmpty {
      // Anything may have been refused at a port. That a URL leads nowhere is known.
      return [unreachable(setup, evidence)].compactMap(\.self) + refused(refusals.others, limit: limit)
    }
    if !setup.hasPort { return [elsewhere] }
    let traffic = evidence.traffic
    if let traffic, traffic.accepted > 0 { return [othersArrive(traffic.accepted)] }
    if let unreachable = unreachable(setup, evidence) { return [unreachable] }
    guard evidence.story != nil else { return [notRecorded] }
    // More was refused than is kept, or the journal begins later.
    guard let traffic, traffic.rejected == 0 else { return [] }
    return [noRequest]
  }

  private static func fromStoreAlone(_ evidence: DeliveryEvidence) -> Reason? {
    guard evidence.story == nil else { return refused(evidence.refusals.own, limit: nil).first }
    return Reason(
      code: "store_alone",
      message: "A store keeps no refused requests, so it can't be told here whether one was refused.",
      advice:
        "Look at what the process with the port says: smooven listen prints each refusal with its reason."
    )
  }

  // MARK: Nothing came

  private static func unreachable(_ setup: DeliveryEvidence.Setup, _ evidence: DeliveryEvidence) -> Reason? {
    // Where the system that calls back otherwise is, isn't known.
    guard let url = setup.publicURL, !setup.api.isLoopback, evidence.expectedProvider == nil else {
      return nil
    }
    switch url.reach {
    case .anywhere: return nil
    case .loopback:
      return Reason(
        code: "public_url_is_loopback",
        message: "Its callback URL is on \(url.authority), which to every client is its own machine.",
        advice: "Set the public URL to that of your proxy or tunnel, or ask for the status instead (--poll)."
      )
    case .privateNetwork:
      return Reason(
        code: "public_url_is_private",
        message: "Its callback URL is on \(url.authority), which only a private network can reach.",
        advice: "Set the public URL to that of your proxy or tunnel, or ask for the status instead (--poll)."
      )
    }
  }

  private static let noRequest = Reason(
    code: "no_request",
    message: "Since it was opened, no request has reached this receiver at all.",
    advice:
      "Call the public URL from another network: its path /healthz gets a 200 if the proxy or tunnel works."
  )

  private static let elsewhere = Reason(
    code: "received_elsewhere",
    message: "This process has no port: callbacks arrive at another one with the same store.",
    advice: "Look at what that process says: smooven listen prints each refusal with its reason."
  )

  private static let notRecorded = Reason(
    code: "not_recorded",
    message: "Without a journal, it isn't known whether requests were refused.",
    advice: "Give the client a DeliveryJournal, and look again."
  )

  private static func othersArrive(_ count: UInt64) -> Reason {
    Reason(
      code: "others_arrive",
      message:
        "Since it was opened, \(count) other \(count == 1 ? "callback" : "callbacks") arrived here, so the URL works."
    )
  }

  // MARK: Something was refused

  /// Returns a reason for each kind of refusal.
  ///
  /// - Parameters:
  ///   - rejections: The refused requests.
  ///   - limit: The number of those that are kept for one reason, or `nil` if they were addressed to the delivery itself.
  /// - Returns: The reasons, the likeliest first.
  private static func refused(_ rejections: [JournalRejection], limit: Int?) -> [Reason] {
    var byKind: [RefusalKind: [JournalRejection]] = [:]
    for rejection in rejections { byKind[RefusalKind(rejection.reason), default: []].append(rejection) }
    return byKind.sorted { $0.key.rawValue < $1.key.rawValue }.compactMap { kind, found in
      guard let last = found.last else { return nil }
      let isCut = limit.map { found.count >= $0 } ?? false
      let count = found.count == 1 ? "a request" : "\(isCut ? "at least " : "")\(found.count) requests"
      let place = limit == nil ? "At its own URL" : "Since it was opened"
      return Reason(
        code: kind.code,
        message: "\(place), \(count) \(found.count == 1 ? "was" : "were") refused: \(kind.what(last)).",
        advice: kind.advice(last)
      )
    }
  }
}
