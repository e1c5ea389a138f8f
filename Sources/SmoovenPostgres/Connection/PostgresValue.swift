#if PostgresSupport
internal import struct Foundation.Data

/// A parameter of a statement, in the binary format.
enum PostgresValue: Sendable {
  case bool(Bool)
  case integer(Int64)
  case real(Double?)
  case text(String)
  case bytes(Data?)
  case uuid([UInt8])
  case integers([Int64])
  case reals([Double?])
  case texts([String?])
  case byteStrings([Data?])
  case bools([Bool])

  /// The number of the value's type in the catalog.
  var type: UInt32 {
    switch self {
    case .bool: 16
    case .integer: 20
    case .real: 701
    case .text: 25
    case .bytes: 17
    case .uuid: 2_950
    case .integers: 1_016
    case .reals: 1_022
    case .texts: 1_009
    case .byteStrings: 1_001
    case .bools: 1_000
    }
  }

  /// Appends the value's bytes, or returns `false` for NULL.
  func append(to bytes: inout [UInt8]) -> Bool {
    switch self {
    case .real(nil), .bytes(nil): return false
    case .bool(let value): bytes.append(value ? 1 : 0)
    case .integer(let value): bytes.append(bigEndian: value)
    case .real(let value?): bytes.append(bigEndian: value.bitPattern)
    case .text(let value): bytes.append(contentsOf: value.utf8)
    case .bytes(let value?): bytes.append(contentsOf: value)
    case .uuid(let value): bytes.append(contentsOf: value)
    case .integers(let values): Self.append(values, of: 20, to: &bytes) { $1.append(bigEndian: $0) }
    case .reals(let values): Self.append(values, of: 701, to: &bytes) { $1.append(bigEndian: $0.bitPattern) }
    case .texts(let values): Self.append(values, of: 25, to: &bytes) { $1.append(contentsOf: $0.utf8) }
    case .byteStrings(let values): Self.append(values, of: 17, to: &bytes) { $1.append(contentsOf: $0) }
    case .bools(let values): Self.append(values, of: 16, to: &bytes) { $1.append($0 ? 1 : 0) }
    }
    return true
  }

  /// Appends an array with one dimension, counted from 1.
  private static func append<Element>(
    _ values: [Element?],
    of type: UInt32,
    to bytes: inout [UInt8],
    _ body: (Element, inout [UInt8]) -> Void
  ) {
    bytes.append(bigEndian: Int32(values.isEmpty ? 0 : 1))
    bytes.append(bigEndian: Int32(1))
    bytes.append(bigEndian: type)
    guard !values.isEmpty else { return }
    bytes.append(bigEndian: Int32(values.count))
    bytes.append(bigEndian: Int32(1))
    for value in values {
      guard let value else {
        bytes.append(bigEndian: Int32(-1))
        continue
      }
      let place = bytes.count
      bytes.append(bigEndian: Int32(0))
      let start = bytes.count
      body(value, &bytes)
      let length = UInt32(truncatingIfNeeded: bytes.count - start)
      for index in 0..<4 {
        bytes[place + index] = UInt8(truncatingIfNeeded: length >> UInt32(24 - 8 * index))
      }
    }
  }
}

extension [UInt8] {
  fileprivate mutating func append(bigEndian value: some FixedWidthInteger) {
    for shift in stride(from: value.bitWidth - 8, through: 0, by: -8) {
      append(UInt8(truncatingIfNeeded: value >> shift))
    }
  }
}
#endif
