internal import HTTPTypes
internal import SmoovenHTTP
internal import Synchronization

// A callback that only another process can verify, because that one expects it with its own provider.
extension CallbackReceiver {
  /// The maximum number of questions to the store at the same time: anyone can send a request that leads to one.
  private static let maximumQuestions = 4

  /// Rejects a request, unless another process expects it: then its sender tries again, and reaches that one in the end.
  func reject(
    _ request: CallbackRequest,
    _ rejection: CallbackRejection,
    _ note: RejectionNote?,
    _ pad: CallbackNote.Pad?
  ) -> Answer<CallbackResponse> {
    guard [.notFound, .unauthorized, .unsupportedMediaType].contains(rejection.status),
      request.head.method == .post,
      intake.store.isShared, case .callback(_, let text?) = CallbackRoute(request.head.path),
      let token = DeliveryToken(text), !tracker.contains(token), beginQuestion()
    else { return .now(CallbackResponse(head: reject(rejection, note, pad))) }
    return .later { [self] in
      defer { questions.subtract(1, ordering: .relaxed) }
      var answer = rejection
      do {
        if try await intake.store.isExpectedElsewhere(token) {
          answer = .expectedElsewhere
        }
      } catch {
        answer = .unavailable("store", "whether another process expects it can't be read: \(type(of: error))")
      }
      return CallbackResponse(head: reject(answer, note, pad))
    }
  }

  private func beginQuestion() -> Bool {
    if questions.add(1, ordering: .relaxed).newValue <= Self.maximumQuestions { return true }
    questions.subtract(1, ordering: .relaxed)
    return false
  }
}
