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
    var nextFollower = 0
    var logWaiters = 0
    var isRunning = false
    var isListening = false
    var isClosed = false
    /// The places that were reported, and that the next poll finds again.
    var reported: Set<Int64> = []
    var reportedChanges: Set<PollChange> = []
    var sweptAt = ContinuousClock.now

    fileprivate mutating func beginListening() -> Bool {
      defer { isListening = true }
      return !isListening && !isClosed
    }
  }

  /// The work of the loop.
  struct Work: Sendable {
    var polls = true
    var registers = true
    var isClosed = false
    /// A count of the changes that may be of interest to readers of the log.
    var logChanges: UInt64 = 0
  }

  let tables: PostgresTables
  let replica: ReplicaID
  let configuration: PostgresStoreConfiguration
  let reader: PostgresConnection
  let telemetry: PostgresTelemetry
  let state = Mutex(State())
  let work = Watched(Work())
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
    let (id, isClosed) = state.withLock { state in
      state.nextFollower += 1
      state.followers[state.nextFollower] = Follower(interests: interests, news: news)
      return (state.nextFollower, state.isClosed)
    }
    if isClosed { news.update { $0.isClosed = true } }
    return (id, news)
  }

  func remove(_ id: Int) {
    state.withLock { _ = $0.followers.removeValue(forKey: id) }
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
    state.withLock { state in
      guard state.isRunning else { return }
      for event in report.stored { state.reported.insert(event.cursor.rawValue) }
      for token in report.changed {
        state.reportedChanges.insert(PollChange(token: token, place: report.place))
      }
    }
    guard !report.interests.isEmpty else { return }
    var byKey: [Int64: [ReplicaID]] = [:]
    for interest in report.interests { byKey[interest.key, default: []].append(interest.replica) }
    var messages: [ReplicaID: ReplicaMessage] = [:]
    var news = ReplicaNews()
    for event in report.stored {
      let keys = LookupKey.keys(event.callback).union([ReplicaInterests.logKey])
      for replica in Set(keys.flatMap { byKey[$0] ?? [] }) {
        if replica == self.replica {
          news.events.append(event)
        } else {
          messages[replica, default: ReplicaMessage()].positions.insert(event.cursor.rawValue)
        }
      }
    }
    for token in report.changed {
      for replica in byKey[LookupKey.token(token)] ?? [] {
        if replica == self.replica {
          // A single client knows what it wrote itself.
          if state.withLock({ $0.followers.count }) > 1 { news.add(token) }
        } else {
          messages[replica, default: ReplicaMessage()].hashes.insert(ReplicaMessage.hash(token))
        }
      }
    }
    tell(news)
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
        news.positions = message.positions.filter { state.reported.insert($0).inserted }
        for hash in message.hashes { if let token = state.interests.token(hash) { news.add(token) } }
        return news
      }
      if !message.positions.isEmpty { work.update { $0.logChanges &+= 1 } }
      tell(news)
    }
  }

  // MARK: Life

  func close() {
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

/// A delivery that was written by the transaction at a place.
struct PollChange: Sendable, Hashable {
  let token: DeliveryToken
  let place: Int64
}
#endif
