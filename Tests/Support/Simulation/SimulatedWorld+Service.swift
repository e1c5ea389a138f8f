internal import Foundation
internal import HTTPTypes
internal import Smooven
internal import SmoovenTesting
internal import Synchronization

/// A notification that the service carried out.
struct SimulatedNotification {
  let id: String
  let subject: String
  let token: DeliveryToken
  let isCritical: Bool
}

/// A callback that the service sends until it gets a 200, and sometimes once more.
struct SimulatedCallback {
  let id: String
  let event: String
  let channel: NotificationChannel
  let path: String
  let isPartners: Bool
  var due: Duration
  var happensAt: Duration
  /// What the desk sends, in place of a callback of Smooven.
  var deskBody: [UInt8]?
  var tries = 0
  var isDone = false
}

/// An event that the store's log accepted.
struct LoggedEvent {
  let callback: StoredCallback
  let at: Duration
  /// Whether it's about what one of our notifications did, and not a partner's claim.
  let notification: SimulatedNotification?
}

extension SimulatedWorld {
  /// Receives a POST, and decides its outcome and the callbacks that follow.
  func post(_ body: JSONValue, by client: Int) -> (SimulatedService.Reply, id: String) {
    let intent = body["intent"]?.stringValue ?? ""
    let subject = String(intent.split(separator: "/").first ?? "")
    let url = body["callback_url"]?.stringValue ?? ""
    let token = url.split(separator: "/").last.flatMap { DeliveryToken(String($0)) } ?? DeliveryToken()
    let isCritical = body["urgency"]?.stringValue == "critical"
    return state.withLock { state in
      let usual: [SimulatedService.Reply] = Array(repeating: .accepted, count: 10)
      let reply =
        state.isAfterwards
        ? .accepted
        : (usual + SimulatedService.Reply.allCases).randomElement(using: &state.random) ?? .accepted
      state.story?.append(
        "\(now / .seconds(1)) s: client \(client) sent \(subject), token \(token.text): \(reply)"
      )
      let id = "ntf_\(state.notifications.count)_\(name)"
      if reply == .refused { state.refusedSubjects.insert(subject) }
      if reply.mayBeCarriedOut { state.posts[subject, default: 0] += 1 }
      if let count = state.posts[subject], count > 1, !options.retriesUnclear {
        state.violations.append("\(name): \(subject) was sent \(count) times")
      }
      guard reply.isCarriedOut else { return (reply, id) }
      let notification = SimulatedNotification(id: id, subject: subject, token: token, isCritical: isCritical)
      state.notifications.append(notification)
      schedule(notification, &state)
      return (reply, id)
    }
  }

  private func schedule(_ notification: SimulatedNotification, _ state: inout State) {
    let normal: [[(String, NotificationChannel)]] = [
      [("sent", .sms), ("delivered", .sms)], [("delivered", .push)], [("queued", .sms)], [],
      [("sent", .email), ("delivered", .email), ("opened", .email), ("clicked", .email)],
      [("failed", .sms)], [("sent", .push), ("failed", .push)],
    ]
    let critical: [[(String, NotificationChannel)]] = [
      [("failed", .push), ("delivered", .sms)], [("failed", .push), ("failed", .sms)],
      [("delivered", .push)], [("failed", .sms)], [],
    ]
    let story = (notification.isCritical ? critical : normal).randomElement(using: &state.random) ?? []
    var time = now
    // The whole story uses either the token's URL or the default one.
    let hasToken = Int.random(in: 0..<10, using: &state.random) < 7
    for (event, channel) in story {
      time += .milliseconds(Int64.random(in: 0...20_000, using: &state.random))
      let path = hasToken ? "/callbacks/smooven/\(notification.token.text)" : "/callbacks/smooven"
      state.callbacks.append(
        SimulatedCallback(
          id: notification.id,
          event: "notification.\(event)",
          channel: channel,
          path: path,
          isPartners: false,
          due: time,
          happensAt: time
        )
      )
    }
    guard Int.random(in: 0..<3, using: &state.random) == 0 else { return }
    // If a partner's key signs something about our notification, it still belongs to the partner.
    let name = Bool.random(using: &state.random) ? "notification.delivered" : "notification.failed"
    let token = Bool.random(using: &state.random) ? "/\(notification.token.text)" : ""
    let due = now + .milliseconds(Int64.random(in: 0...10_000, using: &state.random))
    state.callbacks.append(
      SimulatedCallback(
        id: notification.id,
        event: name,
        channel: .sms,
        path: "/callbacks/partner\(token)",
        isPartners: true,
        due: due,
        happensAt: due
      )
    )
  }

