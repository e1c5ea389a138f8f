internal import Crypto
internal import SmoovenCallbacks

package import struct Foundation.Data

/// The keys by which tokens and ids are looked up, which have 64 bits, so that indexes stay small whatever the lengths
/// of the ids.
///
/// Different ids may have the same key, so rows that are found by a key must be compared.
package enum LookupKey {
  package static func token(_ token: DeliveryToken) -> Int64 {
    Int64(bitPattern: UInt64(token.text.prefix(16), radix: 16) ?? 0)
  }

  /// Returns the key of a token that is given by its bytes.
  package static func token(_ bytes: Data) -> Int64 { integer(bytes) }

  package static func id(_ id: String, group: String) -> Int64 {
    integer(digest(group, id))
  }

  /// Returns the keys of a lookup, each of them once.
  package static func keys(_ lookup: CallbackLookup) -> Set<Int64> {
    var keys = Set(lookup.ids.map { id($0, group: lookup.group) })
    if let token = lookup.token { keys.insert(self.token(token)) }
    return keys
  }

  /// Returns the keys of a callback, each of them once.
  package static func keys(_ callback: StoredCallback) -> Set<Int64> {
    let event = callback.event
    var keys = Set(event.correlationIDs.map { id($0, group: event.group) })
    for id in event.conversationIDs { keys.insert(self.id(id, group: event.group)) }
    if let token = callback.token { keys.insert(self.token(token)) }
    return keys
  }

  /// Returns 128 bits of a hash of two texts.
  package static func digest(_ first: String, _ second: String) -> Data {
    var hash = SHA256()
    let first = Data(first.utf8)
    // The length in front distinguishes "a" + "bc" from "ab" + "c".
    hash.update(data: Data("\(first.count) ".utf8))
    hash.update(data: first)
    hash.update(data: Data(second.utf8))
    return Data(hash.finalize().prefix(16))
  }

  private static func integer(_ bytes: some Sequence<UInt8>) -> Int64 {
    Int64(bitPattern: bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) })
  }

  /// Returns keys in the form in which a row stores them.
  package static func data(_ keys: some Sequence<Int64>) -> Data {
    var data = Data()
    for key in keys {
      for shift in stride(from: 56, through: 0, by: -8) {
        data.append(UInt8(truncatingIfNeeded: UInt64(bitPattern: key) >> UInt64(shift)))
      }
    }
    return data
  }

  package static func keys(_ data: Data) -> [Int64] {
    let bytes = Array(data)
    return stride(from: 0, to: bytes.count - bytes.count % 8, by: 8).map { integer(bytes[$0...]) }
  }
}

extension DeliveryToken {
  /// The 16 bytes of the token.
  package var bytes: Data { Data(Hex.decode(text.utf8) ?? []) }

  package init?(bytes: Data) { self.init(Hex.encode(bytes)) }
}
