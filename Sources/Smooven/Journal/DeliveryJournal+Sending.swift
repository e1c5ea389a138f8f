extension DeliveryJournal {
  /// Records the response to a POST, unless it was accepted.
  func recordAnswer(_ answer: SendMachine.Answer, of token: DeliveryToken) {
    let kind: JournalEntry.Kind
    switch answer {
    case .refused(let error), .notCarriedOut(let error, _, _): kind = .refused(error.withoutText)
    case .unclear(let error, _): kind = .unclear(error.withoutText)
    case .superseded: kind = .refused(.superseded)
    case .accepted: return
    }
    record(kind, of: token)
  }

  /// Records that Smooven accepted a notification.
  func recordReceipt(_ receipt: NotifyReceipt, of token: DeliveryToken) {
    record(
      .accepted(id: receipt.notificationID, status: receipt.status, channel: receipt.channel),
      of: token
    )
  }
}

extension SmoovenError {
  /// The same error without what only its caller may see.
  fileprivate var withoutText: SmoovenError {
    var error = self
    error.apiMessage = nil
    error.cause = nil
    return error
  }
}
