import SmoovenHTTP
import Testing

@Suite("Hosts")
struct HostsTests {
  @Test(
    "On loopback, only names of this machine with the port are admitted",
    arguments: [
      ("127.0.0.1:4041", true), ("localhost:4041", true), ("LOCALHOST:4041", true), ("[::1]:4041", true),
      ("evil.example", false), ("evil.example:4041", false), ("127.0.0.1:80", false), ("127.0.0.1", false),
      ("localhost.evil.example:4041", false), ("127.0.0.1.evil.example:4041", false), ("", false),
      ("192.168.1.2:4041", false), ("[::2]:4041", false), ("localhost:", false), ("localhost:+4041", false),
      ("localhost:04041x", false), ("localhost:99999999999999999999", false),
      ("evil.example#localhost:4041", false),
      ("[", false), ("]:4041", false), (":4041", false),
    ]
  )
  func loopback(authority: String, isAdmitted: Bool) {
    let hosts = HTTPHosts(boundTo: HTTPServerAddress(host: "127.0.0.1", port: 4041))
    #expect(hosts.admits(authority) == isAdmitted)
    #expect(!hosts.admits(nil))
  }

  @Test(
    "Bound to all addresses, it's addressed by any of them, and by no name",
    arguments: [
      ("192.168.1.2:4041", true), ("[fe80::1]:4041", true), ("localhost:4041", true),
      ("evil.example:4041", false), ("192.168.1.2:4042", false), ("1.2.3.4.5:4041", false),
      ("+1.2.3.4:4041", false), ("256.1.1.1:4041", false), ("[evil.example]:4041", false),
    ]
  )
  func allAddresses(authority: String, isAdmitted: Bool) {
    let hosts = HTTPHosts(boundTo: HTTPServerAddress(host: "0.0.0.0", port: 4041))
    #expect(hosts.admits(authority) == isAdmitted)
  }

  @Test("Names that were given are admitted as they are, and with an unknown port loopback with any")
  func names() {
    let hosts = HTTPHosts(boundTo: nil, names: ["Admin.example.com", "dash.example:8443"])
    for authority in ["admin.example.com", "dash.example:8443", "localhost:1", "127.0.0.1"] {
      #expect(hosts.admits(authority), "\(authority)")
    }
    for authority in ["dash.example", "admin.example.com:81", "10.0.0.1"] {
      #expect(!hosts.admits(authority), "\(authority)")
    }
  }

  @Test(
    "An origin belongs to the host that it names",
    arguments: [
      ("http://localhost:4041", true), ("https://LOCALHOST:4041", true), ("null", false),
      ("http://localhost", false), ("http://evil.example", false),
      ("http://localhost:4041.evil.example", false),
    ]
  )
  func origin(origin: String, isOwn: Bool) {
    #expect(HTTPHosts.isOwn(origin: origin, authority: "localhost:4041") == isOwn)
  }
}
