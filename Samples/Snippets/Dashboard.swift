import HTTPTypes
import Smooven
import SmoovenDashboard

/// A page at `https://admin.example.com/smooven/` for people who are signed in there.
func dashboard(of journal: DeliveryJournal) -> SmoovenDashboard {
  SmoovenDashboard(
    journal: journal,
    access: .custom { request in isSignedIn(request) },
    hosts: ["admin.example.com"]
  )
}

/// Call this from the route `/smooven/**`, with the path below it.
func answer(
  _ head: HTTPRequest,
  body: [UInt8],
  from dashboard: SmoovenDashboard,
  write: (_ head: HTTPResponse, _ piece: [UInt8]) async throws -> Void
) async throws {
  let reply = await dashboard.respond(to: head, body: body)
  guard let events = reply.events else { return try await write(reply.head, reply.body) }
  for await piece in events { try await write(reply.head, piece) }
}

private func isSignedIn(_ request: HTTPRequest) -> Bool { request.headerFields[.cookie] != nil }
