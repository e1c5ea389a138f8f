/// Whom a language model may notify.
///
/// What it wants to send may come from a web page or a mail that it read, so the people whom it can reach are named by the
/// person who runs it.
public struct RecipientPolicy: Sendable, Hashable {
  private let allowed: Set<String>?

  /// Allows exactly these ids and addresses.
  ///
  /// They're compared as they are written: `user_id` of an intent, or `to` of a direct channel.
  public static func only(_ recipients: some Sequence<String>) -> RecipientPolicy {
    RecipientPolicy(allowed: Set(recipients))
  }

  /// Allows everyone.
  public static let anyone = RecipientPolicy(allowed: nil)

  func allows(_ recipient: String) -> Bool {
    allowed?.contains(recipient) ?? true
  }

  /// The refusal, which names whom a model may notify instead.
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
