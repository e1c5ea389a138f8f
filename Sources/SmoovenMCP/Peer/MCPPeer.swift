internal import SmoovenCallbacks

/// The state of the protocol with one peer, which is the requests in progress and what may still be sent about them.
///
/// It's a value without clock, lock or I/O. Every request gets exactly one response, or none if it was cancelled.
struct MCPPeer: Sendable {
  /// The number of a call in progress.
  ///
  /// Unlike the peer's ids, it's never reused.
  typealias CallNumber = UInt64

  /// Work that takes time.
  enum Work: Sendable {
    case callTool(name: String, arguments: JSONValue?)
    case getTask(id: String)
    case acknowledgeTask(id: String)
    case listen(taskIDs: [String])
  }

  /// A call to start.
  struct Start: Sendable {
    var number: CallNumber
    var work: Work
    var era: Era
    var wantsProgress: Bool
    /// The context of the client's span as it was written, or empty if it sent none.
    var trace: [String: String] = [:]
  }

  /// The next thing to do.
  enum Step: Sendable {
    case write([UInt8])
    case start(Start)
    case cancel(CallNumber)
  }

  private struct Call: Sendable {
    var id: RPCID
    var era: Era
    var progressToken: JSONValue?
    var progress: Double?
    var isSubscription: Bool
  }

  private let identity: ServerIdentity
  private let maximumCalls: Int
  private var negotiated: String?
  private var calls: [CallNumber: Call] = [:]
  private var numbers: [RPCID: CallNumber] = [:]
  private var lastNumber: CallNumber = 0

  /// Creates the state for a peer that hasn't sent anything yet.
  ///
  /// - Parameters:
  ///   - identity: The server's description of itself.
  ///   - maximumCalls: The maximum number of calls in progress.
  ///   - negotiated: The revision of a legacy peer whose `initialize` isn't seen here.
  init(identity: ServerIdentity, maximumCalls: Int, negotiated: String? = nil) {
    self.identity = identity
    self.maximumCalls = maximumCalls
    self.negotiated = negotiated
  }

  /// The number of calls in progress.
  var callCount: Int { calls.count }

  /// Accepts a message.
  mutating func receive(_ bytes: [UInt8]) -> [Step] {
    receive(RPCMessage(bytes))
  }

  /// Accepts a message that was already parsed.
  mutating func receive(_ message: RPCMessage) -> [Step] {
    switch message {
    case .response: return []
    case .invalid(let error, let id): return [.write(RPCOutput.error(error, id: id))]
    case .notification("notifications/cancelled", let params):
      guard let id = RPCID(params?["requestId"]), let number = numbers[id] else { return [] }
      forget(number)
      return [.cancel(number)]
    case .notification: return []
    case .request(let request):
      guard numbers[request.id] == nil else {
        // Sent with no id, because this one belongs to the response of the call that has it.
        return [.write(RPCOutput.error(.invalidRequest("id is used by a request under way"), id: nil))]
      }
      do {
        return [try begin(request)]
      } catch {
        return [.write(RPCOutput.error(error, id: request.id))]
      }
    }
  }

  /// Accepts a line that was too long to keep.
  mutating func receiveTooLong(limit: Int) -> [Step] {
    [.write(RPCOutput.error(.parse("Parse error: a message may have at most \(limit) bytes"), id: nil))]
  }

  private mutating func begin(_ request: RPCRequest) throws(RPCError) -> Step {
    if request.method == "initialize" {
      let result = identity.initialized(request.params["protocolVersion"]?.stringValue)
      negotiated = result["protocolVersion"]?.stringValue
      return .write(RPCOutput.result(result, id: request.id))
    }
    let era = try Era(of: request, negotiated: negotiated)
    switch request.method {
    case "ping" where !era.isModern: return .write(RPCOutput.result([:], id: request.id))
    case "server/discover" where era.isModern: return complete(identity.discovery, request, era)
    case "tools/list": return complete(identity.toolList(era), request, era)
    case "tools/call": return try callTool(request, era)
    case "tasks/get", "tasks/update", "tasks/cancel", "subscriptions/listen":
      guard era.isModern else { throw .unknownMethod() }
      return try start(request, era, try taskWork(request, era))
    default: throw .unknownMethod()
    }
  }

  private func complete(_ result: JSONValue, _ request: RPCRequest, _ era: Era) -> Step {
    .write(RPCOutput.result(identity.complete(result, era), id: request.id))
  }

