import HTTPTypes
import Smooven

/// Callbacks arrive at a server that you already have, under `/hooks`.
func mountedClient(secretKey: Secret) throws -> SmoovenClient {
  try SmoovenClient(
    configuration: SmoovenConfiguration(
      secretKey: secretKey,
      listener: .mounted(publicURL: "https://agent.example.com/hooks")
    )
  )
}

/// Call this from the route `/hooks/callbacks/**` of Vapor, Hummingbird or a Lambda.
func answer(
  _ head: HTTPRequest,
  body: [UInt8],
  from address: String?,
  with smooven: SmoovenClient
) async -> HTTPResponse {
  await smooven.receiver.receive(CallbackRequest(head: head, body: body, remoteAddress: address))
}
