internal import SmoovenSupport

/// The kind of a refusal, as far as kinds lead to different advice.
///
/// Those that are likeliest to be of a genuine callback come first.
enum RefusalKind: Int, CaseIterable {
  case age, signature, store, size, room, compressed, body, credentials, header, method, path, port, other

  init(_ reason: String) {
    switch reason {
    case "too_old", "too_new": self = .age
    case "no_match", "wrong_secret_kind": self = .signature
    case "store": self = .store
    case "body_too_large", "headers_too_large": self = .size
    case "no_room", "too_many_requests", "too_many_connections", "too_many_connections_of_address":
      self = .room
    case "content_encoding": self = .compressed
    case "not_decodable": self = .body
    case "unauthenticated": self = .credentials
    case "header_missing", "header_malformed": self = .header
    case "method_not_allowed": self = .method
    case "not_found": self = .path
    case "malformed", "too_slow": self = .port
    default: self = .other
    }
  }

  var code: String {
    switch self {
    case .age: "refused_age"
    case .signature: "refused_signature"
    case .store: "refused_store"
    case .size: "refused_size"
    case .room: "refused_room"
    case .compressed: "refused_compressed"
    case .body: "refused_body"
    case .credentials: "refused_credentials"
    case .header: "refused_header"
    case .method: "refused_method"
    case .path: "refused_path"
    case .port: "refused_port"
    case .other: "refused_other"
    }
  }

  /// Returns the fault, in this library's words.
  func what(_ rejection: JournalRejection) -> String {
    switch self {
    case .age:
      guard let age = rejection.age?.inSeconds else { return "the signed time is too far from now" }
      return age >= 0
        ? "the signed time is \(Self.time(age)) old"
        : "the signed time is \(Self.time(-age)) ahead of this machine's clock"
    case .signature: return "no configured secret made the signature (\(rejection.reason))"
    case .store, .body: return rejection.message.printable
    case .size: return "larger than \(rejection.limit.map { "\($0) bytes" } ?? "the limit")"
    case .room: return "there was no room for it (\(rejection.reason))"
    case .compressed: return "the body is compressed"
    case .credentials: return "no or wrong credentials"
    case .header: return "no signature that can be read (\(rejection.reason))"
    case .method: return "the method isn't POST"
    case .path: return "no endpoint has its path"
    case .port: return "it wasn't a complete request (\(rejection.reason))"
    case .other: return rejection.reason.loggable
    }
  }

  func advice(_ rejection: JournalRejection) -> String {
    switch self {
    case .age:
      (rejection.age ?? .zero) >= .zero
        ? "Compare this machine's clock with the real time. If it's right, the callback was sent again much later."
        : "Set this machine's clock, which is behind."
    case .signature:
      """
      The URL works, but the secret isn't the one that signs. Compare it with the project's Secret Key, and keep the \
      previous one while a key is rotated. smooven verify says more about a captured request.
      """
    case .store:
      "Make sure that the store can be reached and written. Smooven repeats a callback that gets a 503."
    case .size: "Raise maximumBodySize or maximumHeaderSize of the listener, and of the proxy in front of it."
    case .room:
      "Raise the limit that is named, or share the load. Smooven repeats a callback that gets a 503."
    case .compressed: "Have the sender or the proxy pass the body on as it is."
    case .body: "The signature is right, so the secret is, too. Tell us what the event looks like."
    case .credentials: "Compare the URL's token, the password or the address with the endpoint's."
    case .header: "A proxy may remove the header, or the request isn't from Smooven."
    case .method: "Something visits the URL. Callbacks are POST requests."
    case .path:
      "A proxy may change the path: it must end with /callbacks/<name>, and with the token if there is one."
    case .port: "Another program may have visited the port, or a proxy in front of it is slow or broken."
    case .other: "smooven verify says more about a captured request."
    }
  }

  private static func time(_ seconds: Double) -> String { "\(Int(min(seconds, 1e9).rounded())) s" }
}

extension JournalRejection {
  /// The fault and the remedy, for a person.
  package var explanation: String {
    let kind = RefusalKind(reason)
    return "\(kind.what(self)). \(kind.advice(self))"
  }
}
