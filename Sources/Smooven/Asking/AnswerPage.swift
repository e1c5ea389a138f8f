internal import Crypto
internal import HTTPTypes
internal import SmoovenCallbacks

internal import struct Foundation.Data

/// The page on which a person answers a question, as about 2 KB of HTML without scripts.
enum AnswerPage: Sendable {
  /// The question with its buttons, and with a hint if the submitted form was empty.
  case form(Question, isRepeated: Bool = false)
  /// The given answer, which is either the visitor's own or another one that arrived first.
  case answered(Question, Question.Reply, isOwn: Bool)
  /// The same page for unknown, expired and foreign links, so that they can't be distinguished.
  case notFound
  /// The form came from another site, or isn't one.
  case refused(HTTPResponse.Status)
  /// The store can't accept the answer now.
  case unavailable

  static let path = "answers"

  static func path(of token: DeliveryToken) -> String { "/\(path)/\(token.text)" }

  /// The response that contains this page.
  var response: CallbackResponse {
    var fields: HTTPFields = [
      .contentType: "text/html; charset=utf-8",
      .contentSecurityPolicy: Self.policy,
      .cacheControl: "no-store",
      .xContentTypeOptions: "nosniff",
    ]
    // With `no-referrer`, browsers would send `Origin: null` with the form.
    fields[Self.referrerPolicy] = "same-origin"
    fields[Self.robots] = "noindex, nofollow"
    if case .unavailable = self { fields[.retryAfter] = "5" }
    return CallbackResponse(head: HTTPResponse(status: status, headerFields: fields), body: Array(html.utf8))
  }

  private var status: HTTPResponse.Status {
    switch self {
    case .form(_, let isRepeated): isRepeated ? .badRequest : .ok
    case .answered(_, _, let isOwn): isOwn ? .ok : .conflict
    case .notFound: .notFound
    case .refused(let status): status
    case .unavailable: .serviceUnavailable
    }
  }

  private var html: String {
    switch self {
    case .form(let question, let isRepeated):
      let hint =
        isRepeated ? "<p role=alert>Choose an answer\(question.allowsText ? ", or write one" : "").</p>" : ""
      return Self.page(question.language, Self.heading(question) + hint + Self.form(question))
    case .answered(let question, let reply, let isOwn):
      let title = isOwn ? "Answered" : "Already answered"
      let parts = [reply.option, reply.text].compactMap(\.self).map {
        "<p class=reply dir=auto>\(Self.escaped($0))</p>"
      }
      let time = RFC3339.format(reply.answeredAt)
      return Self.page(
        question.language,
        Self.heading(question)
          + "<p role=status>\(title) at <time datetime=\"\(time)\">\(Self.readable(time))</time>:</p>\(parts.joined())"
      )
    case .notFound:
      return Self.page(
        nil,
        "<h1>There is nothing here</h1><p>This link is not valid, or its time is over.</p>"
      )
    case .refused:
      return Self.page(
        nil,
        "<h1>Not accepted</h1><p>Open the link from the message again, and answer there.</p>"
      )
    case .unavailable:
      return Self.page(nil, "<h1>Not now</h1><p>The answer was not recorded. Try again in a moment.</p>")
    }
  }

  private static func heading(_ question: Question) -> String {
    "<h1 dir=auto>\(escaped(question.text))</h1>"
  }

  private static func form(_ question: Question) -> String {
    var html = "<form method=post>"
    if question.allowsText {
      html += "<label>\(question.options.isEmpty ? "Your answer" : "Anything to add")"
      html += "<textarea name=text rows=3 maxlength=500 dir=auto></textarea></label>"
    }
    for option in question.options {
      let text = escaped(option)
      html += "<button name=option value=\"\(text)\" dir=auto>\(text)</button>"
    }
    if question.allowsText {
      html += "<button>Send\(question.options.isEmpty ? "" : " only the text")</button>"
    }
    return html + "</form>"
  }

  private static func page(_ language: String?, _ body: String) -> String {
    """
    <!doctype html><html lang="\(escaped(language ?? "en"))"><meta charset=utf-8>\
    <meta name=viewport content="width=device-width,initial-scale=1"><meta name=robots content=noindex>\
    <title>Question</title><style>\(style)</style><main>\(body)</main></html>
    """
  }

  /// Returns the date and the time to the minute.
  private static func readable(_ time: String) -> String {
    time.prefix(16).replacing("T", with: " ") + " UTC"
  }

  /// Returns text in which no character has a meaning to a browser.
  static func escaped(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&#39;"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }

  private static let style = """
    :root{color-scheme:light dark;--t:#111;--b:#fff;--a:#0a58ca;--o:#fff}\
    @media(prefers-color-scheme:dark){:root{--t:#eee;--b:#161616;--a:#8ab4ff;--o:#111}}\
    body{margin:0;background:var(--b);color:var(--t);font:1.125rem/1.5 system-ui,sans-serif}\
    main{max-width:34rem;margin:0 auto;padding:1.5rem}\
    h1{font-size:1.375rem;white-space:pre-wrap;overflow-wrap:anywhere}\
    form{display:grid;gap:.75rem}label{display:grid;gap:.25rem}\
    textarea{font:inherit;padding:.5rem;color:inherit;background:transparent;border:1px solid currentcolor;border-radius:.5rem}\
    button{font:inherit;min-height:3rem;padding:.5rem 1rem;overflow-wrap:anywhere;color:var(--o);background:var(--a);border:0;border-radius:.5rem;cursor:pointer}\
    :focus-visible{outline:3px solid var(--t);outline-offset:2px}\
    .reply{font-weight:600;white-space:pre-wrap;overflow-wrap:anywhere}
    """

  /// The policy, which allows no script, no other site, and only this stylesheet, by its digest.
  private static let policy: String = {
    let digest = Data(SHA256.hash(data: Array(style.utf8))).base64EncodedString()
    return "default-src 'none'; style-src 'sha256-\(digest)'; form-action 'self'; base-uri 'none'; "
      + "frame-ancestors 'none'"
  }()

  // Safe to unwrap, because they're constants and valid tokens.
  // swift-format-ignore: NeverForceUnwrap
  private static let referrerPolicy = HTTPField.Name("Referrer-Policy")!
  // swift-format-ignore: NeverForceUnwrap
  private static let robots = HTTPField.Name("X-Robots-Tag")!
}
