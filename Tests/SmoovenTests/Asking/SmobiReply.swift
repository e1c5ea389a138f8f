import HTTPTypes
import Smooven

extension CallbackRequest {
  /// Returns a customer's reply, as Smobi sends it.
  static func smobiReply(_ text: String, _ number: Int = 1) -> CallbackRequest {
    let body = """
      {"smobiMessageId":"m\(number)","from":"15552223333","to":"Agent","channel":"SMS",\
      "timestamp":"2026-03-05T08:00:0\(number)Z","sms":{"text":"\(text)"}}
      """
    let head = HTTPRequest(
      method: .post,
      scheme: "https",
      authority: "a.example",
      path: "/callbacks/smobi/inbound-0123456789abcdef"
    )
    return CallbackRequest(head: head, body: Array(body.utf8))
  }
}
