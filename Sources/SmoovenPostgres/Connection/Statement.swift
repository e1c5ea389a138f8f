#if PostgresSupport
/// A statement with its parameters.
///
/// It's never prepared under a name, because there may be a pooler in between.
struct Statement: Sendable {
  let sql: String
  let parameters: [PostgresValue]

  init(_ sql: String, _ parameters: [PostgresValue] = []) {
    self.sql = sql
    self.parameters = parameters
  }
}

/// A notification that arrived.
struct PostgresNotification: Sendable, Hashable {
  let channel: String
  let payload: String
}
#endif