  /// Returns the response of the status endpoint.
  func status(_ path: String) throws -> TransportResponse {
    if chance(0.2) { return response(500, ["success": false]) }
    let id = path.split(separator: "/").last.map(String.init) ?? ""
    let happened = state.withLock { state in
      state.callbacks.filter { $0.id == id && !$0.isPartners && $0.happensAt <= now }
    }
    let names = happened.map { $0.event.dropFirst("notification.".count) }
    let isCritical = state.withLock { state in state.notifications.first { $0.id == id }?.isCritical == true }
    let failures = names.count { $0 == "failed" }
    let status =
      names.contains { $0 != "failed" && $0 != "queued" && $0 != "sent" }
      ? "delivered" : failures > (isCritical ? 1 : 0) ? "failed" : "sent"
    let chain = happened.filter { $0.event == "notification.failed" }
      .map { callback -> JSONValue in ["channel": .string(callback.channel.rawValue), "status": "failed"] }
    return response(
      200,
      [
        "success": true, "notification_id": .string(id), "status": .string(status),
        "fallback_chain": .array(status == "failed" ? chain : []),
      ]
    )
  }

  /// Sends the callbacks that are due, each to one of the clients.
  func sendDueCallbacks() {
    let clients = open
    guard !clients.isEmpty else { return }
    let time = now
    let due = state.withLock { state in
      state.callbacks.indices.filter { state.callbacks[$0].due <= time && !state.callbacks[$0].isDone }
    }
    for index in due {
      let callback = state.withLock { state in
        state.callbacks[index].due = time + .seconds(5)
        state.callbacks[index].tries += 1
        return state.callbacks[index]
      }
      let client = clients[choose(0..<clients.count)].client
      Task { [self] in
        let request = request(callback)
        let status = await client.receiver.receive(request).status.code
        tell("\(callback.event) of \(callback.id) at \(callback.path): \(status)")
        let again = chance(0.1)
        state.withLock { state in
          state.callbacks[index].isDone = status == 200 && !again
          state.callbacks[index].due = now + .seconds(1)
        }
      }
    }
  }

  private func request(_ callback: SimulatedCallback) -> CallbackRequest {
    if let body = callback.deskBody {
      let head = HTTPRequest(method: .post, scheme: "https", authority: nil, path: callback.path)
      return CallbackRequest(head: head, body: body)
    }
    let fixture = SmoovenCallbackFixture(
      callback.event,
      notificationID: callback.id,
      channel: callback.channel,
      timestamp: Self.start.addingTimeInterval(callback.happensAt / .seconds(1))
    )
    return fixture.request(to: callback.path, secret: callback.isPartners ? Self.partnerKey : Self.key)
  }

  func note(logged callback: StoredCallback) {
    let time = now
    state.withLock { state in
      let event = callback.event
      let notification =
        event.group == "smooven"
        ? state.notifications.first { event.correlationIDs.contains($0.id) } : nil
      state.story?.append("\(time / .seconds(1)) s: logged \(event), token \(callback.token?.text ?? "-")")
      state.log.append(LoggedEvent(callback: callback, at: time, notification: notification))
    }
  }
}
