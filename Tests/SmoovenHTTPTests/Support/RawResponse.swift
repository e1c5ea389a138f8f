/// A response as a strict reader parses it.
struct RawResponse: Equatable {
  struct Malformed: Error {}

  var status: Int
  var fields: [String: String]
  var body: String

  /// Returns the first response in `bytes` and its size, or `nil` if it's incomplete.
  static func parse(_ bytes: [UInt8], hasBody: Bool) throws -> (RawResponse, size: Int)? {
    guard let end = bytes.indices.first(where: { bytes[$0...].starts(with: Array("\r\n\r\n".utf8)) }) else {
      return nil
    }
    let lines = String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\r\n")
    let words = lines.first?.split(separator: " ", maxSplits: 2) ?? []
    guard words.count >= 2, words[0] == "HTTP/1.1", let status = Int(words[1]) else { throw Malformed() }
    var fields: [String: String] = [:]
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { throw Malformed() }
      fields[line[..<colon].lowercased()] = String(line[line.index(after: colon)...].drop { $0 == " " })
    }
    let length = hasBody ? Int(fields["content-length"] ?? "0") ?? 0 : 0
    let size = end + 4 + length
    guard bytes.count >= size else { return nil }
    let body = String(decoding: bytes[(end + 4)..<size], as: UTF8.self)
    return (RawResponse(status: status, fields: fields, body: body), size)
  }
}
