import SmoovenSupport
import Testing

@Suite("User and password of a URL") struct URLCredentialsTests {
  @Test(
    "They become a header field, decoded",
    arguments: [
      ("http://u:p@h/x?y#z", "http://h/x?y#z", "Basic dTpw"), ("http://u@h", "http://h", "Basic dTo="),
      ("http://a%40b:p%3Aq@h:1/", "http://h:1/", "Basic YUBiOnA6cQ=="),
      ("http://u:p:q@h/", "http://h/", "Basic dTpwOnE="),
    ]
  )
  func split(url: String, rest: String, authorization: String) {
    let result = URLCredentials.split(url)
    #expect(result.url == rest && result.authorization == authorization)
  }

  @Test("Without them the URL stays", arguments: ["http://h/x@y", "http://h?u:p@x", "h", "", "http://h#@"])
  func none(url: String) {
    let result = URLCredentials.split(url)
    #expect(result.url == url && result.authorization == nil)
  }
}
