import SmoovenSupport
import Testing

@Suite("Values as logs show them")
struct LoggableTests {
  @Test(
    arguments: [
      ("notification.delivered", "notification.delivered"),
      ("two\nlines", #"two\nlines"#),
      ("Zürich", #"Z\u{00FC}rich"#),
      ("\u{1B}[31m", #"\u{1B}[31m"#),
      (#"a "quote""#, #"a \"quote\""#),
    ]
  )
  func `text from the network stays on its line`(text: String, expected: String) {
    #expect(text.loggable == expected)
  }

  @Test func `durations have fractions of a second`() {
    #expect(Duration.milliseconds(1_500).inSeconds == 1.5)
  }
}
