internal import SmoovenCallbacks

/// Makes task ids that any replica can check, and that can't be guessed though a caller chooses the handle.
///
/// An id is the handle and a code of it under a key that comes from the Secret Key. So nothing is stored for a task.
struct TaskSigner: Sendable {
  private let keys: [HMACSHA256Key]

  /// Creates a signer.
  ///
  /// - Parameter secrets: The newest first. It signs, and all of them verify.
  init(secrets: [Secret]) {
    keys = secrets.map { secret in
      let master = secret.withBytes { HMACSHA256Key(bytes: $0) }
      return HMACSHA256Key(bytes: master.signature(of: [Array("smooven mcp task v1".utf8)]))
    }
  }

  /// The number of bytes of the code.
  private static let length = 16

  func id(of handle: String) -> String {
    guard let key = keys.first else { return handle }
    return "\(handle).\(Hex.encode(key.signature(of: [Array(handle.utf8)]).prefix(Self.length)))"
  }

  /// The handle of an id; `nil` if the id isn't one of this project's.
  func handle(of id: String) -> String? {
    guard let dot = id.lastIndex(of: "."), let code = Hex.decode(id[id.index(after: dot)...].utf8),
      code.count == Self.length
    else { return nil }
    let handle = String(id[..<dot])
    let isValid = keys.contains { key in
      ConstantTime.areEqual(Array(key.signature(of: [Array(handle.utf8)]).prefix(Self.length)), code)
    }
    return isValid ? handle : nil
  }
}
