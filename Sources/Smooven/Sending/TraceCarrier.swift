package import Tracing

/// The context of a span as text, so that a callback that arrives later, perhaps in another process, can link to it.
package enum TraceCarrier {
  private struct Writer: Injector {
    func inject(_ value: String, forKey key: String, into carrier: inout [String: String]) {
      carrier[key] = value
    }
  }

  private struct Reader: Extractor {
    func extract(key: String, from carrier: [String: String]) -> String? { carrier[key] }
  }

  /// Baggage is the caller's, and may be personal.
  private static let excluded = "baggage"
  /// A `traceparent` has 55 bytes, and a `tracestate` at most 512.
  private static let maximumSize = 1_024

  /// Writes the context of a span, or `nil` if its tracer writes nothing, or too much to keep.
  static func carrier(of span: any Span, by tracer: any Tracer) -> [String: String]? {
    var carrier: [String: String] = [:]
    tracer.inject(span.context, into: &carrier, using: Writer())
    carrier = carrier.filter { $0.key.lowercased() != excluded }
    let size = carrier.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
    return carrier.isEmpty || size > maximumSize ? nil : carrier
  }

  /// The link to a span whose context was written.
  static func link(to carrier: [String: String], by tracer: any Tracer) -> SpanLink {
    var context = ServiceContext.topLevel
    read(carrier, into: &context, by: tracer)
    return SpanLink(context: context, attributes: [:])
  }

  /// Reads the context of a span that was written by another process.
  package static func read(
    _ carrier: [String: String],
    into context: inout ServiceContext,
    by tracer: any Tracer
  ) {
    tracer.extract(carrier, into: &context, using: Reader())
  }
}
