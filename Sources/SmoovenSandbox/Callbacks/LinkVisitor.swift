internal import AsyncHTTPClient
internal import Logging
internal import NIOCore
internal import NIOHTTP1
internal import SmoovenCallbacks

/// A visitor that opens the links of a notification, like a mail scanner, or like a person who answers a question.
struct LinkVisitor: Sendable {
  /// The number of times that a scanner opens each link.
  static let scanCount = 50

  let client: HTTPClient
  let logger: Logger

  /// Does with the links of a notification what its recipient does.
  ///
  /// - Throws: `CancellationError` only. A page that can't be opened ends the visit.
  func visit(_ request: NotifyRequest, _ visit: SandboxStory.Visit) async throws {
    for link in Self.links(in: request.body) {
      do {
        switch visit {
        case .scan: try await scan(link)
        case .answer: try await answer(link, choice: Self.choice(in: request.recipient))
        }
      } catch {
        try Task.checkCancellation()
        logger.debug("link not opened", metadata: ["error": "\(type(of: error))"])
      }
    }
  }

  /// Returns the links that a recipient sees: those of an intent, of a push notification, and in a text.
  static func links(in body: JSONValue) -> [String] {
    let direct = [body["context"]?["answer_url"]?.stringValue, body["push"]?["deep_link"]?.stringValue]
    let words = (body["message"]?.stringValue ?? "").split(whereSeparator: \.isWhitespace).map(String.init)
    var links: [String] = []
    for link in direct.compactMap(\.self) + words where CallbackURL.isValid(link) && !links.contains(link) {
      links.append(link)
    }
    return links
  }

  /// Returns the answer that a recipient asks for, which is the part of `answer+Not now@example.com` after the plus
  /// sign.
  static func choice(in recipient: String) -> String? {
    guard let plus = recipient.firstIndex(of: "+") else { return nil }
    let choice = recipient[plus...].dropFirst().prefix { $0 != "@" }
    return choice.isEmpty ? nil : String(choice)
  }

  private func scan(_ link: String) async throws {
    for number in 0..<Self.scanCount {
      var headers: HTTPHeaders = ["User-Agent": "Mozilla/5.0 (compatible; LinkScanner/1.0)"]
      if number % 3 == 0 { headers.add(name: "Sec-Purpose", value: "prefetch") }
      _ = try await open(link, number % 2 == 0 ? .GET : .HEAD, headers)
    }
  }

  private func answer(_ link: String, choice: String?) async throws {
    let page = try await open(link, .GET, ["User-Agent": "Mozilla/5.0 (compatible; Person/1.0)"])
    let options = Self.options(in: page)
    var fields: [(String, String)] = []
    if let option = options.first(where: { $0 == choice }) ?? options.first {
      fields.append(("option", option))
    } else if page.contains("<textarea name=text") {
      fields.append(("text", choice ?? "Answered by the sandbox"))
    }
    guard !fields.isEmpty else { return }
    var request = HTTPClientRequest(url: link)
    request.method = .POST
    request.headers = [
      "Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin",
      "User-Agent": "Mozilla/5.0 (compatible; Person/1.0)",
    ]
    let form = fields.map { "\($0)=\(Self.encoded($1))" }.joined(separator: "&")
    request.body = .bytes(ByteBuffer(string: form))
    let response = try await client.execute(request, timeout: .seconds(10))
    _ = try? await response.body.collect(upTo: 65_536)
    logger.debug("question answered", metadata: ["status": "\(response.status.code)"])
  }

  private func open(_ link: String, _ method: HTTPMethod, _ headers: HTTPHeaders) async throws -> String {
    var request = HTTPClientRequest(url: link)
    request.method = method
    request.headers = headers
    let response = try await client.execute(request, timeout: .seconds(10))
    return String(buffer: try await response.body.collect(upTo: 65_536))
  }

  /// Returns the options that a page offers.
  static func options(in page: String) -> [String] {
    page.split(separator: "<button name=option value=\"").dropFirst().map { rest in
      let value = rest.prefix { $0 != "\"" }
      let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")]
      return entities.reduce(String(value)) { $0.replacing($1.0, with: $1.1) }
    }
  }

  private static func encoded(_ text: String) -> String {
    text.utf8.map { byte in
      let isPlain =
        byte < 0x80 && (Character(Unicode.Scalar(byte)).isLetter || Character(Unicode.Scalar(byte)).isNumber)
      let digits = String(byte, radix: 16, uppercase: true)
      return isPlain ? String(Unicode.Scalar(byte)) : "%\(byte < 16 ? "0" : "")\(digits)"
    }.joined()
  }
}
