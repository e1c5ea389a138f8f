internal import Foundation
internal import HTTPTypes

/// The meaning of a path.
enum DashboardRoute: Equatable {
  case asset(DashboardAsset)
  case about
  case entries(EntryQuery)
  case entry(UInt64)
  case delivery(String)
  case stream
  case redeliver(UInt64)
  case trigger

  /// Reads a path, or returns `nil` if there is nothing at it.
  init?(path: String) {
    let end = path.firstIndex { $0 == "?" || $0 == "#" } ?? path.endIndex
    let parts = path[..<end].split(separator: "/", omittingEmptySubsequences: false).dropFirst().map(
      String.init
    )
    switch parts.count {
    case 1:
      guard let asset = DashboardAsset(parts[0]) else { return nil }
      self = .asset(asset)
    case 2 where parts[0] == "api":
      switch parts[1] {
      case "about": self = .about
      case "entries": self = .entries(EntryQuery(path[end...]))
      case "stream": self = .stream
      case "trigger": self = .trigger
      default: return nil
      }
    case 3 where parts[0] == "api":
      switch parts[1] {
      case "entries":
        guard let number = Self.number(parts[2]) else { return nil }
        self = .entry(number)
      case "redeliver":
        guard let number = Self.number(parts[2]) else { return nil }
        self = .redeliver(number)
      case "deliveries":
        guard let name = parts[2].removingPercentEncoding, !name.isEmpty else { return nil }
        self = .delivery(name)
      default: return nil
      }
    default: return nil
    }
  }

  static func number(_ text: some StringProtocol) -> UInt64? {
    text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? UInt64(text) : nil
  }

  var methods: [HTTPRequest.Method] {
    switch self {
    case .asset: [.get, .head]
    case .about, .entries, .entry, .delivery, .stream: [.get]
    case .redeliver, .trigger: [.post]
    }
  }
}

/// The entries to list: `?after=<number>&limit=<number>&filter=<words>`.
struct EntryQuery: Equatable {
  static let maximumLimit = 1_000

  var after: UInt64 = 0
  var limit = 200
  var filter = EntryFilter("")

  /// Reads a query; what it doesn't know or can't read has its default.
  init(_ query: Substring) {
    for pair in query.dropFirst().split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1)
      guard parts.count == 2 else { continue }
      switch parts[0] {
      case "after": after = DashboardRoute.number(parts[1]) ?? after
      case "limit":
        limit =
          DashboardRoute.number(parts[1]).map { Int(clamping: min(max($0, 1), UInt64(Self.maximumLimit))) }
          ?? limit
      case "filter":
        filter = EntryFilter(parts[1].replacing("+", with: " ").removingPercentEncoding ?? "")
      default: continue
      }
    }
  }
}
