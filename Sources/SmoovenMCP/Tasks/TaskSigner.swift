internal import SmoovenCallbacks

/// A signer of task ids, which any replica can check, and which can't be guessed even though a caller chooses the
/// handle.
///
/// An id is the handle and a code computed from it, under a key that is derived from the Secret Key. So nothing is
/// stored for a task.
struct TaskSigner: Sendable {
  private let keys: [HMACSHA256Key]

  /// Creates a signer.
  ///
  /// - Parameter secrets: The secrets, newest first. The newest one signs, and all of them verify.
  init(secrets: [Secret]) {
    keys = secrets.map { secret in
      let master = secret.withBytes { HMACSHA256Key(bytes: $0) }
      return HMACSHA256Key(bytes: master.signature(of: [Array("smooven mcp task v1".utf8)]))
    }
  }

  /// The number of bytes in the code.
  private static let length = 16

  func id(of handle: String) -> String {
    guard let key = keys.first else { return handle }
    return "\(handle).\(Hex.encode(key.signature(of: [Array(handle.utf8)]).prefix(Self.length)))"
  }

  /// Returns the handle of an id, or `nil` if this project didn't create the id.
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
