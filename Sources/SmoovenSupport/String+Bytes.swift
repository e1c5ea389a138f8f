extension String {
  /// Returns whether the text contains another one, byte for byte.
  ///
  /// The standard library's `contains(_:)` prepares a table for each search, which costs more than a search in a short
  /// text.
  package func containsBytes(of text: String) -> Bool {
    let pattern = text.utf8
    guard let first = pattern.first else { return true }
    var rest = utf8[...]
    while let start = rest.firstIndex(of: first) {
      rest = rest[start...]
      if rest.starts(with: pattern) { return true }
      rest = rest.dropFirst()
    }
    return false
  }
}
