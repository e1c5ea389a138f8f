import Foundation
import SmoovenCallbacks
import SmoovenTesting
import TestSupport
import Testing

/// The dashboard in a real browser.
@Suite("Dashboard in a browser", .throttled, .timeLimit(.minutes(5)), .needs(.chromium), .needs(.python))
struct DashboardBrowserTests {
  /// Runs a scenario against the page of `smooven listen`.
  private func listen(_ scenario: String, sandbox: String? = nil) async throws {
    try await Listening.with(["--secret", "smooven=\(Listening.key)", "--dashboard", "0"]) { listening in
      let link = try await listening.process.dashboardLink()
      try await Chromium.run("dashboard.py", [scenario, link, listening.url] + (sandbox.map { [$0] } ?? []))
    }
  }

  /// Runs a sandbox that doesn't wait.
  private func withSandbox(_ body: (SmoovenProcess) async throws -> Void) async throws {
    let arguments = ["sandbox", "--port", "0", "--time-scale", "0.001", "--dashboard", "0"]
    try await SmoovenProcess.with(arguments) { try await body($0) }
  }

  @Test("A notification through the sandbox appears live, and a forged callback with its reason")
  func live() async throws {
    try await withSandbox { try await listen("live", sandbox: try await $0.listeningURL()) }
  }

  @Test("A failed delivery of the sandbox is sent again, arrives and is selected")
  func redeliver() async throws {
    try await withSandbox { sandbox in
      let link = try await sandbox.dashboardLink()
      try await Chromium.run("dashboard.py", ["redeliver", link, try await sandbox.listeningURL()])
    }
  }

  @Test("The page of a sandbox is accessible, before and after a redelivery")
  func accessibleSandbox() async throws {
    try await withSandbox { sandbox in
      let link = try await sandbox.dashboardLink()
      try await Chromium.run("dashboard.py", ["accessible-sandbox", link, try await sandbox.listeningURL()])
    }
  }

  @Test("What a replay sends is on the page of the listener that receives it")
  func replayed() async throws {
    let file = TemporaryFile()
    let secret = ["--secret", "smooven=\(Listening.key)"]
    try await Listening.with(secret + ["--capture", file.path]) { listening in
      for event in ["queued", "sent", "delivered"] {
        let status = try await listening.send("notification.\(event)", id: "ntf_8vk2q0m4")
        #expect(status == 200)
      }
      let forged = SmoovenCallbackFixture("notification.opened", notificationID: "ntf_8vk2q0m4")
      let status = try await Requests.callBack(listening.callbackURL, forged, key: "sk_live_of_another")
      #expect(status == 401)
    }
    try await Listening.with(secret + ["--dashboard", "0"]) { listening in
      let replay = try await SmoovenProcess.run(
        ["replay", file.path, "--to", listening.url, "--resign", "--shift-time", "--as-new"] + secret
      )
      #expect(replay.exitCode == 0, "\(replay.output)")
      let id = try #require(
        try await listening.events(count: 3).first?["correlation_ids"]?.arrayValue?.first?.stringValue
      )
      #expect(id.hasPrefix("ntf_8vk2q0m4_"))
      let link = try await listening.process.dashboardLink()
      try await Chromium.run("dashboard.py", ["replayed", link, id])
    }
  }

  @Test(
    "In the page of a listener",
    arguments: [
      "redeliver-callback", "keyboard", "tabs", "hostile", "accessible", "scroll", "refused", "gap", "why",
      "pictures",
    ]
  )
  func listener(scenario: String) async throws { try await listen(scenario) }
}

extension SmoovenProcess {
  /// The link to its dashboard, once it says on standard error that there is one.
  func dashboardLink() async throws -> String {
    let prefix = "dashboard: "
    let line = try await first { state in state.errors.first { $0.hasPrefix(prefix) } }
    return String(line.dropFirst(prefix.count))
  }
}
