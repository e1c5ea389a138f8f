internal import SmoovenCallbacks

/// The addresses of recipients, per channel.
enum Address {
  /// Returns whether a text can be an address on a channel.
  ///
  /// The name of a script may precede a phone number, as in `fail+61400000000`.
  static func isValid(_ text: String, on channel: NotificationChannel) -> Bool {
    switch channel {
    case .sms, .rcs:
      let name = SandboxScript.named(in: text)?.rawValue ?? ""
      let number = text.hasPrefix(name + "+") ? text.dropFirst(name.count) : text[...]
      return isE164(number)
    case .email:
      let parts = text.split(separator: "@", omittingEmptySubsequences: false)
      return parts.count == 2 && parts.allSatisfy { !$0.isEmpty && !$0.contains(where: \.isWhitespace) }
    default:
      return !text.isEmpty
    }
  }

  /// Returns what ``isValid(_:on:)`` expects, for a message.
  static func rule(on channel: NotificationChannel) -> String {
    switch channel {
    case .sms, .rcs: "a phone number in E.164 form, such as +61400000000"
    case .email: "an email address"
    default: "a player id"
    }
  }

  /// Returns a plausible address for a recipient that is known by something else, which is the same every time.
  static func madeUp(for recipient: String, on channel: NotificationChannel) -> String {
    // FNV-1a, because the standard library's hashes differ from run to run.
    let hash = recipient.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) {
      ($0 ^ UInt64($1)) &* 0x0100_0000_01B3
    }
    switch channel {
    case .sms, .rcs: return "+6140000000\(hash % 10)"
    case .email: return recipient.contains("@") ? recipient : "\(recipient)@example.com"
    default: return "ply_" + String(hash, radix: 36)
    }
  }

  private static func isE164(_ text: Substring) -> Bool {
    let digits = text.utf8.dropFirst()
    return text.hasPrefix("+") && (7...15).contains(digits.count)
      && digits.first != UInt8(ascii: "0") && digits.allSatisfy { (0x30...0x39).contains($0) }
  }
}
