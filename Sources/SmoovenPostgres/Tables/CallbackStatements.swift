#if PostgresSupport
internal import Smooven
internal import SmoovenCallbacks

internal import struct Foundation.Data
internal import struct Foundation.Date

/// The statements that write callbacks and their deduplication keys.
struct CallbackStatements {
  /// The bits of a place that hold the number of the event in its transaction.
  static let placeMask: Int64 = 1 << 20 - 1
  static let columns = "position, received_at, token, detail::text, payload::text, body"

  let tables: PostgresTables
  let replica: ReplicaID

  /// Returns the statement that appends the callbacks whose keys are unknown and above the floor.
  ///
  /// Its rows are those of ``AppendFunction``. The first callback has the number `first`.
  func append(_ records: [AppendRecord], first: Int = 0) -> Statement {
    Statement(
      "SELECT * FROM \(tables(AppendFunction.name)) ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
      [
        .uuid(replica.bytes), .integers(records.indices.map { Int64(first + $0) }),
        .byteStrings(records.map(\.record.digest)), .integers(records.map(\.ring)),
        .reals(records.map(\.ringPlace)), .reals(records.map(\.record.receivedAt)),
        .reals(records.map(\.keptFrom)), .byteStrings(records.map(\.record.callback.token?.bytes)),
        .texts(records.map { DeliveryStatements.array($0.record.keys) }),
        .texts(records.map(\.record.detail)),
        .texts(records.map(\.record.payload)), .byteStrings(records.map(\.record.body)),
      ]
    )
  }

  /// Returns the result for each callback, from the rows of ``append(_:first:)``.
  static func results(
    _ rows: PostgresRows,
    _ records: [AppendRecord],
    first: Int = 0,
    _ report: inout WriteReport
  ) -> [AppendResult] {
    var results = [AppendResult](repeating: .duplicate, count: records.count)
    var stored: [WriteReport.Stored] = []
    for row in rows {
      guard let number = row.integer(0).map({ Int($0) - first }), records.indices.contains(number) else {
        continue
      }
      if let position = row.integer(1) {
        results[number] = .stored
        let record = records[number].record
        stored.append(
          .init(
            event: StoredEvent(cursor: EventCursor(rawValue: position), callback: record.callback),
            keys: record.keys
          )
        )
      } else if row.bool(2) == true, row.bool(3) == false {
        results[number] = .tooOld
      }
    }
    report.stored += stored.sorted { $0.place < $1.place }
    return results
  }

  /// Returns the event in a row of ``columns``.
  static func event(_ row: PostgresRows.Row) -> StoredEvent? {
    guard
      let position = row.integer(0), let receivedAt = row.real(1), let detail = row.text(3),
      let body = row.data(5),
      let event = CallbackEvent(detail: detail, payload: row.text(4), body: body)
    else { return nil }
    let callback = StoredCallback(
      event,
      token: row.data(2).flatMap(DeliveryToken.init(bytes:)),
      receivedAt: Date(timeIntervalSinceReferenceDate: receivedAt)
    )
    return StoredEvent(cursor: EventCursor(rawValue: position), callback: callback)
  }
}
#endif
