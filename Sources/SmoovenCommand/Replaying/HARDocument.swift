internal import HTTPTypes

/// A capture as an HTTP Archive, version 1.2 (http://www.softwareishard.com/blog/har-12-spec/).
struct HARDocument: Encodable {
  struct Log: Encodable {
    var version = "1.2"
    var creator = Creator()
    let entries: [Entry]
  }

  struct Creator: Encodable {
    var name = "smooven"
    var version = SmoovenCommand.version
  }

  struct Entry: Encodable {
    let startedDateTime: String
    var time = 0
    let request: Request
    let response: Response
    var cache: [String: String] = [:]
    var timings = ["send": 0, "wait": 0, "receive": 0]
    let comment: String
  }

  struct Pair: Encodable {
    let name: String
    let value: String
  }

  struct Request: Encodable {
    let method: String
    let url: String
    var httpVersion = "HTTP/1.1"
    var cookies: [Pair] = []
    let headers: [Pair]
    var queryString: [Pair] = []
    let postData: PostData?
    var headersSize = -1
    let bodySize: Int
  }

  struct PostData: Encodable {
    let mimeType: String
    let text: String
    var params: [Pair] = []
    /// Says so if the text is base64, for which the format has no member in requests.
    let comment: String
  }

  struct Response: Encodable {
    let status: Int
    let statusText: String
    var httpVersion = "HTTP/1.1"
    var cookies: [Pair] = []
    var headers: [Pair] = []
    var content = Content()
    var redirectURL = ""
    var headersSize = -1
    var bodySize = 0
  }

  struct Content: Encodable {
    var size = 0
    var mimeType = "text/plain"
  }

  let log: Log

  init(_ capture: Capture) {
    log = Log(entries: capture.lines.map { Entry($0.exchange) })
  }
}

extension HARDocument.Entry {
  init(_ exchange: CapturedExchange) {
    let headers = exchange.headers.filter { $0.count == 2 }.map {
      HARDocument.Pair(name: $0[0], value: $0[1])
    }
    let host = headers.first { $0.name.lowercased() == "host" }?.value ?? "localhost"
    let body = exchange.bytes
    let type = exchange.headerFields[.contentType] ?? "application/octet-stream"
    startedDateTime = exchange.at
    request = HARDocument.Request(
      method: exchange.method,
      url: "http://\(host)\(exchange.target)",
      headers: headers,
      postData: body.isEmpty
        ? nil
        : HARDocument.PostData(
          mimeType: type,
          text: exchange.body ?? exchange.bodyBase64 ?? "",
          comment: exchange.body == nil ? "base64" : ""
        ),
      bodySize: body.count
    )
    let status = HTTPResponse.Status(code: exchange.answer.status)
    response = HARDocument.Response(status: status.code, statusText: status.reasonPhrase)
    comment = exchange.answer.disposition ?? exchange.answer.reason ?? ""
  }
}
