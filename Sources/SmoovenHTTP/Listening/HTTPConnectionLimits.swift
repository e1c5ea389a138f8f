/// The number of connections that a server serves, and the number that it refuses with a response at the same time.
///
/// Each connection needs a file descriptor. A process that runs out of them can't accept a connection to refuse it,
/// open its store, or send a request, so the limits always leave some.
struct HTTPConnectionLimits: Equatable, Sendable {
  var served: Int
  var refused: Int

  /// Creates the limits for a process that can open any number of files.
  init(maximum: Int) {
    served = maximum
    refused = maximum
  }

  /// Creates the limits for a process that can open `files` files and has already opened some.
  ///
  /// An eighth is reserved, but at least 64 plus those of the event loops. If the rest is too small for both limits,
  /// three quarters of it are for connections that are served.
  init(maximum: Int, files: Int, open: Int, eventLoops: Int) {
    // At most three per event loop: the selector, its wake-up and its timer.
    let reserved = max(files / 8, 64 + 3 * eventLoops)
    let available = max(files - open - reserved, files / 4, 2)
    let fits = maximum <= available / 2
    served = fits ? maximum : min(maximum, available - max(1, available / 4))
    refused = min(maximum, available - served)
  }
}
