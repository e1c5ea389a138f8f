import HTTPTypes
import Smooven
import SmoovenSupport
import SmoovenTesting
import Synchronization
import Testing

@testable import SmoovenCommand

@Suite("What a listener reports about refused requests", .timeLimit(.minutes(1))) struct JournalPrinterTests {
  private let key: Secret = "sk_test_0123456789"
  private let lines = Watched<[String]>([])
  private let time = Watched(ContinuousClock.now)

  private func receiver(_ journal: DeliveryJournal) throws -> CallbackReceiver {
    try CallbackReceiver(endpoints: [CallbackEndpoint(.smooven(key))], journal: journal)
  }

  private func printer(_ journal: DeliveryJournal) -> JournalPrinter {
    let now: @Sendable () -> ContinuousClock.Instant = { [time] in time.read { $0 } }
    return JournalPrinter(journal, now: now) { [lines] line in
      lines.update { $0.append(line) }
    }
  }

  private func forge(_ receiver: CallbackReceiver, _ count: Int) async {
    for number in 0..<count {
      let fixture = SmoovenCallbackFixture("notification.sent", notificationID: "ntf_\(number)")
      _ = await receiver.receive(fixture.request(secret: "sk_other_0123456789"))
    }
  }

  @Test("A flood of one kind is summarized in a few lines and a count, and hides no other kind")
  func flood() async throws {
    let journal = DeliveryJournal()
    let (receiver, printer) = (try receiver(journal), printer(journal))
    await forge(receiver, 1_000)
    let good = SmoovenCallbackFixture("notification.sent", notificationID: "ntf_twice")
    for _ in 0..<2 { #expect(await receiver.receive(good.request(secret: key)).status == .ok) }
    await printer.finish()
    let said = lines.read { $0 }
    #expect(said.filter { $0.hasPrefix("refused: smooven: 401 no_match: ") }.count == 5)
    #expect(said.contains("and 995 more: no_match"))
    #expect(said.filter { $0.hasPrefix("duplicate: smooven: notification.sent ntf_twice: ") }.count == 1)
    #expect(said.count == 7)
  }

  @Test("After ten seconds there is another line, which counts those in between")
  func later() async throws {
    let journal = DeliveryJournal()
    let (receiver, printer) = (try receiver(journal), printer(journal))
    let running = Task { await printer.run() }
    await forge(receiver, 12)
    _ = try await lines.first { $0.count >= 5 ? true : nil }
    time.update { $0 += .seconds(11) }
    await forge(receiver, 1)
    let line = try await lines.first { $0.count > 5 ? $0[5] : nil }
    #expect(line.hasSuffix(" more since the last line)"))
    running.cancel()
    await running.value
    await printer.finish()
    let rest = lines.read { $0.last } ?? ""
    #expect(rest.hasSuffix("more: no_match") || rest == line)
  }

  @Test("Accepted requests aren't reported")
  func silence() async throws {
    let journal = DeliveryJournal()
    let (receiver, printer) = (try receiver(journal), printer(journal))
    let good = SmoovenCallbackFixture("notification.sent", notificationID: "ntf_1")
    _ = await receiver.receive(good.request(secret: key))
    await printer.finish()
    #expect(lines.read { $0.isEmpty })
  }
}
