#if PostgresSupport
internal import CPostgres

#if canImport(Darwin)
internal import Darwin
#elseif canImport(Musl)
internal import Musl
#else
internal import Glibc
#endif

/// One connection to a server.
///
/// Every pointer of libpq is in this file.
///
/// It isn't `Sendable`, because its actor uses it on one thread. Every call blocks that thread, at most until its
/// deadline. A connection that missed a deadline is broken, because its next response would belong to the earlier
/// request.
@safe final class LibPQ {
  private let connection: OpaquePointer
  private(set) var isBroken = false

  // MARK: Connecting

  /// Connects.
  ///
  /// - Parameters:
  ///   - address: The server.
  ///   - timeout: The time for each of its hosts, unless the address sets another one.
  /// - Throws: ``PostgresFault``, without the secrets of the address.
  init(_ address: PostgresAddress, timeout: Duration = .seconds(10)) throws(PostgresFault) {
    let pairs = address.parameters(timeout: timeout)
    let connection = unsafe Self.withCStrings(pairs.map(\.0)) { names in
      unsafe Self.withCStrings(pairs.map(\.1)) { values in unsafe PQconnectdbParams(names, values, 1) }
    }
    guard let connection = unsafe connection else {
      throw PostgresFault(.connection, message: "there is no memory for a connection")
    }
    guard unsafe PQstatus(connection) == CONNECTION_OK, unsafe PQsetnonblocking(connection, 1) == 0 else {
      let message = unsafe String(cString: PQerrorMessage(connection))
      unsafe PQfinish(connection)
      throw PostgresFault(.connection, message: address.withoutSecrets(message))
    }
    unsafe self.connection = connection
    // Otherwise, notices would be printed.
    unsafe _ = PQsetNoticeReceiver(connection, { _, _ in }, nil)
  }

  deinit { unsafe PQfinish(connection) }

  /// Returns the parameters of an address, or `nil` if the address is malformed.
  ///
  /// libpq's own message would repeat a part of the address, which may be its password.
  static func parameters(of address: String) -> [String: String]? {
    guard let options = unsafe PQconninfoParse(address, nil) else { return nil }
    defer { unsafe PQconninfoFree(options) }
    var found: [String: String] = [:]
    var option = unsafe options
    while let name = unsafe option.pointee.keyword {
      if let value = unsafe option.pointee.val {
        found[unsafe String(cString: name)] = unsafe String(cString: value)
      }
      unsafe option += 1
    }
    return found
  }

  private static func withCStrings<Result>(
    _ texts: [String],
    _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Result
  ) -> Result {
    let copies = unsafe texts.map { unsafe strdup($0) }
    defer { unsafe copies.forEach { unsafe free($0) } }
    var pointers = unsafe copies.map { copy in unsafe copy.map { unsafe UnsafePointer<CChar>($0) } }
    unsafe pointers.append(nil)
    return unsafe body(pointers)
  }

  /// The version of the server, such as 150018.
  var serverVersion: Int { Int(unsafe PQserverVersion(connection)) }

  /// Returns the value that the server reports for one of its settings.
  func setting(_ name: String) -> String? {
    unsafe PQparameterStatus(connection, name).map { unsafe String(cString: $0) }
  }

  /// Returns whether the connection can be used, which it can't if the server has closed it in the meantime.
  func isUsable() -> Bool {
    guard !isBroken, unsafe PQconsumeInput(connection) == 1, unsafe PQstatus(connection) == CONNECTION_OK
    else {
      return false
    }
    // The server's last message before it closed the connection may be readable, with the end not read yet.
    guard (try? wait(for: Int16(POLLIN), until: .now)) == true else { return true }
    return unsafe PQconsumeInput(connection) == 1 && PQstatus(connection) == CONNECTION_OK
  }

  // MARK: Statements

  /// Runs one statement.
  func run(
    _ sql: String,
    _ parameters: [PostgresValue] = [],
    until deadline: ContinuousClock.Instant
  ) throws(PostgresFault) -> PostgresRows {
    guard let result = try pipeline([Statement(sql, parameters)], until: deadline).first else {
      throw PostgresFault(.connection, message: "there was no response")
    }
    return try result.get()
  }

