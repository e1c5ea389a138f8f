import AsyncHTTPClient
import NIOHTTP1
import SmoovenCallbacks
import Testing

@testable import SmoovenMCP

extension HTTPTests {
  @Test(
    "Headers that contradict a request about a task are refused",
    arguments: ["tasks/get", "tasks/update", "tasks/cancel"]
  )
  func taskMismatches(method: String) async throws {
    try await Self.with { port in
      let text = Self.request(method, ["taskId": "mcp-0.00"], tasks: true)
      let changes: [@Sendable (inout HTTPClientRequest) -> Void] = [
        { $0.headers.remove(name: "MCP-Protocol-Version") },
        { $0.headers.replaceOrAdd(name: "MCP-Protocol-Version", value: "2025-11-25") },
        { $0.headers.remove(name: "Mcp-Method") },
        { $0.headers.replaceOrAdd(name: "Mcp-Method", value: "tasks/list") },
        { $0.headers.add(name: "Mcp-Method", value: method) },
        { $0.headers.remove(name: "Mcp-Name") },
        { $0.headers.replaceOrAdd(name: "Mcp-Name", value: "mcp-0.01") },
        { $0.headers.replaceOrAdd(name: "Mcp-Name", value: "=?base64?bWNwLTAuMDE=?=") },
        { $0.headers.add(name: "Mcp-Name", value: "mcp-0.00") },
      ]
      for (index, change) in changes.enumerated() {
        let response = try await port.exchange(text, change)
        #expect(response.status == 400, "change \(index)")
        #expect(response.messages.first?["error"]?["code"] == -32020, "change \(index)")
      }
      // Without a contradiction, it's looked up. It may be in the other form.
      for name in ["mcp-0.00", "=?base64?bWNwLTAuMDA=?="] {
        let response = try await port.exchange(text) {
          $0.headers.replaceOrAdd(name: "Mcp-Name", value: name)
        }
        #expect(response.messages.last?["error"]?["code"] == -32602, "\(name)")
      }
    }
  }

  @Test("A subscription whose header names another method is refused")
  func subscriptionMismatch() async throws {
    try await Self.with { port in
      let response = try await port.exchange(
        Self.request("subscriptions/listen", ["notifications": ["taskIds": ["mcp-0.00"]]], tasks: true)
      ) { $0.headers.replaceOrAdd(name: "Mcp-Method", value: "tasks/get") }
      #expect(response.status == 400 && response.messages.first?["error"]?["code"] == -32020)
    }
  }
}
