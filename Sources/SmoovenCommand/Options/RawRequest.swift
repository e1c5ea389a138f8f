internal import HTTPTypes
internal import Smooven

/// A whole HTTP/1.1 request in a file: its head, an empty line, and its body.
struct RawRequest {
  /// The reason why a file isn't one.
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  var head: HTTPRequest
  var body: [UInt8]

  /// Reads a request, or returns `nil` if the bytes don't begin with a request line, so that they're a body.
  ///
  /// - Throws: ``Failure`` if it begins like one, and can't be read.
  init?(_ bytes: [UInt8]) throws(Failure) {
    var rest = bytes[...]
    let first = Self.line(&rest) ?? ""
    let parts = first.split(separator: " ")
    guard parts.count == 3, parts[2].hasPrefix("HTTP/1."), parts[0].allSatisfy(\.isUppercase),
      let method = HTTPRequest.Method(String(parts[0]))
    else { return nil }
    head = HTTPRequest(method: method, scheme: nil, authority: nil, path: String(parts[1]))
    while let line = Self.line(&rest), !line.isEmpty {
      guard let field = HTTPField(line: line) else {
        throw Failure(
          description: "a line of the request's head is no 'Name: value'; separate the body by an empty line"
        )
      }
      head.headerFields.append(field)
    }
    let isChunked = head.headerFields[.transferEncoding]?.lowercased() == "chunked"
    if isChunked { body = try Self.joined(rest) } else { body = Array(rest) }
  }

  /// Removes and returns a line, without its end.
  private static func line(_ rest: inout ArraySlice<UInt8>) -> String? {
    guard !rest.isEmpty else { return nil }
    var line = rest.prefix { $0 != 0x0A }
    rest = rest.dropFirst(line.count + 1)
    if line.last == 0x0D { line.removeLast() }
    return String(decoding: line, as: UTF8.self)
  }

  /// The body whose chunks are in a dump of the connection.
  private static func joined(_ bytes: ArraySlice<UInt8>) throws(Failure) -> [UInt8] {
    var rest = bytes
    var body: [UInt8] = []
    while let line = line(&rest) {
      guard let size = Int(line.prefix { $0 != ";" && $0 != " " }, radix: 16), size >= 0, size <= rest.count
      else {
        // Many tools show the joined body, and leave the header field as it was.
        if body.isEmpty { return Array(bytes) }
        break
      }
      if size == 0 { return body }
      body += rest.prefix(size)
      rest = rest.dropFirst(size)
      _ = Self.line(&rest)
    }
    throw Failure(description: "the request's chunked body has no end")
  }
}

extension HTTPField {
  /// Reads `Name: value`, or returns `nil` if it isn't that.
  init?(line: String) {
    guard let colon = line.firstIndex(of: ":"), let name = HTTPField.Name(String(line[..<colon])) else {
      return nil
    }
    let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
    self.init(name: name, value: String(value))
  }
}
