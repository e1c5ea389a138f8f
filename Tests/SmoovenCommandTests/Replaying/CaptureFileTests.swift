import Foundation
import HTTPTypes
import Smooven
import SmoovenHTTP
import SmoovenSupport
import Testing

@testable import SmoovenCommand

@Suite("Captures") struct CaptureFileTests {
  private static let secret: Secret = "whsec_c2VjcmV0/c2VjcmV0+c2VjcmV0"

  private func request(
    _ body: [UInt8],
    path: String = "/callbacks/smobi/0123456789abcdef",
    _ fields: HTTPFields = [:]
  )
    -> HTTPServerRequest
  {
    HTTPServerRequest(
      head: HTTPRequest(method: .post, scheme: "http", authority: "h:1", path: path, headerFields: fields),
      body: body
    )
  }

  private var note: CallbackNote {
    CallbackNote(endpoint: "smobi", events: [], status: 200, result: .accepted(.unmatched))
  }

  private func capture(_ requests: HTTPServerRequest...) throws -> (lines: [String], capture: Capture) {
    let file = TemporaryFile()
    let writer = try CaptureFile(path: file.path, secrets: [Self.secret])
    for request in requests { writer.write(request, note) }
    let lines = try String(contentsOfFile: file.path, encoding: .utf8).split(separator: "\n").map(String.init)
    return (lines, try Capture(path: file.path))
  }

  @Test(
    "Bodies come back byte by byte",
    arguments: [
      "{\"a\":\"é ❤ \u{202E}\"}\r\n", "", "{ \"n\" : 1.0 }", "\u{FEFF}x", "\u{0}", "e\u{301} é",
    ]
  )
  func bodies(text: String) throws {
    let body = Array(text.utf8)
    #expect(try capture(request(body)).capture.lines.map(\.exchange.bytes) == [body])
  }

  @Test("Bytes that aren't text come back too")
  func binary() throws {
    let (lines, capture) = try capture(request([0xFF, 0x00, 0x80]))
    #expect(lines[0].contains("body_base64"))
    #expect(capture.lines[0].exchange.bytes == [0xFF, 0x00, 0x80])
  }

  @Test("The file has no credentials of a request, and keeps what they prove")
  func redaction() throws {
    let secret = Self.secret.exposedText
    var fields: HTTPFields = [.authorization: "Bearer sk_live_0123456789", .cookie: "session=0123456789"]
    for (name, value) in [
      ("X-Api-Key", "k-0123456789"), ("X-Odd", "a \(secret) b"), ("webhook-signature", "v1,abc="),
    ] {
      if let name = HTTPField.Name(name) { fields[name] = value }
    }
    let body = #"{"a":"\#(secret)","b":"\#(secret.replacing("/", with: "\\/"))"}"#
    let (lines, capture) = try capture(
      request(Array(body.utf8), path: "/callbacks/smobi/0123456789abcdef?key=0123456789", fields),
      request([0xFF] + Array(secret.utf8))
    )
    for text in ["0123456789", "c2VjcmV0"] { #expect(!lines.joined().contains(text), "\(lines)") }
    let exchange = capture.lines[0].exchange
    #expect(exchange.redacted == [.body] && exchange.endpoint == "smobi")
    #expect(exchange.headers.contains(["webhook-signature", "v1,abc="]))
    #expect(exchange.headers.first == ["Host", "h:1"])
    #expect(exchange.answer == CapturedExchange.Answer(status: 200, disposition: "unmatched"))
  }

  @Test("With people redacted, recipients are shortened, and unreadable bodies are left out")
  func people() throws {
    let file = TemporaryFile()
    let writer = try CaptureFile(path: file.path, secrets: [Self.secret], hidesPeople: true)
    let bodies = [
      #"{"to": "\u002B61400111222", "n": 1.0, "text": "for +61400111222, \#(Self.secret.exposedText)"}"#,
      #"{"status": "sent",  "n": 1.0}"#, "to=%2B61400111222", "",
    ]
    for (index, body) in bodies.enumerated() {
      let fields: HTTPFields = index == 0 ? [.userAgent: "for 61400111222"] : [:]
      writer.write(request(Array(body.utf8), fields), note)
    }
    let text = try String(contentsOfFile: file.path, encoding: .utf8)
    for part in ["400111", "c2VjcmV0"] { #expect(!text.contains(part), "\(text)") }
    let exchanges = try Capture(path: file.path).lines.map(\.exchange)
    #expect(
      exchanges.map(\.body) == [
        #"{"to": "+6…22", "n": 1.0, "text": "for +6…22, [redacted]"}"#, bodies[1], "", "",
      ]
    )
    #expect(exchanges.map(\.redacted) == [[.people, .body], nil, [.people], nil])
    #expect(exchanges[0].headerFields[.userAgent] == "for 61…22")
  }

  @Test("An incomplete last line is skipped, and the next process begins a new one")
  func torn() throws {
    let file = TemporaryFile()
    try CaptureFile(path: file.path, secrets: []).write(request([1]), note)
    let whole = try Data(contentsOf: URL(filePath: file.path))
    try (whole + whole.dropLast(20)).write(to: URL(filePath: file.path))
    let torn = try Capture(path: file.path)
    #expect(torn.lines.map(\.number) == [1] && torn.skipped == [2])
    #expect(torn.skipMessage == "skipped line 2: not a whole exchange")
    try CaptureFile(path: file.path, secrets: []).write(request([2]), note)
    let capture = try Capture(path: file.path)
    #expect(capture.lines.map(\.number) == [1, 3] && capture.skipped == [2])
    #expect(capture.lines.map(\.exchange.bytes) == [[1], [2]])
  }

  @Test("A file of a later version, and one without exchanges, are clear errors")
  func foreign() throws {
    for (text, part) in [
      (#"{"v":2,"x":1}"#, "version 2"), ("", "no captured request"), ("x\ny", "no captured request"),
    ] {
      let file = TemporaryFile()
      try Data(text.utf8).write(to: URL(filePath: file.path))
      let error = #expect(throws: Capture.Failure.self) { try Capture(path: file.path) }
      #expect(error?.description.contains(part) == true)
    }
  }

  @Test("Only its owner may read a capture, and a path that can't be written is an error")
  func permissions() throws {
    let file = TemporaryFile()
    _ = try CaptureFile(path: file.path, secrets: [])
    let attributes = try FileManager.default.attributesOfItem(atPath: file.path)
    #expect((attributes[.posixPermissions] as? Int) == 0o600)
    let error = #expect(throws: CaptureFile.Failure.self) { try CaptureFile(path: "/nowhere/x", secrets: []) }
    #expect(error?.description == "cannot write /nowhere/x: No such file or directory")
  }

  @Test("A full disk is noticed", .enabled(if: OutputFailureTests.hasFullDisk))
  func fullDisk() async throws {
    let writer = try CaptureFile(path: "/dev/full", secrets: [])
    writer.write(request([1]), note)
    try await writer.untilItFails()
    #expect(writer.failure?.description == "cannot write /dev/full: No space left on device")
  }
}
