internal import Synchronization

/// A counter that lets one failed connection fail only one request.
///
/// If a connection can't be established, async-http-client fails every request that waits for one, although all but one
/// of them have connections in progress. The first of these requests to ask takes the failure, and the others retry.
package final class ConnectFailures: Sendable {
  private let count = Atomic(0)

  package init() {}

  /// A mark of the current moment, to pass when a connection has failed.
  package var mark: Int { count.load(ordering: .sequentiallyConsistent) }

  /// Claims a failure, and returns whether no other request has claimed one since the mark.
  package func take(since mark: Int) -> Bool {
    count.compareExchange(expected: mark, desired: mark + 1, ordering: .sequentiallyConsistent).exchanged
  }
}
