import Smooven
import Testing

@Suite("URLs of the configuration") struct BaseURLTests {
  @Test(
    "White space at both ends is ignored, as environment variables often have some",
    arguments: ["\n", "\r", "\r\n", " ", "\t", "  \n"]
  )
  func trimmed(space: String) throws {
    for text in ["https://a.example/hooks\(space)", "\(space)https://a.example/hooks"] {
      #expect(try BaseURL(text, setting: "x").url == "https://a.example/hooks")
    }
  }

  @Test(
    "What isn't a URL is refused, and never encoded",
    arguments: [
      "https://a.example/ho oks", "https://a.example/hooks\u{200B}", "https://a.example/\u{A0}",
      "\u{FEFF}https://a.example",
      "https://a.example/h\nooks", "https://a.example/höhe", "https://bücher.example", "https://a.example/%",
      "https://a.example/%4",
      "https://a.example/%zz", "https://a.example/[x]", "https://a.example\\x", "https://a.ex%61mple",
      "https:///x", "https://",
      "https://[::1", "https://[1.2.3.4]", "https://[::1]x", "https://[::1/64]", "a.example", "//a.example",
      "ftp://a.example", "",
      "https://a@b.example", "https://a.example?x", "https://a.example/#x",
    ]
  )
  func refused(text: String) {
    let error = #expect(throws: SmoovenError.self) { try BaseURL(text, setting: "SMOOVEN_BASE_URL") }
    #expect(error?.code == .invalidConfiguration)
    #expect(error?.message.hasPrefix("SMOOVEN_BASE_URL: ") == true)
  }

  @Test("An error names the invisible character")
  func invisible() {
    let error = #expect(throws: SmoovenError.self) { try BaseURL("https://a.example\u{200B}", setting: "x") }
    #expect(error?.message.contains("U+200B") == true)
  }

  @Test(
    "An invalid port is refused, and isn't replaced by the default port",
    arguments: [
      "", "0", "65536", "99999999999999999999", "-1", "+1", "8x", "1:2", "80 ".replacing(" ", with: "%20"),
    ]
  )
  func port(text: String) {
    #expect(throws: SmoovenError.self) { try BaseURL("http://127.0.0.1:\(text)/", setting: "x") }
    #expect(throws: SmoovenError.self) { try BaseURL("http://[::1]:\(text)/", setting: "x") }
  }

  @Test("Parts of a URL", arguments: ["HTTPS", "https"])
  func parts(scheme: String) throws {
    let url = try BaseURL("\(scheme)://[2001:db8::1]:8443/a/%20b//", setting: "x")
    #expect(url.scheme == "https")
    #expect(url.host == "[2001:db8::1]")
    #expect(url.authority == "[2001:db8::1]:8443")
    #expect(url.path == "/a/%20b")
    #expect(url.url == "https://[2001:db8::1]:8443/a/%20b")
    #expect(!url.isLoopback)
    #expect(try BaseURL("http://127.8.9.1", setting: "x").isLoopback)
    #expect(try BaseURL("http://[::1]:65535", setting: "x").isLoopback)
  }
}
