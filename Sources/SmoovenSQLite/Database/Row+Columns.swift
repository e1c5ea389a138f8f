#if SQLiteSupport
internal import GRDB

internal import struct Foundation.Data

/// Columns by position, which are `nil` if the value has another type.
///
/// GRDB's own accessors trap on a value of another type, which a damaged file may contain.
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
  /// The text in the form in which ids and keys are kept, because SQLite ends a text at the first zero byte.
  var bytes: Data { Data(utf8) }
}

extension Database {
  /// Runs a statement that is prepared once per connection.
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
