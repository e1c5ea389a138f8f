internal import HTTPTypes
internal import NIOHTTP1

/// The header fields of a request, and the framing that they announce.
struct HTTPIncomingFields {
  private(set) var fields = HTTPFields()
  private(set) var host: String?
  private(set) var hasUpgrade = false
  private var lengths = (count: 0, last: "")
  private var codings = (count: 0, last: "")
  private var expectations = (count: 0, last: "")

  var expectsContinue: Bool {
    expectations.count == 1 && expectations.last.lowercased() == "100-continue"
  }

  /// Creates the fields, and refuses those that the parser accepts but that two servers might read differently.
  init(_ headers: HTTPHeaders, names: inout HTTPFieldNames) throws(HTTPRefusal) {
    fields.reserveCapacity(headers.count)
    var index = 0
    for (text, value) in headers {
      guard let known = names.name(text, at: index) else { throw .malformed("header name") }
      guard value.utf8.allSatisfy({ $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) }) else {
        throw .malformed("header value")
      }
      try add(HTTPField(name: known.name, value: value), known.role)
      index += 1
    }
  }

  private mutating func add(_ field: HTTPField, _ role: HTTPFieldNames.Role) throws(HTTPRefusal) {
    switch role {
    case .host:
      guard host == nil else { throw .malformed("more than one host") }
      guard field.value.isAuthority else { throw .malformed("host") }
      host = field.value
      return
    case .contentLength: lengths = (lengths.count + 1, field.value)
    case .transferEncoding: codings = (codings.count + 1, field.value)
    case .upgrade: hasUpgrade = true
    case .expect: expectations = (expectations.count + 1, field.value)
    case .none: break
    }
    fields.append(field)
  }

  /// Returns the announced length of the body, or `nil` if the body is chunked.
  func contentLength(isLegacy: Bool) throws(HTTPRefusal) -> Int? {
    switch (lengths.count, codings.count) {
    case (0, 0):
      return 0
    case (0, 1) where !isLegacy && codings.last.lowercased() == "chunked":
      return nil
    case (1, 0):
      guard lengths.last.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let length = Int(lengths.last) else {
        throw .malformed("content length")
      }
      return length
    default:
      throw .malformed("ambiguous body length")
    }
  }
}
