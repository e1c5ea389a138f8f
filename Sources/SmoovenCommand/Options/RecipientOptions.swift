internal import ArgumentParser
internal import Smooven

/// Whom a command sends to, and how urgently.
struct RecipientOptions: ParsableArguments {
  @Option(help: "The recipient's id, from which Smooven picks the channel.")
  var user: String?

  @Option(help: "The recipient on a channel: a phone number (+…), an email address, or a player id.")
  var to: String?

  @Option(help: "low, normal, high or critical.")
  var urgency: String?

  /// The urgency, or `nil` if the option is missing.
  var parsedUrgency: Urgency? { urgency.map(Urgency.init(rawValue:)) }
}
