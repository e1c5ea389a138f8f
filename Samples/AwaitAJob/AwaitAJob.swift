import Foundation
import Smooven

/// Starts a job of SmartlyQ and waits until it is done, without polling.
///
/// The job has its own webhook and secret, so nothing needs to be set up in a dashboard. The API is a local fake, and
/// calls back as the real one does.
@main struct AwaitAJob {
  static func main() async throws {
    // There are no endpoints, because each wait mounts a provider for its duration.
    let receiver = try CallbackReceiver(endpoints: [])
    let listener = try CallbackListener(receiver: receiver)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await listener.run() }
      for topic in ["Tea", "Coffee", "an impossible topic"] {
        print("\(topic):", try await article(about: topic, listener))
      }
      group.cancelAll()
    }
  }

  static func article(about topic: String, _ listener: CallbackListener) async throws -> String {
    let jobs = JobAPI()
    let secret = Secret(UUID().uuidString)
    let outcome = try await listener.expect(.smartlyQ(secret), timeout: .seconds(60)) { callback in
      // The wait has begun, so a job that is done before this call returns isn't missed.
      try await jobs.start(
        type: "article_generation",
        topic: topic,
        webhookURL: callback.callbackURL,
        webhookSecret: secret
      )
    }
    switch outcome {
    case .delivered(let event):
      let job = SmartlyQCallback(event)
      return job?.result?["title"]?.stringValue ?? "done, without a title"
    case .failed(let event):
      return "failed: \(event.failure?.reason ?? "no reason given")"
    case .timedOut:
      return "not done in time"
    }
  }
}
