import HTTPTypes
import SmoovenHTTP
import Testing

@Suite("Reading header fields") struct FieldTests {
  @Test(
    "A bearer token is what follows the word",
    arguments: [
      ("Bearer abc", "abc"), ("bearer abc", "abc"), ("BEARER a b", "a b"), ("Bearer ", nil), ("Bearer", nil),
      ("", nil),
      ("Basic abc", nil), ("Bearerabc", nil), ("Béarer x", nil),
    ]
  )
  func bearer(value: String, token: String?) {
    #expect(([.authorization: value] as HTTPFields).bearerToken == token)
  }

  @Test(
    "A media type has no parameters and no capitals",
    arguments: [
      ("application/json", "application/json"), (" Application/JSON ;charset=utf-8", "application/json"),
      ("", ""),
      ("text/plain;application/json", "text/plain"), ("application/json text/plain", "application/json"),
    ]
  )
  func mediaType(value: String, type: String) {
    #expect(([.contentType: value] as HTTPFields).mediaType == type)
  }

  @Test("Missing fields are nil")
  func missing() {
    #expect(HTTPFields().bearerToken == nil && HTTPFields().mediaType == nil)
  }
}