  private mutating func callTool(_ request: RPCRequest, _ era: Era) throws(RPCError) -> Step {
    guard let name = request.params["name"]?.stringValue else {
      throw .invalidParams("name must be a string")
    }
    guard identity.tools.contains(where: { $0["name"]?.stringValue == name }) else {
      throw .invalidParams("Unknown tool: \(name.prefix(128))")
    }
    guard calls.count < maximumCalls else {
      let busy = ToolFailure(
        "busy: too many calls are under way, so nothing was sent. Wait until one has ended, then call again."
      )
      return complete(busy.json, request, era)
    }
    return try start(request, era, .callTool(name: name, arguments: request.params["arguments"]))
  }

  private func taskWork(_ request: RPCRequest, _ era: Era) throws(RPCError) -> Work {
    if request.method == "subscriptions/listen" {
      guard let filter = request.params["notifications"], filter.objectValue != nil else {
        throw .invalidParams("notifications must be an object")
      }
      guard let ids = filter["taskIds"] else { return .listen(taskIDs: []) }
      guard era.hasTasks else { throw .tasksRequired }
      guard let ids = ids.arrayValue, ids.count <= 1_000, ids.allSatisfy({ $0.stringValue != nil }) else {
        throw .invalidParams("taskIds must be an array of at most 1,000 strings")
      }
      return .listen(taskIDs: ids.compactMap(\.stringValue))
    }
    guard era.hasTasks else { throw .tasksRequired }
    guard let id = request.params["taskId"]?.stringValue else {
      throw .invalidParams("taskId must be a string")
    }
    return request.method == "tasks/get" ? .getTask(id: id) : .acknowledgeTask(id: id)
  }

  private mutating func start(_ request: RPCRequest, _ era: Era, _ work: Work) throws(RPCError) -> Step {
    guard calls.count < maximumCalls else { throw .internalError("Busy: too many requests are under way") }
    let token = request.meta["progressToken"]
    var call = Call(id: request.id, era: era, isSubscription: false)
    if RPCID(token) != nil { call.progressToken = token }
    if case .listen = work { call.isSubscription = true }
    lastNumber += 1
    calls[lastNumber] = call
    numbers[request.id] = lastNumber
    let wantsProgress = call.progressToken != nil
    return .start(
      Start(number: lastNumber, work: work, era: era, wantsProgress: wantsProgress, trace: request.trace)
    )
  }

  private mutating func forget(_ number: CallNumber) {
    guard let call = calls.removeValue(forKey: number) else { return }
    numbers[call.id] = nil
  }
}

// The progress and the end of calls.
extension MCPPeer {
  /// Reports the progress of a call.
  ///
  /// - Returns: The message, or `nil` if the call has ended or its client didn't ask for progress.
  mutating func progress(
    _ number: CallNumber,
    _ progress: Double,
    total: Double?,
    message: String
  ) -> [UInt8]? {
    guard let call = calls[number], let token = call.progressToken else { return nil }
    // Two events in the same instant are still two steps.
    let next = max(progress, (call.progress ?? -1).nextUp)
    calls[number]?.progress = next
    var params: [String: JSONValue] = ["progressToken": token, "progress": .number(next)]
    params["total"] = total.map { .number(max($0, next)) }
    // Revisions before 2025-03-26 have no message.
    if call.era != .legacy(version: "2024-11-05") { params["message"] = .string(message) }
    return RPCOutput.notification("notifications/progress", params)
  }

  /// Sends a notification on the stream of a subscription.
  ///
  /// - Returns: The message, or `nil` if the subscription has ended.
  func notify(_ number: CallNumber, _ method: String, _ params: [String: JSONValue]) -> [UInt8]? {
    guard let call = calls[number], call.isSubscription else { return nil }
    var params = params
    params["_meta"] = [Era.subscriptionKey: call.id.json]
    return RPCOutput.notification(method, params)
  }

  /// Ends a call.
  ///
  /// - Returns: The response, or `nil` if the call was cancelled.
  mutating func finish(_ number: CallNumber, _ result: Result<JSONValue, RPCError>) -> [UInt8]? {
    guard let call = calls[number] else { return nil }
    forget(number)
    switch result {
    case .failure(let error): return RPCOutput.error(error, id: call.id)
    case .success(var json):
      if call.isSubscription, var members = json.objectValue {
        members["_meta"] = [Era.subscriptionKey: call.id.json]
        json = .object(members)
      }
      return RPCOutput.result(identity.complete(json, call.era), id: call.id)
    }
  }

  /// Ends all calls, because the peer has disconnected.
  ///
  /// None of them gets a response.
  ///
  /// - Returns: The calls that were in progress.
  mutating func close() -> [CallNumber] {
    defer {
      calls = [:]
      numbers = [:]
    }
    return calls.keys.sorted()
  }
}
