internal import SmoovenCallbacks

/// The id of a request, which is a string or an integer, and never `null` or a fraction.
enum RPCID: Sendable, Hashable {
  case string(String)
  case integer(Int64)

  init?(_ json: JSONValue?) {
    switch json {
    case .string(let text): self = .string(text)
    case .integer(let number): self = .integer(number)
    default: return nil
    }
  }

  var json: JSONValue {
    switch self {
    case .string(let text): .string(text)
    case .integer(let number): .integer(number)
    }
  }
}
