internal import HTTPTypes

/// The resource that a path refers to.
enum SandboxRoute: Equatable {
  case notify
  case status(String)
  case registerPlayer
  case importPlayers
  case player(String)
  case notifications
  case attempts
  case failedDeliveries
  case health

  /// Reads the path of a request, or returns `nil` if nothing is at that path.
  init?(path: String) {
    let parts = path.prefix { $0 != "?" }.split(separator: "/").map(String.init)
    switch parts.joined(separator: "/") {
    case "v1/agent/notify": self = .notify
    case "v1/players/register": self = .registerPlayer
    case "v1/players/batch": self = .importPlayers
    case "sandbox/notifications": self = .notifications
    case "sandbox/attempts": self = .attempts
    case "sandbox/failed-deliveries": self = .failedDeliveries
    case "healthz": self = .health
    default:
      guard parts.count == 3, parts[0] == "v1" else { return nil }
      switch parts[1] {
      case "status": self = .status(parts[2])
      case "players": self = .player(parts[2])
      default: return nil
      }
    }
  }

  /// The path without what a client chose.
  var pattern: String {
    switch self {
    case .notify: "/v1/agent/notify"
    case .status: "/v1/status/<id>"
    case .registerPlayer: "/v1/players/register"
    case .importPlayers: "/v1/players/batch"
    case .player: "/v1/players/<id>"
    case .notifications: "/sandbox/notifications"
    case .attempts: "/sandbox/attempts"
    case .failedDeliveries: "/sandbox/failed-deliveries"
    case .health: "/healthz"
    }
  }

  var methods: [HTTPRequest.Method] {
    switch self {
    case .notify, .registerPlayer, .importPlayers: [.post]
    case .player: [.get, .delete]
    default: [.get]
    }
  }

  /// Whether requests must have the Secret Key.
  ///
  /// The pages that the real service doesn't have are open, so that a browser can view them.
  var needsKey: Bool {
    switch self {
    case .notifications, .attempts, .failedDeliveries, .health: false
    default: true
    }
  }
}
