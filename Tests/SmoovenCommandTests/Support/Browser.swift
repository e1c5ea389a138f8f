import Foundation
import SmoovenCallbacks

/// A real browser, driven by the WebDriver protocol over plain HTTP.
struct Browser: Sendable {
  struct Failure: Error, CustomStringConvertible { let description: String }

  private let url: String

  /// How the browser is set up.
  struct Settings: Sendable {
    var hasScripts = true
    var isDark = false
    var isPhone = false
  }

  /// Runs a browser while a closure runs.
  static func with<Result>(
    _ settings: Settings,
    _ body: (Browser) async throws -> Result
  ) async throws -> Result {
    try await SmoovenProcess.with(["--port=0"], as: .browserDriver) { driver in
      let port = try await driver.first { state in
        state.output.lazy.compactMap { line -> Int? in
          guard let range = line.range(of: "successfully on port ") else { return nil }
          return Int(line[range.upperBound...].prefix { $0.isNumber })
        }.first
      }
      let root = "http://127.0.0.1:\(port)"
      let created = try await call("POST", "\(root)/session", session(settings))
      guard let id = created["sessionId"]?.stringValue else {
        throw Failure(description: "no session: \(created)")
      }
      let browser = Browser(url: "\(root)/session/\(id)")
      do {
        // A tap doesn't wait for the page that it leads to.
        _ = try await browser.post("timeouts", ["implicit": 10_000])
        let result = try await body(browser)
        _ = try? await call("DELETE", browser.url)
        return result
      } catch {
        _ = try? await call("DELETE", browser.url)
        throw error
      }
    }
  }

  private static func session(_ settings: Settings) -> JSONValue {
    var arguments: [JSONValue] = [
      "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
    ]
    if settings.isDark { arguments.append("--blink-settings=preferredColorScheme=0") }
    var options: [String: JSONValue] = ["args": .array(arguments)]
    // Without scripts, the driver can't touch, so it gets a narrow window.
    if settings.isPhone, !settings.hasScripts {
      options["args"] = .array(arguments + ["--window-size=500,844"])
    }
    if settings.isPhone, settings.hasScripts {
      options["mobileEmulation"] = ["deviceMetrics": ["width": 390, "height": 844, "pixelRatio": 2.0]]
    }
    if !settings.hasScripts {
      options["prefs"] = ["profile.managed_default_content_settings.javascript": 2]
    }
    return ["capabilities": ["alwaysMatch": ["goog:chromeOptions": .object(options)]]]
  }

  func open(_ address: String) async throws { _ = try await post("url", ["url": .string(address)]) }

  var title: String { get async throws { try await get("title").stringValue ?? "" } }

  func text(_ selector: String) async throws -> String {
    try await get("element/\(try await element(selector))/text").stringValue ?? ""
  }

  func exists(_ selector: String) async throws -> Bool {
    let found = try await post("elements", ["using": "css selector", "value": .string(selector)])
    return found.arrayValue?.isEmpty == false
  }

  func click(_ selector: String) async throws {
    _ = try await post("element/\(try await element(selector))/click", [:])
  }

  func write(_ text: String, into selector: String) async throws {
    _ = try await post("element/\(try await element(selector))/value", ["text": .string(text)])
  }

  /// Presses keys one at a time, as on a keyboard.
  func press(_ keys: String...) async throws {
    let actions = keys.flatMap { key -> [JSONValue] in
      [["type": "keyDown", "value": .string(key)], ["type": "keyUp", "value": .string(key)]]
    }
    _ = try await post(
      "actions",
      ["actions": [["type": "key", "id": "keyboard", "actions": .array(actions)]]]
    )
  }

  func property(_ name: String, of selector: String) async throws -> JSONValue {
    try await get("element/\(try await element(selector))/property/\(name)")
  }

  func style(_ name: String, of selector: String) async throws -> String {
    try await get("element/\(try await element(selector))/css/\(name)").stringValue ?? ""
  }

  func rect(of selector: String) async throws -> (x: Double, width: Double, height: Double) {
    let rect = try await get("element/\(try await element(selector))/rect")
    let value = { rect[$0]?.doubleValue ?? 0 }
    return (value("x"), value("width"), value("height"))
  }

  /// A picture of the page, as PNG.
  var picture: Data {
    get async throws { Data(base64Encoded: try await get("screenshot").stringValue ?? "") ?? Data() }
  }

  private func element(_ selector: String) async throws -> String {
    let found = try await post("element", ["using": "css selector", "value": .string(selector)])
    guard let id = found.objectValue?.values.first?.stringValue else { throw Failure(description: selector) }
    return id
  }

  private func get(_ path: String) async throws -> JSONValue { try await Self.call("GET", "\(url)/\(path)") }

  private func post(_ path: String, _ body: JSONValue) async throws -> JSONValue {
    try await Self.call("POST", "\(url)/\(path)", body)
  }

  private static func call(
    _ method: String,
    _ url: String,
    _ body: JSONValue? = nil
  ) async throws -> JSONValue {
    let response = try await Requests.send(
      method,
      url,
      headers: ["Content-Type": "application/json"],
      body: try body.map { Array(try JSONEncoder().encode($0)) } ?? []
    )
    let json = try JSONValue(parsing: response.body)
    guard response.status == 200 else { throw Failure(description: "\(json)") }
    return json["value"] ?? .null
  }
}
