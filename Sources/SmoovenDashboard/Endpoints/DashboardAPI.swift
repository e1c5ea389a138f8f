internal import HTTPTypes
internal import SmoovenCallbacks
internal import Synchronization

/// The data of the page, and what can be done on it.
///
/// Requests were admitted before.
final class DashboardAPI: Sendable {
  private let feed: any DashboardFeed
  private let settings: DashboardSettings
  /// Distinguishes this process from the one before it on the same port.
  private let run = String(UInt64.random(in: .min ... .max), radix: 16)
  /// The entries that are being delivered again.
  private let busy = Mutex<Set<UInt64>>([])

  init(feed: any DashboardFeed, settings: DashboardSettings) {
    self.feed = feed
    self.settings = settings
  }

  func respond(_ route: DashboardRoute, _ request: HTTPRequest, _ body: [UInt8]) async -> DashboardReply {
    switch route {
    case .asset(let asset): return asset.reply
    case .about: return .json(about)
    case .entries(let query): return .json(list(query))
    case .entry(let number):
      guard let details = feed.details(of: number) else { return .unknownEntry }
      return .json(details.json(hints: feed.hints(on: number), settings))
    case .delivery(let name): return await delivery(name)
    case .stream: return stream(after: request.headerFields[.lastEventID])
    case .redeliver(let number): return await redeliver(number)
    case .trigger: return await trigger(body)
    }
  }

  // MARK: Reading

  private var about: JSONValue {
    let choices = feed.trigger?.choices.map { choice in
      JSONValue.object([
        "provider": .string(choice.provider), "events": .array(choice.events.map(JSONValue.string)),
      ])
    }
    return [
      "title": .string(settings.title), "run": .string(run), "newest": .integer(Int64(clamping: feed.newest)),
      "redeliver": .bool(feed.canRedeliver), "trigger": .array(choices ?? []),
      "people": .bool(settings.showsPeople),
    ]
  }

  private func list(_ query: EntryQuery) -> JSONValue {
    var (found, missed, position) = ([JSONValue](), 0, query.after)
    while found.count < query.limit, !Task.isCancelled {
      let limit = query.filter.isEmpty ? query.limit : EntryQuery.maximumLimit
      let page = feed.page(after: position, limit: limit)
      missed += page.missed
      let isLast = page.end <= position || page.entries.isEmpty
      position = page.end
      for entry in page.entries {
        let json = entry.json(settings)
        if query.filter.isEmpty || query.filter.matches(json, body: { body(of: entry) }) {
          found.append(json)
          if found.count == query.limit {
            position = entry.number
            break
          }
        }
      }
      if isLast || query.filter.isEmpty { break }
    }
    return [
      "entries": .array(found), "missed": .integer(Int64(missed)), "end": .integer(Int64(clamping: position)),
      "newest": .integer(Int64(clamping: feed.newest)),
    ]
  }

  private func body(of entry: DashboardEntry) -> String? {
    guard entry.hasRequest, let details = feed.details(of: entry.number) else { return nil }
    return details.shownBody(settings)
  }

  /// The entries of one notification: those that have a name in common with it, whole or as the list shows it.
  private func delivery(_ name: String) async -> DashboardReply {
    var names: Set<String> = [name]
    var entries: [DashboardEntry] = []
    // The second time with the names that the first one found.
    for _ in 0..<2 {
      entries = []
      var position: UInt64 = 0
      while !Task.isCancelled {
        let page = feed.page(after: position, limit: EntryQuery.maximumLimit)
        for entry in page.entries {
          let own = entry.names + entry.shownNames(settings)
          guard own.contains(where: names.contains) else { continue }
          entries.append(entry)
          names.formUnion(own)
        }
        if page.end <= position || page.entries.isEmpty { break }
        position = page.end
      }
    }
    guard !entries.isEmpty else { return .failure(.notFound, "nothing is known of this notification") }
    var reasons: [JSONValue] = []
    for reason in await feed.explain(entries.lazy.compactMap(\.names.first).first ?? name) {
      reasons.append(
        .object(["message": .string(reason.message), "advice": reason.advice.map(JSONValue.string) ?? .null])
      )
    }
    return .json([
      "why": .array(reasons), "entries": .array(entries.map { $0.json(settings) }),
    ])
  }

  private func stream(after id: String?) -> DashboardReply {
    var reply = DashboardReply(.ok)
    reply.head.headerFields[.contentType] = "text/event-stream"
    // Proxies that gather a response would hold back what has just happened.
    if let name = HTTPField.Name("X-Accel-Buffering") { reply.head.headerFields[name] = "no" }
    let position = id.flatMap { DashboardRoute.number($0) } ?? feed.newest
    reply.events = DashboardEvents(feed: feed, settings: settings, position: position)
    return reply
  }

  // MARK: Acting

  private func redeliver(_ number: UInt64) async -> DashboardReply {
    guard feed.canRedeliver else { return .failure(.forbidden, "nothing can be delivered again here") }
    guard busy.withLock({ $0.insert(number).inserted }) else { return .busy }
    defer { busy.withLock { _ = $0.remove(number) } }
    do {
      return .json(try await feed.redeliver(number).json)
    } catch let refusal as DashboardRefusal {
      return switch refusal {
      case .unknown: .unknownEntry
      case .impossible(let reason): .failure(.unprocessableContent, reason)
      }
    } catch {
      return .failure(.badGateway, "it wasn't delivered: \(error)")
    }
  }

  private func trigger(_ body: [UInt8]) async -> DashboardReply {
    guard let trigger = feed.trigger else { return .failure(.forbidden, "nothing can be triggered here") }
    guard let json = try? JSONValue(parsing: body), let provider = json["provider"]?.stringValue,
      let event = json["event"]?.stringValue, (1...100).contains(event.utf8.count)
    else { return .failure(.badRequest, "send provider and event, as strings of at most 100 bytes") }
    guard trigger.choices.contains(where: { $0.provider == provider }) else {
      return .failure(.badRequest, "no endpoint is named like this provider")
    }
    let id = json["id"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
    guard id?.utf8.count ?? 0 <= 200 else { return .failure(.badRequest, "the id has more than 200 bytes") }
    let before = feed.newest
    do {
      let status = try await trigger.send(provider, event, id)
      let entry = feed.page(after: before, limit: 1).entries.first?.number
      return .json(DashboardResult(status: status, entry: entry).json)
    } catch {
      return .failure(.badGateway, "it wasn't sent: \(error)")
    }
  }
}

extension DashboardReply {
  fileprivate static let unknownEntry = failure(.notFound, "the entry is unknown, or no longer kept")
  fileprivate static let busy = failure(.conflict, "the entry is being delivered again")
}

extension DashboardResult {
  fileprivate var json: JSONValue {
    [
      "status": .integer(Int64(status)),
      "entry": entry.map { .integer(Int64(clamping: $0)) } ?? .null,
    ]
  }
}

extension HTTPField.Name {
  // A constant and a valid token, so it cannot be nil.
  // swift-format-ignore: NeverForceUnwrap
  static let lastEventID = HTTPField.Name("Last-Event-ID")!
}
