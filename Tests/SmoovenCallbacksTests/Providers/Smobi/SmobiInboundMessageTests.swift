import SmoovenCallbacks
import Testing

@Suite("Smobi: replies and button clicks")
struct SmobiInboundMessageTests {
  struct Content: CustomTestStringConvertible {
    let json: String
    var text: String?
    var postback: String?
    var source: String?
    var testDescription: String { json }
  }

  static let contents: [Content] = [
    Content(json: #""sms":{"text":"Yes"}"#, text: "Yes"),
    Content(json: #""sms":{"body":"Yes"}"#, text: "Yes"),
    Content(json: #""sms":{"message":"Yes"}"#, text: "Yes"),
    Content(json: #""sms":{"content":"Yes"}"#, text: "Yes"),
    Content(json: #""sms":{"text":"","body":"Yes"}"#, text: "Yes"),
    Content(json: #""sms":{"text":5}"#, text: "5"),
    Content(json: #""rcs":{"text":"Yes","postbackData":"p"}"#, text: "Yes", postback: "p"),
    Content(json: #""rcs":{"text":"Yes","postback":"p"}"#, text: "Yes", postback: "p"),
    Content(json: #""rcs":{"text":"Yes","payload":"p"}"#, text: "Yes", postback: "p"),
    Content(json: #""rcs":{"text":"Yes","suggestion":"p"}"#, text: "Yes", postback: "p"),
    Content(
      json: #""rcs":{"suggestionResponse":{"text":"Yes","postbackData":"p"}}"#,
      text: "Yes",
      postback: "p"
    ),
    Content(json: #""rcs":{"text":{"body":"Yes"}}"#, text: "Yes"),
    Content(json: #""rcs":{"a":{"b":{"text":"too deep"}}}"#),
    Content(json: #""rcs":{"image":"u"}"#),
    Content(json: #""rcs":null,"sms":{"text":"Yes"}"#, text: "Yes"),
    Content(json: #""sms":null,"rcs":{"text":"Yes"}"#, text: "Yes"),
    Content(json: #""sms":"Yes""#, text: "Yes"),
    Content(json: #""rcs":{},"sms":{"text":"Yes"}"#, text: "Yes"),
    Content(json: #""rcs":false,"sms":{"text":"Yes"}"#, text: "Yes"),
    Content(json: #""messageSource":"EXTERNAL","sms":{"text":"Yes"}"#, text: "Yes", source: "EXTERNAL"),
    Content(json: #""rcs":{"text":"Yes","messageSource":"INTERNAL"}"#, text: "Yes", source: "INTERNAL"),
    Content(json: #""messageSource":"EXTERNAL","sms":{"messageSource":"INTERNAL"}"#, source: "EXTERNAL"),
    Content(json: #""messageSource":null,"sms":{"messageSource":"INTERNAL"}"#, source: "INTERNAL"),
  ]

  @Test("Text, button and source are found in all places where they may be", arguments: contents)
  func content(_ sample: Content) throws {
    let event = try SampleProvider.smobi.decode(
      #"{"smobiMessageId":"m","from":"15552223333","to":"Smobi-Dev","channel":"RCS",\#(sample.json)}"#
    )
    let message = try #require(SmobiInboundMessage(event))
    #expect(message.from == "15552223333" && message.to == "Smobi-Dev")
    #expect(message.text == sample.text)
    #expect(message.postback == sample.postback)
    #expect(message.source == sample.source)
    #expect(message.isClick == (sample.postback != nil))
    #expect(event.kind == (message.isClick ? .clicked : .replied))
  }

  static let none = [
    #"{"from":"1","to":"2","status":"READ"}"#, #"{"from":"1"}"#, #"{"to":"2"}"#, #"{"from":"","to":"2"}"#,
    #"{"from":null,"to":{}}"#, "{}", #"{"test":true}"#,
    // The message has no content.
    #"{"from":"1","to":"2"}"#, #"{"from":"1","to":"2","x":1}"#, #"{"from":"1","to":"2","sms":null}"#,
    #"{"from":"1","to":"2","sms":[]}"#, #"{"from":"1","to":"2","sms":{}}"#,
    #"{"from":"1","to":"2","sms":""}"#,
    #"{"from":"1","to":"2","rcs":true}"#, #"{"from":"1","to":"2","rcs":3}"#,
  ]

  static let unreadable = [
    "3", "null", "true", "{}", "[]", #"["DELIVERED"]"#, #"{"status":"READ"}"#, #""""#, "1e400", "200", "0.5",
  ]

  @Test(
    "A status that can't be read is neither a reply nor a delivery, with content or without",
    arguments: unreadable
  )
  func unreadableStatus(_ status: String) throws {
    for content in ["", #","sms":{"text":"Yes"}"#, #","rcs":{"text":"Yes","postbackData":"p"}"#] {
      let event = try SampleProvider.smobi.decode(
        #"{"smobiMessageId":"m","clientRef":"r","from":"1","to":"2","status":\#(status)\#(content)}"#
      )
      #expect(event.kind == .other && event.failure == nil)
      #expect(event.name.hasPrefix("status"))
      #expect(event.correlationIDs == ["r", "m"] && event.conversationIDs.isEmpty)
      #expect(SmobiInboundMessage(event) == nil)
    }
  }

  @Test("A conversation is never an id of one message")
  func conversationIDs() throws {
    let event = try SampleProvider.smobi.decode(
      #"{"smobiMessageId":"m","clientRef":"r","from":"+1","to":"2","sms":{"text":"Yes"}}"#
    )
    #expect(event.correlationIDs == ["r", "m"])
    #expect(event.conversationIDs == [SmobiCallbackProvider.conversationID(customer: "1", sender: "2")])
  }

  @Test("A status event and the dashboard's test event aren't inbound messages", arguments: none)
  func notInbound(_ body: String) throws {
    let event = try SampleProvider.smobi.decode(body)
    #expect(SmobiInboundMessage(event) == nil)
    #expect(event.kind != .replied && event.kind != .clicked)
  }

  @Test("It's only for Smobi", arguments: SampleProvider.allCases)
  func anotherProvider(_ provider: SampleProvider) throws {
    let event = try provider.decode(#"{"event":"x","eventType":"x","from":"1","to":"2","sms":{"text":"a"}}"#)
    #expect((SmobiInboundMessage(event) != nil) == (provider == .smobi))
  }

  @Test("A conversation is the same with and without the plus, and shows no number")
  func conversation() {
    let id = SmobiCallbackProvider.conversationID(customer: "15552223333", sender: "Smobi-Dev")
    #expect(SmobiCallbackProvider.conversationID(customer: "+15552223333", sender: "Smobi-Dev") == id)
    #expect(SmobiCallbackProvider.conversationID(customer: "15552223333", sender: "+Smobi-Dev") == id)
    #expect(id.hasPrefix("conversation:") && !id.contains("1555") && !id.contains("Smobi"))
    for (customer, sender) in [("Smobi-Dev", "15552223333"), ("1555222333", "3Smobi-Dev"), ("", "")] {
      #expect(SmobiCallbackProvider.conversationID(customer: customer, sender: sender) != id)
    }
  }
}
