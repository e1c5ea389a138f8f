#if SQLiteSupport
internal import GRDB

internal import struct Foundation.Data

/// Columns by their position; `nil` where the value is of another type.
///
/// GRDB's own access traps on a value of another type, which a damaged file may hold.
extension Row {
  private func storage(_ index: Int) -> DatabaseValue.Storage {
    (self[index] as DatabaseValue).storage
  }

  func integer(_ index: Int) -> Int64? {
    if case .int64(let value) = storage(index) { value } else { nil }
  }

  func real(_ index: Int) -> Double? {
    switch storage(index) {
    case .double(let value): value
    case .int64(let value): Double(value)
    default: nil
    }
  }

  func text(_ index: Int) -> String? {
    if case .string(let value) = storage(index) { value } else { nil }
  }

  func bytes(_ index: Int) -> Data? {
    if case .blob(let value) = storage(index) { value } else { nil }
  }
}

extension String {
  /// As an id or key is kept: SQLite ends a text at the first zero.
  var bytes: Data { Data(utf8) }
}

extension Database {
  /// Runs a statement that is prepared once a connection.
  func run(_ sql: String, _ arguments: StatementArguments = []) throws {
    try cachedStatement(sql: sql).execute(arguments: arguments)
  }

  func row(_ sql: String, _ arguments: StatementArguments = []) throws -> Row? {
    try Row.fetchOne(cachedStatement(sql: sql), arguments: arguments)
  }

  func rows(_ sql: String, _ arguments: StatementArguments = []) throws -> [Row] {
    try Row.fetchAll(cachedStatement(sql: sql), arguments: arguments)
  }
}
#endif
