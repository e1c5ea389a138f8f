internal import HTTPTypes
internal import SmoovenHTTP
internal import Synchronization

// A callback that only another process can verify, because that one expects it with its own provider.
extension CallbackReceiver {
  /// The maximum number of questions to the store at the same time: anyone can send a request that leads to one.
  private static let maximumQuestions = 4

  /// Rejects a request, unless another process expects it: then its sender tries again, and reaches that one in the end.
  func reject(
    _ received: ReceivedRequest,
    _ target: CallbackTarget?,
    _ rejection: CallbackRejection
  ) -> Answer<CallbackResponse> {
    let head = received.request.head
    guard [.notFound, .unauthorized, .unsupportedMediaType].contains(rejection.status),
      head.method == .post,
      intake.store.isShared, case .callback(_, let text?) = CallbackRoute(head.path),
      let token = DeliveryToken(text), !tracker.contains(token), beginQuestion()
    else { return .now(CallbackResponse(head: reject(received, target, rejection, []))) }
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
      return CallbackResponse(head: reject(received, target, answer, []))
    }
  }

  private func beginQuestion() -> Bool {
    if questions.add(1, ordering: .relaxed).newValue <= Self.maximumQuestions { return true }
    questions.subtract(1, ordering: .relaxed)
    return false
  }
}
