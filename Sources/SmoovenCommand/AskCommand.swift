internal import ArgumentParser
internal import Smooven

/// `smooven ask`: sends a question and waits for the answer.
struct AskCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ask",
    abstract: "Ask a person, and wait for the answer.",
    discussion: """
      The notification has a link to a page on the port where callbacks arrive. The person answers there, so \
      --public-url must lead to that port. The exit code is 0 if there is an answer.
      """
  )

  @Argument(help: "The question, in plain text.")
  var question: String

  @OptionGroup var recipient: RecipientOptions

  @Option(parsing: .singleValue, help: "An answer to choose from; repeat it for more.")
  var option: [String] = []

  @Flag(help: "Let the person write an answer. The default without --option.")
  var text = false

  @Option(help: "Use this channel, in place of --user: sms, email or push.")
  var channel: Channel?

  @Option(help: "The maximum time to wait: 30s, 2m, 1h.")
  var timeout = DurationArgument(seconds: 900)

  @OptionGroup var sending: SendingOptions

  /// The values of `--channel`.
  enum Channel: String, ExpressibleByArgument, CaseIterable {
    case sms, email, push
  }

  func validate() throws {
    if sending.service.poll {
      throw ValidationError("Leave out --poll: a person answers on a page, which needs a port.")
    }
    switch (recipient.user, channel, recipient.to) {
    case (let user?, nil, nil) where !user.isEmpty: break
    case (nil, .some, let to?) where !to.isEmpty: break
    default: throw ValidationError("Give --user, or --channel with --to.")
    }
    try sending.checkKey()
    do {
      try asked.validate()
    } catch {
      throw ValidationError(error.message)
    }
  }

  private var asked: Question { Question(question, options: option, allowsText: text || option.isEmpty) }

  private var person: Question.Recipient {
    let to = recipient.to ?? ""
    return switch channel {
    case .sms: .sms(to)
    case .email: .email(to)
    case .push: .push(to)
    case nil: .user(recipient.user ?? "")
    }
  }

  func run() async throws {
    try await sending.run(callTimeout: timeout.duration) { try await ask($0) }
  }

  private func ask(_ client: SmoovenClient) async throws -> Int32 {
    let (start, timeout) = (ContinuousClock.now, timeout.duration)
    let timeline = Timeline(start: start, timeout: timeout, isSilent: sending.json)
    let spinner = Task { await timeline.spin("waiting for an answer") }
    defer { spinner.cancel() }
    do {
      let handle = try await client.sendQuestion(
        asked,
        to: person,
        urgency: recipient.parsedUrgency ?? .normal,
        openFor: timeout,
        idempotencyKey: sending.idempotencyKey
      )
      await timeline.noteAcceptance(of: handle.notification)
      let follower = Task { await timeline.follow(handle.notification) }
      defer { follower.cancel() }
      let left = timeout - (ContinuousClock.now - start)
      let outcome = try await handle.answer(timeout: max(left, .milliseconds(1)))
      follower.cancel()
      await follower.value
      let report = OutcomeReport(outcome, of: handle.notification, elapsed: ContinuousClock.now - start)
      await timeline.finish(handle.notification, report.lastLine)
      if sending.json { Terminal.print(json: report) }
      if report.isUnconfirmed {
        await Why.printed(
          by: client,
          handle.notification,
          inSandbox: sending.service.sandbox ? recipient.user ?? recipient.to : nil
        )
      }
      return report.exitCode
    } catch {
      await timeline.clear()
      throw error
    }
  }
}
