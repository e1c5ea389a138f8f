#if PostgresSupport
internal import struct Foundation.Data

/// The result of a statement.
struct PostgresRows: Sendable, RandomAccessCollection {
  /// One row, whose values are `nil` if they have another type than asked for.
  struct Row: Sendable {
    fileprivate let cells: ArraySlice<[UInt8]?>

    private func cell(_ column: Int) -> [UInt8]? { cells[cells.startIndex + column] }

    func integer(_ column: Int) -> Int64? {
      cell(column).flatMap { $0.count == 8 ? Int64(bitPattern: PostgresRows.bits($0[...])) : nil }
    }

    func real(_ column: Int) -> Double? {
      cell(column).flatMap { $0.count == 8 ? Double(bitPattern: PostgresRows.bits($0[...])) : nil }
    }

    func bool(_ column: Int) -> Bool? { cell(column).flatMap { $0.count == 1 ? $0[0] != 0 : nil } }

    func text(_ column: Int) -> String? { cell(column).map { String(decoding: $0, as: UTF8.self) } }

    func data(_ column: Int) -> Data? { cell(column).map { Data($0) } }

    func bytes(_ column: Int) -> [UInt8]? { cell(column) }
  }

  static let none = PostgresRows(columnCount: 0, cells: [], changedCount: 0)

  let columnCount: Int
  let cells: [[UInt8]?]
  /// The number of rows that the statement changed or returned.
  let changedCount: Int

  var startIndex: Int { 0 }
  var endIndex: Int { columnCount == 0 ? 0 : cells.count / columnCount }

  subscript(position: Int) -> Row {
    Row(cells: cells[position * columnCount..<(position + 1) * columnCount])
  }

  fileprivate static func bits(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reduce(0) { $0 << 8 | UInt64($1) }
  }
}
#endif
