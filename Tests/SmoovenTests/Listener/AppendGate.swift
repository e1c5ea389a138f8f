import Smooven
import SmoovenSupport
import TestSupport

/// A gate that holds every append of a store until it's opened.
final class AppendGate: Sendable {
  private struct State: Sendable {
    var waiting = 0
    var isOpen = false
  }

  private let state = Watched(State())

  /// Returns a store whose appends wait.
  func store() -> HookedStore {
    HookedStore(before: { [self] step in
      guard step == .append else { return }
      state.update { $0.waiting += 1 }
      // Like a disk, it doesn't care whether the caller still exists.
      _ = await Task { [state] in try await state.first { $0.isOpen ? true : nil } }.result
    })
  }

  /// Returns when a number of appends wait.
  func reached(_ count: Int) async throws {
    _ = try await state.first { $0.waiting >= count ? true : nil }
  }

  /// Lets all appends complete, from now on too.
  func open() {
    state.update { $0.isOpen = true }
  }
}
