import HTTPTypes
import Smooven

/// Receives the callbacks of other systems on the client's own port.
func configurationWithEndpoints(
  secretKey: Secret,
  smartlyQSecret: Secret,
  smobiToken: Secret
) throws -> SmoovenConfiguration {
  SmoovenConfiguration(
    secretKey: secretKey,
    listener: .init(port: 8080, publicURL: "https://agent.example.com"),
    endpoints: [
      // At /callbacks/smartlyq, signed.
      CallbackEndpoint(try .smartlyQ(smartlyQSecret)),
      // At /callbacks/smobi/<token>, because Smobi doesn't sign.
      CallbackEndpoint(.smobi(), authentication: .token(smobiToken)),
    ],
    // Keeps callbacks for waits that begin after them.
    limits: DeliveryLimits(earlyEvents: .always)
  )
}

/// Waits for a text message that was sent with your own `clientRef`.
func waitForText(clientRef: String, on listener: CallbackListener) async throws -> DeliveryOutcome {
  try await listener.outcome(of: "smobi", id: clientRef, timeout: .seconds(60))
}

/// Waits for one job, with its own callback URL and secret.
func runJob(
  on listener: CallbackListener,
  secret: Secret,
  start: @escaping @Sendable (_ callbackURL: String) async throws -> Void
) async throws -> DeliveryOutcome {
  try await listener.expect(try .smartlyQ(secret), timeout: .seconds(600)) { expected in
    try await start(expected.callbackURL)
  }
}

func watchReplies(_ smooven: SmoovenClient) async {
  for await event in smooven.receiver.events(from: ["smobi"], kinds: [.replied]) {
    if let message = SmobiInboundMessage(event) { print(message.text ?? "a reply without text") }
  }
}
