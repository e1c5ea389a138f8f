#if PostgresSupport
internal import Logging
internal import Smooven
internal import SmoovenSupport
internal import Synchronization

/// The hub that knows what this replica waits for, and delivers what others have stored.
///
/// *Write, commit, then look*: a wait commits its interest and then reads the log, and an append commits the event and
/// then reads who is interested. The one that commits second sees the other. If a notification is lost, a poll finds
/// its content anyway.
final class ReplicaHub: Sendable {
  struct Follower: Sendable {
    let interests: DeliveryInterests
    let news: Watched<ReplicaNews>
  }

  struct State: Sendable {
    var interests = ReplicaInterests()
    var followers: [Int: Follower] = [:]
    /// The number of the last follower, counted from 1.
    var lastFollower = 0
    /// Whether there was ever more than one follower, so that another client may write.
    var hasSeveral: Bool { lastFollower > 1 }
    var logWaiters = 0
    var isRunning = false
    var isListening = false
    var isClosed = false
    /// The places that were already reported, and that the next poll finds again.
    var reported = ReportedPlaces<Int64>()
    var reportedChanges = ReportedPlaces<PollChange>()
    var sweptAt = ContinuousClock.now

    fileprivate mutating func beginListening() -> Bool {
      defer { isListening = true }
      return !isListening && !isClosed
    }
  }

  /// The work of the loop.
  struct Work: Sendable {
    /// Whether time has passed.
    var ticks = true
    var registers = true
    var isClosed = false
    /// A count of the changes that may be of interest to readers of the log.
    var logChanges: UInt64 = 0

    var isWanted: Bool { ticks || registers || isClosed }

    /// Removes and returns the work that is to be done now, so that it isn't done twice.
    ///
    /// In one step: what was wanted between two would be forgotten.
    mutating func take() -> Work {
      defer { (ticks, registers) = (false, false) }
      return self
    }
  }

  let tables: PostgresTables
  let replica: ReplicaID
  let configuration: PostgresStoreConfiguration
  let reader: PostgresConnection
  let telemetry: PostgresTelemetry
  let state = Mutex(State())
  let work = Watched(Work())
  let outage = Mutex(StoreOutage())
  private let listener: ReplicaListener?

  init(
    tables: PostgresTables,
    replica: ReplicaID,
    configuration: PostgresStoreConfiguration,
    reader: PostgresConnection,
    listener: ReplicaListener?,
    telemetry: PostgresTelemetry
  ) {
    self.tables = tables
    self.replica = replica
    self.configuration = configuration
    self.reader = reader
    self.listener = listener
    self.telemetry = telemetry
  }

  // MARK: Followers

  func add(_ interests: DeliveryInterests) -> (id: Int, news: Watched<ReplicaNews>) {
    let news = Watched(ReplicaNews(isEverything: true))
    let (id, isClosed, first) = state.withLock { state in
      let first = state.hasSeveral ? nil : state.followers.values.first
      state.lastFollower += 1
      state.followers[state.lastFollower] = Follower(interests: interests, news: news)
      return (state.lastFollower, state.isClosed, first)
    }
    // What the second client wrote before it followed wasn't reported to the first.
    first?.news.update { $0.isEverything = true }
    if isClosed { news.update { $0.isClosed = true } }
    return (id, news)
  }

  func remove(_ id: Int) {
    state.withLock { _ = $0.followers.removeValue(forKey: id) }
    // The polling that goes on reports what still fails.
    outage.withLock { _ = $0.recover(.following(id)) }
  }

  /// Passes news to all followers.
  func tell(_ news: ReplicaNews) {
    guard !news.isEmpty else { return }
    for follower in state.withLock({ Array($0.followers.values) }) { follower.news.update { $0.merge(news) } }
  }

  // MARK: What this replica wrote

  /// Informs the replicas that are interested in what a transaction wrote.
  func note(_ report: WriteReport) {
    if report.wasUnknown, state.withLock({ $0.interests.hasCommitted }) {
      telemetry.countLostLease()
      work.update { $0.registers = true }
    }
    if !report.stored.isEmpty { work.update { $0.logChanges &+= 1 } }
    guard !report.interests.isEmpty else { return }
    var byKey: [Int64: [ReplicaID]] = [:]
    for interest in report.interests { byKey[interest.key, default: []].append(interest.replica) }
    var messages: [ReplicaID: ReplicaMessage] = [:]
    var news = ReplicaNews()
    for stored in report.stored {
      var replicas = Set(byKey[ReplicaInterests.logKey] ?? [])
      for key in stored.keys { replicas.formUnion(byKey[key] ?? []) }
      if replicas.remove(replica) != nil { news.events.append(stored.event) }
      for replica in replicas { messages[replica, default: ReplicaMessage()].positions.insert(stored.place) }
    }
    for token in report.changed {
      for replica in byKey[LookupKey.token(token)] ?? [] {
        if replica == self.replica {
          news.add(token)
        } else {
          messages[replica, default: ReplicaMessage()].hashes.insert(ReplicaMessage.hash(token))
        }
      }
    }
    let mayBeAnothers = state.withLock { [news] state in
      if state.isRunning {
        for event in news.events { state.reported.insert(event.cursor.rawValue) }
        for token in news.tokens {
          state.reportedChanges.insert(PollChange(token: token, place: report.place))
        }
      }
      return state.hasSeveral
    }
    // A client that was always the only one knows what it wrote itself, so no poll has to report it either.
    if mayBeAnothers { tell(news) }
    // A process that only appends sends notifications too.
    if !messages.isEmpty { listen() }
    for (replica, message) in messages { listener?.send(message, to: replica) }
  }

  // MARK: What others wrote

  /// Handles what the listener noticed.
  func note(_ notice: ReplicaListener.Notice) {
    switch notice {
    case .connected: work.update { $0.registers = true }
    case .message(let message):
      let news = state.withLock { state in
        var news = ReplicaNews()
        news.positions = message.positions.filter { state.reported.insert($0) }
        for hash in message.hashes { if let token = state.interests.token(hash) { news.add(token) } }
        return news
      }
      if !message.positions.isEmpty { work.update { $0.logChanges &+= 1 } }
      tell(news)
    }
  }

  // MARK: Life

  /// Accepts that the store is being closed, so that what fails from now on isn't logged.
  func expectClosing() { outage.withLock { $0.close() } }

  func close() {
    expectClosing()
    let followers = state.withLock { state in
      state.isClosed = true
      return Array(state.followers.values)
    }
    for follower in followers { follower.news.update { $0.isClosed = true } }
    work.update { $0.isClosed = true }
    listener?.stop()
  }

  /// Polls, and listens as soon as there is a follower, until closed.
  func start(_ write: @escaping @Sendable (WriteOperation) async throws -> WriteResult) {
    state.withLock { $0.isRunning = true }
    Task { await run(write) }
  }

  /// Starts listening, if nothing is listening yet.
  func listen() {
    guard let listener, state.withLock({ $0.beginListening() }) else { return }
    Task { await listener.run { [self] notice in note(notice) } }
  }
}
#endif
