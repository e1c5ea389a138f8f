/// The deduplication keys of one endpoint that are removed from a durable store in the same order.
package struct DeduplicationRing: Sendable, Hashable {
  /// The property that decides the order in which keys are removed.
  package enum Kind: Int64, Sendable {
    case signed, arrived, brief
  }

  package let endpoint: String
  package let kind: Kind

  package init(endpoint: String, kind: Kind) {
    self.endpoint = endpoint
    self.kind = kind
  }
}
