#if PostgresSupport
internal import DequeModule

/// The writes that wait, and what the batches in progress write, as a value.
///
/// The writes of a batch share a transaction. Batches in different lanes are in progress at the same time. A second lane
/// opens only if many writes wait, because a batch costs the server more than some of its rows.
struct WriteBacklog<Job: Sendable>: Sendable {
  /// The maximum number of calls in a batch, and the approximate maximum number of bytes that it sends.
  ///
  /// What fits into the system's buffers reaches the server even if this process is stopped.
  private static var batchLimit: Int { 512 }
  private static var sizeLimit: Int { 256 * 1_024 }
  /// The number of waiting writes at which another lane opens.
  private static var crowd: Int { 16 }

  private typealias Waiting = (operation: WriteOperation, job: Job)

  private let laneCount: Int
  private var waiting: Deque<Waiting> = []
  /// The operations that are being written, by open lane.
  private var lanes: [Int: Set<WriteOperation.Identity>] = [:]

  /// Creates a backlog with a number of lanes.
  init(laneCount: Int) { self.laneCount = laneCount }

  /// The number of writes that wait.
  var count: Int { waiting.count }

  /// Whether nothing is waiting or in progress.
  var isIdle: Bool { lanes.isEmpty }

  /// Adds a write, and returns the lane that must be opened for it, if any.
  mutating func add(_ operation: WriteOperation, _ job: Job) -> Int? {
    waiting.append((operation, job))
    guard lanes.isEmpty || waiting.count >= Self.crowd else { return nil }
    guard let lane = (0..<laneCount).first(where: { lanes[$0] == nil }) else { return nil }
    lanes[lane] = []
    return lane
  }

  /// Ends a lane's batch, and returns its next one, or closes the lane and returns `nil`.
  mutating func next(in lane: Int) -> [Job]? {
    lanes[lane] = nil
    // What other lanes write, and what a batch may not write after what comes before it.
    var taken = lanes.values.reduce(into: Set()) { $0.formUnion($1) }
    var mine = Set<WriteOperation.Identity>()
    var (batch, heldBack): ([Job], [Waiting]) = ([], [])
    var size = 0
    while batch.count < Self.batchLimit, size < Self.sizeLimit, let next = waiting.popFirst() {
      let identities = next.operation.identities
      guard taken.isDisjoint(with: identities) else {
        taken.formUnion(identities)
        heldBack.append(next)
        continue
      }
      // A second write of the same must see the result of the first one.
      taken.formUnion(identities.filter { !$0.isShared })
      mine.formUnion(identities)
      size += next.operation.size
      batch.append(next.job)
    }
    waiting.prepend(contentsOf: heldBack)
    // What was held back is written by a lane that is still open.
    guard !batch.isEmpty else { return nil }
    lanes[lane] = mine
    return batch
  }
}
#endif
