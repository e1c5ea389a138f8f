internal import Foundation
internal import SmoovenCallbacks

extension DashboardPage {
  /// The data of an event of the stream.
  func json(_ settings: DashboardSettings) -> JSONValue {
    ["entries": .array(entries.map { $0.json(settings) }), "missed": .integer(Int64(missed))]
  }
}

extension DashboardEntry {
  /// The maximum number of characters in a text of the list, so that an entry has 1 KiB at most.
  private static let maximumText = 120

  /// The line of the list.
  func json(_ settings: DashboardSettings) -> JSONValue {
    let shown = { (text: String) in
      let text = String(text.prefix(Self.maximumText))
      return JSONValue.string(settings.showsPeople ? text : People.shortened(in: text))
    }
    var json: [String: JSONValue] = [
      "number": .integer(Int64(clamping: number)),
      "at": .integer(Int64(at.timeIntervalSince1970 * 1_000)),
      "names": .array(names.prefix(2).map { .string(String($0.prefix(Self.maximumText))) }),
      "kind": .string(kind), "title": shown(title), "detail": shown(detail), "tone": .string(tone.rawValue),
    ]
    if let provider { json["provider"] = shown(provider) }
    if let channel { json["channel"] = shown(channel) }
    if let person = recipient?.userID ?? recipient?.address {
      json["person"] = .string(
        String((settings.showsPeople ? person : People.shorten(person)).prefix(Self.maximumText))
      )
    }
    if let status { json["status"] = .integer(Int64(status)) }
    if hasRequest { json["request"] = true }
    if canRedeliver { json["redeliver"] = true }
    return .object(json)
  }
}

extension DashboardDetails {
  /// Everything that the page shows of an entry.
  func json(_ settings: DashboardSettings) -> JSONValue {
    guard case .object(var json) = entry.json(settings) else { return .null }
    let people = people(settings)
    json["detail"] = .string(people.shortened(entry.detail))
    json["hints"] = .array(hints.map(JSONValue.string))
    if let request {
      var shown: [String: JSONValue] = [
        "method": .string(request.method), "path": .string(request.url ?? request.path),
        "fields": .array(request.fields.map { [.string($0.name), .string(people.shortened($0.value))] }),
        "size": .integer(Int64(request.bodySize)), "complete": .bool(request.body.count == request.bodySize),
      ]
      if let text = String(validating: request.body, as: UTF8.self) {
        shown["body"] = .string(people.shortened(text))
      } else {
        shown["base64"] = .string(Data(request.body).base64EncodedString())
      }
      if let address = request.remoteAddress { shown["remote"] = .string(address) }
      json["request"] = .object(shown)
      json["curl"] = .string(CurlCommand(request, people: people).text)
    }
    if let event, let test = CopiedTest(event, people: people) { json["test"] = .string(test.text) }
    return .object(json)
  }

  /// The text of the request's body as it's shown; `nil` if there is none.
  func shownBody(_ settings: DashboardSettings) -> String? {
    request.flatMap { String(validating: $0.body, as: UTF8.self) }.map(people(settings).shortened)
  }

  private func people(_ settings: DashboardSettings) -> People {
    settings.showsPeople ? .shown : People(in: request?.body ?? [], recipient: entry.recipient)
  }
}
