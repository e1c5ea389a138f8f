import HTTPTypes
import Smooven

/// Asks before it deploys, and continues waiting if it's called again under the same key after a restart.
func mayDeploy(_ build: Int, _ smooven: SmoovenClient) async throws -> Bool {
  let outcome = try await smooven.ask(
    Question("Deploy build \(build) to production?", options: ["Deploy", "Not now"]),
    to: .user("sarah@example.com"),
    urgency: .high,
    timeout: .seconds(900),
    idempotencyKey: "deploy:\(build)"
  )
  switch outcome {
  case .answered(let reply): return reply.option == "Deploy"
  case .failed(let event): print("not asked: \(event.failure?.reason ?? "no reason given")")
  case .timedOut(let lastKnown, _): print("no answer; last known: \(lastKnown)")
  }
  return false
}

/// Asks by SMS, and accepts a reply to the message as well as an answer on the page.
func askCustomer(_ smooven: SmoovenClient) async throws -> Question.Reply? {
  try await smooven.ask(
    Question("Is Friday at ten fine?", options: ["Yes", "No"], allowsText: true),
    to: .sms("+15552223333"),
    timeout: .seconds(3_600),
    alsoFrom: .smobi(customer: "+15552223333", sender: "Our-Agent")
  ).reply
}

/// Responds to a request under the prefix at which a server mounts the receiver.
func respond(
  _ smooven: SmoovenClient,
  head: HTTPRequest,
  body: [UInt8],
  from address: String?
) async -> (HTTPResponse, [UInt8]) {
  let request = CallbackRequest(head: head, body: body, remoteAddress: address)
  let response = await smooven.receiver.response(to: request)
  return (response.head, response.body)
}
