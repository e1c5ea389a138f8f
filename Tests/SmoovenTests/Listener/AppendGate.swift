import Smooven
import SmoovenSupport
import TestSupport

/// Holds every append of a store until it is opened.
final class AppendGate: Sendable {
  private struct State: Sendable {
    var waiting = 0
    var isOpen = false
  }

  private let state = Watched(State())

  /// A store whose appends wait.
  func store() -> HookedStore {
    HookedStore(before: { [self] step in
      guard step == .append else { return }
      state.update { $0.waiting += 1 }
      // Like a disk: it doesn't ask whether the caller is still there.
      _ = await Task { [state] in try await state.first { $0.isOpen ? true : nil } }.result
    })
  }

  /// Returns when this many appends wait.
  func reached(_ count: Int) async throws {
    _ = try await state.first { $0.waiting >= count ? true : nil }
  }

  /// Lets all appends be done, from now on too.
  func open() {
    state.update { $0.isOpen = true }
  }
}
