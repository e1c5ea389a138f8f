internal import HTTPTypes
internal import Smooven
internal import SmoovenDashboard
internal import SmoovenHTTP

internal import struct Foundation.Date

extension SmoovenDashboard.Actions {
  /// Returns the actions on the page of a receiver: deliver again, explain, and trigger.
  ///
  /// - Parameters:
  ///   - receiver: The receiver.
  ///   - handler: The handler of the requests to its port, such as one that also forwards them.
  ///   - secrets: The secrets of the providers.
  ///   - triggers: Whether callbacks can be triggered. They can't be distinguished from real ones, so not where something
  ///     waits for those.
  /// - Returns: The actions.
  static func of(
    _ receiver: CallbackReceiver,
    handler: any HTTPServerHandler,
    secrets: [KnownProvider: [Secret]],
    triggers: Bool
  ) -> Self {
    var actions = redelivering(to: receiver)
    actions.redeliver = { await handler.status(of: $0) }
    actions.diagnose = { rejection, request, at in
      guard rejection.reason == "no_match",
        let known = rejection.provider.flatMap(KnownProvider.init(rawValue:)), let secrets = secrets[known]
      else {
        return []
      }
      let diagnosis = SignatureDiagnosis(of: request, secrets: secrets, at: at) { secrets in
        try? known.provider(secrets)
      }
      return diagnosis.hints
    }
    let choices = secrets.keys.sorted { $0.name < $1.name }
    guard triggers else { return actions }
    actions.trigger = DashboardTrigger(choices: choices.map { ($0.name, SampleCallback.events(of: $0)) }) {
      name,
      event,
      id in
      guard let known = KnownProvider(rawValue: name) else { return HTTPResponse.Status.notFound.code }
      let now = Date()
      let id = id ?? SampleCallback.freshID("test")
      let body = SampleCallback(event, provider: known, id: id, now: now).body
      let path = receiver.path(ofEndpoint: name)
      var head = HTTPRequest(method: .post, scheme: "http", authority: "localhost", path: path)
      head.headerFields[.contentType] = "application/json"
      let fields = try known.signing(secrets[known] ?? [])?
        .sign(body, id: SampleCallback.freshID("msg"), at: now)
      for field in fields ?? [:] { head.headerFields.append(field) }
      return await handler.status(of: CallbackRequest(head: head, body: body)).code
    }
    return actions
  }
}

extension HTTPServerHandler {
  /// The status of the response to a request that didn't come over the network.
  fileprivate func status(of request: CallbackRequest) async -> HTTPResponse.Status {
    let request = HTTPServerRequest(
      head: request.head,
      body: request.body,
      remoteAddress: request.remoteAddress
    )
    let reply =
      switch answer(request) {
      case .now(let reply): reply
      case .later(let work): await work()
      }
    return if case .response(let response) = reply { response.head.status } else { .serviceUnavailable }
  }
}
