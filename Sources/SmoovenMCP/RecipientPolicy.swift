/// The recipients that a language model may notify.
///
/// A model's messages may originate from a web page or an email that it read, so the person who runs the model names
/// the people whom it can reach.
public struct RecipientPolicy: Sendable, Hashable {
  private let allowed: Set<String>?

  /// Returns a policy that allows exactly these ids and addresses.
  ///
  /// They're compared as they're written: the `user_id` of an intent, or the `to` of a direct channel.
  public static func only(_ recipients: some Sequence<String>) -> RecipientPolicy {
    RecipientPolicy(allowed: Set(recipients))
  }

  /// A policy that allows every recipient.
  public static let anyone = RecipientPolicy(allowed: nil)

  func allows(_ recipient: String) -> Bool {
    allowed?.contains(recipient) ?? true
  }

  /// Returns the refusal, which names the recipients that a model may notify instead.
  func refusal(of recipient: String) -> ToolFailure {
    let names = (allowed ?? []).sorted()
    let list =
      names.prefix(20).joined(separator: ", ") + (names.count > 20 ? " and \(names.count - 20) more" : "")
    return ToolFailure(
      """
      This recipient isn't allowed. \(names.isEmpty ? "No recipient is allowed" : "Allowed: \(list)"). Nothing was sent. \
      Don't try other spellings. Ask your user to allow the recipient in the server's configuration.
      """
    )
  }
}
