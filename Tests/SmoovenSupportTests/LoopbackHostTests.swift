import SmoovenSupport
import Testing

@Suite("Loopback hosts") struct LoopbackHostTests {
  @Test(
    "Names and addresses of this machine",
    arguments: [
      "localhost", "LOCALHOST:80", "127.0.0.1:4010", "127.8.9.10", "[::1]", "[::1]:1", "a.localhost:2",
    ]
  )
  func loopback(authority: String) {
    #expect(LoopbackHost.isLoopback(authority: authority))
  }

  @Test(
    "Everything else",
    arguments: [
      "evil.example", "evil.example:4010", "127.0.0.1.evil.example", "localhost.evil.example", "127.0.0.256",
      "127.1", "0127.0.0.1", "128.0.0.1", "", ":80", "[::2]", "[::1", "[::1]x", "127.0.0.1:", "127.0.0.1:x",
      "evil@127.0.0.1", "notlocalhost",
    ]
  )
  func foreign(authority: String) {
    #expect(!LoopbackHost.isLoopback(authority: authority))
  }
}
