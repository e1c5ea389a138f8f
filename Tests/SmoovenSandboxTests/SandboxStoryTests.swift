import SmoovenCallbacks
import SmoovenSandbox
import Testing

@Suite("The scripts, as data")
struct SandboxStoryTests {
  private func lines(_ story: SandboxStory) -> [String] {
    story.steps.map { "\($0.event) \($0.channel)" }
  }

  @Test(arguments: [
    ("fail", SandboxScript.fail), ("fail@example.com", .fail), ("fail+61400000000", .fail),
    ("fail+1@example.com", .fail), ("open", .open), ("failing@example.com", .deliver), ("", .deliver),
    ("sarah@example.com", .deliver), ("@fail", .deliver), ("Fail@example.com", .deliver),
    ("error500@example.com", .error500),
  ])
  func recipientNamesScript(recipient: String, script: SandboxScript) {
    #expect(SandboxScript(recipient: recipient) == script)
  }

  @Test(arguments: SandboxScript.allCases.filter { $0 != .invalid })
  func everyStoryBeginsQueued(script: SandboxScript) {
    let story = SandboxStory(script, on: .email)
    #expect(story.steps.first { $0.sending != .forged }?.event == "queued")
  }

  @Test func twoChannelsEachDeliver() {
    let story = SandboxStory(.deliver, on: .sms, and: .push)
    #expect(lines(story) == ["queued sms", "sent sms", "sent push", "delivered sms", "delivered push"])
  }

  @Test func twoChannelsEachFail() {
    let story = SandboxStory(.fail, on: .sms, and: .push)
    #expect(lines(story).suffix(2) == ["failed sms", "failed push"])
  }

  @Test func oneOfTwoChannelsFails() {
    let story = SandboxStory(.partial, on: .sms, and: .push)
    #expect(lines(story).suffix(2) == ["failed push", "delivered sms"])
    #expect(lines(SandboxStory(.partial, on: .push)) == ["queued push", "sent push", "delivered push"])
  }

  @Test(arguments: [
    (NotificationChannel.push, nil as NotificationChannel?, "push"), (.sms, nil, "rcs"),
    (.sms, .push, "push"),
    (.email, nil, "email"),
  ])
  func fallbackComesFromAnotherChannelThanSMS(
    channel: NotificationChannel,
    sibling: NotificationChannel?,
    first: String
  ) {
    let story = SandboxStory(.fallback, on: channel, and: sibling)
    #expect(lines(story) == ["queued \(first)", "sent \(first)", "fallback sms", "delivered sms"])
  }
}
