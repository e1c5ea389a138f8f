internal import CoreMetrics
internal import Smooven
internal import Tracing

/// The spans and the count of calls of tools.
///
/// The names are those of OpenTelemetry's conventions for the protocol, which are still in development.
struct CallTelemetry: Sendable {
  private let factory: any MetricsFactory
  private let explicitTracer: (any Tracer)?

  init(factory: (any MetricsFactory)? = nil, tracer: (any Tracer)? = nil) {
    self.factory = factory ?? MetricsSystem.factory
    explicitTracer = tracer
  }

  /// Carries out a call within a span, and counts it by its outcome.
  ///
  /// - Parameters:
  ///   - tool: The name of the tool, which is one of this library's.
  ///   - trace: The context of the client's span, as the client wrote it. Empty if it wrote none.
  ///   - call: The call.
  /// - Returns: The result of the call.
  func measure(
    _ tool: String,
    under trace: [String: String],
    _ call: () async -> ToolRunner.End
  ) async -> ToolRunner.End {
    let tracer = explicitTracer ?? InstrumentationSystem.tracer
    var context = ServiceContext.current ?? .topLevel
    if !trace.isEmpty { TraceCarrier.read(trace, into: &context, by: tracer) }
    return await tracer.withSpan("tools/call \(tool)", context: context, ofKind: .server) { span in
      span.attributes["mcp.method.name"] = "tools/call"
      span.attributes["gen_ai.tool.name"] = tool
      let end = await call()
      let outcome = Task.isCancelled ? "cancelled" : end.outcome
      span.attributes["smooven.outcome"] = outcome
      if case .failure = end.result { span.setStatus(SpanStatus(code: .error)) }
      Counter(
        label: "smooven_mcp_calls_total",
        dimensions: [("tool", tool), ("outcome", outcome)],
        factory: factory
      ).increment()
      return end
    }
  }
}

extension ToolRunner.End {
  /// The result of the call in a word.
  fileprivate var outcome: String {
    guard case .success(let json) = result else { return "error" }
    if json["isError"]?.boolValue == true { return "refused" }
    // The result is a task, which only a delivery under way has.
    if json["taskId"] != nil { return DeliveryReport.Outcome.waiting.rawValue }
    return json["structuredContent"]?["outcome"]?.stringValue ?? "explained"
  }
}