  /// Sends statements together, and returns the result of each of them.
  ///
  /// If one fails, the statements after it aren't carried out. Statements outside of an explicit transaction are one
  /// transaction.
  func pipeline(
    _ statements: [Statement],
    until deadline: ContinuousClock.Instant
  ) throws(PostgresFault) -> [Result<PostgresRows, PostgresFault>] {
    do throws(PostgresFault) {
      guard unsafe PQenterPipelineMode(connection) == 1 else { throw lost() }
      for statement in statements { try send(statement) }
      guard unsafe PQpipelineSync(connection) == 1 else { throw lost() }
      try flush(until: deadline)
      var results: [Result<PostgresRows, PostgresFault>] = []
      results.reserveCapacity(statements.count)
      for _ in statements { results.append(try nextResult(until: deadline)) }
      try finish(until: deadline)
      guard unsafe PQexitPipelineMode(connection) == 1 else { throw lost() }
      return results
    } catch {
      isBroken = true
      throw error
    }
  }

  private func send(_ statement: Statement) throws(PostgresFault) {
    let types = statement.parameters.map { Oid($0.type) }
    // One buffer for all values, so that there is one pointer to keep valid.
    var bytes: [UInt8] = []
    var places: [Range<Int>?] = []
    for value in statement.parameters {
      let start = bytes.count
      places.append(value.append(to: &bytes) ? start..<bytes.count : nil)
    }
    let lengths = places.map { Int32($0?.count ?? 0) }
    let formats = [Int32](repeating: 1, count: places.count)
    // At least one byte, so that an empty value has an address, because libpq treats no address as NULL.
    bytes.append(0)
    let isSent = unsafe bytes.withUnsafeBytes { buffer in
      let values = unsafe places.map { place in
        unsafe place.flatMap {
          unsafe buffer.baseAddress?.advanced(by: $0.lowerBound).assumingMemoryBound(to: CChar.self)
        }
      }
      return unsafe PQsendQueryParams(
        connection,
        statement.sql,
        Int32(places.count),
        types,
        values,
        lengths,
        formats,
        1
      )
    }
    guard isSent == 1 else { throw lost() }
  }

  private func flush(until deadline: ContinuousClock.Instant) throws(PostgresFault) {
    while true {
      let state = unsafe PQflush(connection)
      if state == 0 { return }
      guard state == 1 else { throw lost() }
      // The server may wait for its results to be read before it reads more.
      guard try wait(for: Int16(POLLIN | POLLOUT), until: deadline) else { throw late() }
      guard unsafe PQconsumeInput(connection) == 1 else { throw lost() }
    }
  }

  private func nextResult(
    until deadline: ContinuousClock.Instant
  ) throws(PostgresFault) -> Result<PostgresRows, PostgresFault> {
    try waitForResult(until: deadline)
    guard let result = unsafe PQgetResult(connection) else { throw lost() }
    let rows = unsafe read(result)
    unsafe PQclear(result)
    guard unsafe PQstatus(connection) == CONNECTION_OK else {
      if case .failure(let fault) = rows, fault.state != nil { throw fault.asLostConnection }
      throw lost()
    }
    // The end of this statement's results.
    try waitForResult(until: deadline)
    while let extra = unsafe PQgetResult(connection) { unsafe PQclear(extra) }
    return rows
  }

  private func finish(until deadline: ContinuousClock.Instant) throws(PostgresFault) {
    try waitForResult(until: deadline)
    guard let sync = unsafe PQgetResult(connection) else { throw lost() }
    defer { unsafe PQclear(sync) }
    guard unsafe PQresultStatus(sync) == PGRES_PIPELINE_SYNC else { throw lost() }
  }

  private func waitForResult(until deadline: ContinuousClock.Instant) throws(PostgresFault) {
    while unsafe PQisBusy(connection) == 1 {
      guard try wait(for: Int16(POLLIN), until: deadline) else { throw late() }
      guard unsafe PQconsumeInput(connection) == 1 else { throw lost() }
    }
  }

