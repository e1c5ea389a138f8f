import Smooven

func notificationAPIEndpoint(token: Secret) -> CallbackEndpoint {
  CallbackEndpoint(.notificationAPI(), authentication: .token(token))
}

func waitForOpening(trackingID: String, on listener: CallbackListener) async throws -> DeliveryOutcome {
  try await listener.outcome(of: "notificationapi", id: trackingID, timeout: .seconds(600), until: .opened)
}

func pingramEndpoint(secret: Secret) throws -> CallbackEndpoint {
  CallbackEndpoint(try .pingram(secret))
}

func waitForText(trackingID: String, on listener: CallbackListener) async throws -> DeliveryOutcome {
  try await listener.outcome(of: "pingram", id: trackingID, timeout: .seconds(60))
}

/// Two projects, each with its own secret, and with the next one while the old one is being replaced.
func smartlyQEndpoints(shop: Secret, blog: Secret, nextBlog: Secret) throws -> [CallbackEndpoint] {
  [
    CallbackEndpoint(try .smartlyQ(shop), name: "smartlyq-shop"),
    CallbackEndpoint(try .smartlyQ(blog, nextBlog), name: "smartlyq-blog"),
  ]
}

func standardWebhooksEndpoint(secret: Secret) throws -> CallbackEndpoint {
  CallbackEndpoint(try .standardWebhooks(secret, name: "payments"))
}

func waitForPayment(id: String, on listener: CallbackListener) async throws -> DeliveryOutcome {
  let isPaid = DeliveryCriterion.matching { $0.name == "payment.succeeded" }
  return try await listener.outcome(of: "payments", id: id, timeout: .seconds(600), until: isPaid)
}

func standardWebhooksEndpoint(publicKey: String) throws -> CallbackEndpoint {
  CallbackEndpoint(try .standardWebhooks(publicKeys: publicKey, name: "payments"))
}

/// Waits until an incident is over, as the events of an MCP server say.
func waitForIncident(
  secret: Secret,
  on listener: CallbackListener,
  subscribe: @escaping @Sendable (_ url: String) async throws -> Void
) async throws -> DeliveryOutcome {
  let isOver = DeliveryCriterion.matching { $0.name == "incident.resolved" }
  return try await listener.expect(try .mcpEvents(secret), timeout: .seconds(600), until: isOver) {
    expected in
    try await subscribe(expected.callbackURL)
  }
}

/// Endpoints for unsigned callbacks, each with a different proof of the sender.
func unsignedEndpoints(token: Secret, password: Secret) -> [CallbackEndpoint] {
  [
    CallbackEndpoint(.notificationAPI(), authentication: .token(token)),
    CallbackEndpoint(
      .smobi(),
      name: "smobi-status",
      group: "smobi",
      authentication: .basic(user: "smobi", password: password)
    ),
    CallbackEndpoint(
      .smobi(),
      name: "smobi-inbound",
      group: "smobi",
      authentication: .addresses("192.0.2.0/24", "2001:db8::/32")
    ),
  ]
}
