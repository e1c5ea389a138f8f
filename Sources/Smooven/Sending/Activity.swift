internal import SmoovenSupport

/// A count of what is in progress, so that a stop can wait until nothing is.
final class Activity: Sendable {
  private let count = Watched(0)

  func begin() { count.update { $0 += 1 } }
  func end() { count.update { $0 -= 1 } }

  /// Returns when nothing is in progress, or if the task is cancelled.
  func finished() async {
    _ = try? await count.first { $0 == 0 ? () : nil }
  }
}