  private func read(_ result: OpaquePointer) -> Result<PostgresRows, PostgresFault> {
    switch unsafe PQresultStatus(result) {
    case PGRES_TUPLES_OK, PGRES_COMMAND_OK:
      let (rows, columns) = unsafe (PQntuples(result), PQnfields(result))
      var cells: [[UInt8]?] = []
      cells.reserveCapacity(Int(rows * columns))
      for row in 0..<rows {
        for column in 0..<columns {
          guard unsafe PQgetisnull(result, row, column) == 0,
            let value = unsafe PQgetvalue(result, row, column)
          else {
            cells.append(nil)
            continue
          }
          let length = Int(unsafe PQgetlength(result, row, column))
          cells.append(unsafe Array(UnsafeRawBufferPointer(start: value, count: length)))
        }
      }
      let changed = unsafe Int(String(cString: PQcmdTuples(result))) ?? 0
      return .success(PostgresRows(columnCount: Int(columns), cells: cells, changedCount: changed))
    case PGRES_PIPELINE_ABORTED:
      return .failure(PostgresFault(.aborted, message: "an earlier statement failed"))
    default:
      // Only the primary message, because details repeat values.
      let field = { (code: Character) in
        unsafe PQresultErrorField(result, Int32(code.asciiValue ?? 0)).map { unsafe String(cString: $0) }
      }
      return .failure(
        PostgresFault(.statement, state: field("C"), message: field("M") ?? "the statement failed")
      )
    }
  }

  // MARK: Notifications

  /// Waits for notifications, for a byte in a pipe, or for a deadline.
  ///
  /// - Returns: The notifications that arrived.
  func notifications(
    orWakeBy pipe: borrowing WakePipe,
    until deadline: ContinuousClock.Instant
  ) throws(PostgresFault) -> [PostgresNotification] {
    var found = takeNotifications()
    if found.isEmpty {
      let ready = try poll(Int16(POLLIN), orReadable: pipe.reader, until: deadline)
      pipe.drain()
      if ready {
        guard unsafe PQconsumeInput(connection) == 1, unsafe PQstatus(connection) == CONNECTION_OK else {
          throw lost()
        }
      }
      found = takeNotifications()
    }
    return found
  }

  private func takeNotifications() -> [PostgresNotification] {
    var found: [PostgresNotification] = []
    while let notification = unsafe PQnotifies(connection) {
      found.append(
        PostgresNotification(
          channel: unsafe String(cString: notification.pointee.relname),
          payload: unsafe String(cString: notification.pointee.extra)
        )
      )
      unsafe PQfreemem(notification)
    }
    return found
  }

  // MARK: Waiting

  private func wait(for events: Int16, until deadline: ContinuousClock.Instant) throws(PostgresFault) -> Bool
  {
    try poll(events, orReadable: -1, until: deadline)
  }

  /// Returns whether the connection is ready.
  ///
  /// A descriptor of -1 means that there is no other descriptor.
  private func poll(
    _ events: Int16,
    orReadable other: Int32,
    until deadline: ContinuousClock.Instant
  ) throws(PostgresFault) -> Bool {
    let socket = unsafe PQsocket(connection)
    guard socket >= 0 else { throw lost() }
    var descriptors = [
      pollfd(fd: socket, events: events, revents: 0), pollfd(fd: other, events: Int16(POLLIN), revents: 0),
    ]
    while true {
      let left = ContinuousClock.now.duration(to: deadline) / .milliseconds(1)
      let limit = Int32(min(max(left.rounded(.up), 0), 86_400_000))
      let count = unsafe systemPoll(&descriptors, 2, limit)
      if count > 0 { return descriptors[0].revents != 0 }
      if count < 0, errno == EINTR { continue }
      guard count == 0 else { throw lost() }
      return false
    }
  }

  private func lost() -> PostgresFault {
    isBroken = true
    return PostgresFault(.connection, message: "the connection was lost")
  }

  private func late() -> PostgresFault {
    isBroken = true
    return PostgresFault(.connection, message: "the server didn't respond in time")
  }
}

private func systemPoll(_ list: UnsafeMutablePointer<pollfd>, _ count: UInt, _ limit: Int32) -> Int32 {
  unsafe poll(list, nfds_t(count), limit)
}
#endif
