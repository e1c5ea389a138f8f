internal import Foundation
internal import Smooven
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
    let mask = mask(settings)
    let shown = { JSONValue.string(Self.shown($0, mask)) }
    var json: [String: JSONValue] = [
      "number": .integer(Int64(clamping: number)),
      "at": .integer(Int64(at.timeIntervalSince1970 * 1_000)),
      "names": .array(names.prefix(2).map(shown)),
      "kind": .string(kind), "title": shown(title), "detail": shown(detail), "tone": .string(tone.rawValue),
    ]
    if let provider { json["provider"] = shown(provider) }
    if let channel { json["channel"] = shown(channel) }
    if let person = recipient?.userID ?? recipient?.address {
      let person = settings.showsPeople ? person : RecipientMask.shorten(person)
      json["person"] = .string(String(person.prefix(Self.maximumText)))
    }
    if let status { json["status"] = .integer(Int64(status)) }
    if hasRequest { json["request"] = true }
    if canRedeliver { json["redeliver"] = true }
    return .object(json)
  }

  /// The names as the list has them, by which the page asks for the notification.
  func shownNames(_ settings: DashboardSettings) -> [String] {
    let mask = mask(settings)
    return names.map { Self.shown($0, mask) }
  }

  private func mask(_ settings: DashboardSettings) -> RecipientMask? {
    settings.showsPeople ? nil : RecipientMask(recipients: recipient.map { [$0] } ?? [])
  }

  /// The beginning of a text: shortened before it's cut, because a part of an address may still reach its owner.
  private static func shown(_ text: String, _ mask: RecipientMask?) -> String {
    guard let mask else { return String(text.prefix(maximumText)) }
    // Of a long text, the beginning is enough if more is left over than any address has.
    let beginning = String(text.prefix(2_048))
    var shown = mask.text(beginning)
    if beginning.utf8.count < text.utf8.count, shown.count < 1_024 { shown = mask.text(text) }
    return String(shown.prefix(maximumText))
  }
}

extension DashboardDetails {
  /// Everything that the page shows of an entry.
  func json(hints: [String], _ settings: DashboardSettings) -> JSONValue {
    guard case .object(var json) = entry.json(settings) else { return .null }
    let mask = mask(settings)
    json["detail"] = .string(mask.text(entry.detail))
    json["hints"] = .array(hints.map(JSONValue.string))
    if let request {
      json["request"] = request.json(mask)
      json["curl"] = .string(CurlCommand(request, mask: mask).text)
    }
    if let event, let test = CopiedTest(event, showsPeople: settings.showsPeople) {
      json["test"] = .string(test.text)
    }
    return .object(json)
  }

  /// The text of the request's body as it's shown, or `nil` if it isn't.
  func shownBody(_ settings: DashboardSettings) -> String? { request?.shownBody(mask(settings)) }

  private func mask(_ settings: DashboardSettings) -> RecipientMask? {
    guard !settings.showsPeople else { return nil }
    let body = request.flatMap { $0.isComplete ? $0.body : nil } ?? []
    return RecipientMask(body: body, recipients: entry.recipient.map { [$0] } ?? [])
  }
}

extension DashboardRequest {
  /// The text of the body as it's shown, or `nil` if it isn't text, or if it may hold people that can't be found.
  func shownBody(_ mask: RecipientMask?) -> String? {
    guard let mask else { return String(validating: body, as: UTF8.self) }
    return isComplete ? mask.body : nil
  }

  fileprivate func json(_ mask: RecipientMask?) -> JSONValue {
    var json: [String: JSONValue] = [
      "method": .string(method), "path": .string(mask.text(url ?? path)),
      "fields": .array(fields.map { [.string(mask.text($0.name)), .string(mask.text($0.value))] }),
      "size": .integer(Int64(bodySize)), "complete": .bool(isComplete),
    ]
    if let text = shownBody(mask) {
      json["body"] = .string(text)
    } else if mask == nil {
      json["base64"] = .string(Data(body).base64EncodedString())
    }
    if let remoteAddress { json["remote"] = .string(remoteAddress) }
    return .object(json)
  }
}

extension RecipientMask? {
  /// The text as it's shown: as it is if there's no mask.
  func text(_ text: String) -> String { map { $0.text(text) } ?? text }
}
