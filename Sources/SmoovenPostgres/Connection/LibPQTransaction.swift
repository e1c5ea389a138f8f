#if PostgresSupport
/// A transaction whose next statement depends on the result of the one before.
///
/// It holds locks while its process decides, so the server ends the transaction if that process stops.
struct LibPQTransaction {
  private let connection: LibPQ
  private let deadline: ContinuousClock.Instant

  init(_ connection: LibPQ, until deadline: ContinuousClock.Instant) {
    self.connection = connection
    self.deadline = deadline
  }

  func begin(lockTimeout: Duration = .seconds(2)) throws(PostgresFault) {
    for result in try connection.pipeline(Self.start(lockTimeout: lockTimeout), until: deadline) {
      _ = try result.get()
    }
  }

  /// Runs a closure in a transaction, which is undone if it throws.
  static func perform<Result>(
    on connection: LibPQ,
    until deadline: ContinuousClock.Instant,
    lockTimeout: Duration = .seconds(2),
    _ body: (LibPQTransaction) throws(PostgresFault) -> Result
  ) throws(PostgresFault) -> Result {
    let transaction = LibPQTransaction(connection, until: deadline)
    do {
      try transaction.begin(lockTimeout: lockTimeout)
      let result = try body(transaction)
      try transaction.commit()
      return result
    } catch {
      transaction.rollback()
      throw error
    }
  }

  /// Returns the statements that every transaction begins with.
  ///
  /// They're sent for each transaction, because a pooler may give the next one another connection. Every statement
  /// finds its rows by an index. Without these settings, the planner prefers to read a whole table until it has some
  /// 20,000 rows, for each batch, and compiles what it believes to be expensive.
  static func start(lockTimeout: Duration = .seconds(2), isDurable: Bool = true) -> [Statement] {
    let settings = [
      ("lock_timeout", "\(Int(lockTimeout / .milliseconds(1)))"),
      ("idle_in_transaction_session_timeout", "2000"), ("enable_seqscan", "off"), ("jit", "off"),
    ]
    let all = isDurable ? settings : settings + [("synchronous_commit", "off")]
    let list = all.map { "set_config('\($0.0)', '\($0.1)', true)" }.joined(separator: ", ")
    return [Statement("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"), Statement("SELECT \(list)")]
  }

  func run(_ sql: String, _ parameters: [PostgresValue] = []) throws(PostgresFault) -> PostgresRows {
    try connection.run(sql, parameters, until: deadline)
  }

  func run(_ statements: [Statement]) throws(PostgresFault) -> [PostgresRows] {
    var all: [PostgresRows] = []
    for result in try connection.pipeline(statements, until: deadline) { all.append(try result.get()) }
    return all
  }

  func commit() throws(PostgresFault) { _ = try run("COMMIT") }

  /// Rolls the transaction back.
  ///
  /// If that fails, the connection is broken, and the server rolls it back.
  func rollback() { _ = try? run("ROLLBACK") }
}
#endif
