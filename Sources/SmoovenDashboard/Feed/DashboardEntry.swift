package import SmoovenCallbacks

package import struct Foundation.Date

/// One line of the page.
package struct DashboardEntry: Sendable {
  /// Whether it's good news.
  package enum Tone: String, Sendable {
    case plain, good, bad, warning
  }

  /// Its place.
  package var number: UInt64
  /// The time.
  package var at: Date
  /// The names of the notification that it belongs to: a handle, an id.
  ///
  /// Entries with a name in common belong together.
  package var names: [String]
  /// The kind of entry in one word, such as `callback` or `rejected`.
  package var kind: String
  /// The entry in a few words, such as the event's name.
  package var title: String
  /// More about it, in one line.
  package var detail: String
  package var tone: Tone
  package var provider: String?
  package var channel: String?
  package var recipient: CallbackEvent.Recipient?
  /// The status of the response.
  package var status: Int?
  package var hasRequest = false
  package var canRedeliver = false

  package init(
    number: UInt64,
    at: Date,
    names: [String],
    kind: String,
    title: String,
    detail: String = "",
    tone: Tone = .plain,
    provider: String? = nil,
    channel: String? = nil,
    recipient: CallbackEvent.Recipient? = nil,
    status: Int? = nil,
    hasRequest: Bool = false,
    canRedeliver: Bool = false
  ) {
    self.number = number
    self.at = at
    self.names = names
    self.kind = kind
    self.title = title
    self.detail = detail
    self.tone = tone
    self.provider = provider
    self.channel = channel
    self.recipient = recipient
    self.status = status
    self.hasRequest = hasRequest
    self.canRedeliver = canRedeliver
  }
}

/// Everything about an entry.
package struct DashboardDetails: Sendable {
  package var entry: DashboardEntry
  package var request: DashboardRequest?
  /// The event, to copy it as a test.
  package var event: CallbackEvent?

  package init(
    entry: DashboardEntry,
    request: DashboardRequest? = nil,
    event: CallbackEvent? = nil
  ) {
    self.entry = entry
    self.request = request
    self.event = event
  }
}

/// A request, without what authenticates it.
package struct DashboardRequest: Sendable {
  package var method: String
  package var path: String
  package var fields: [(name: String, value: String)]
  package var body: [UInt8]
  /// The size of the whole body.
  package var bodySize: Int
  /// Whether ``body`` is the whole body.
  package var isComplete: Bool { body.count == bodySize }
  package var remoteAddress: String?
  /// The whole URL, if known.
  package var url: String?

  package init(
    method: String = "POST",
    path: String,
    fields: [(name: String, value: String)],
    body: [UInt8],
    bodySize: Int? = nil,
    remoteAddress: String? = nil,
    url: String? = nil
  ) {
    self.method = method
    self.path = path
    self.fields = fields
    self.body = body
    self.bodySize = bodySize ?? body.count
    self.remoteAddress = remoteAddress
    self.url = url
  }
}
