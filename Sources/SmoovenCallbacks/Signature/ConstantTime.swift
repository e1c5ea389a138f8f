/// A comparison whose duration doesn't depend on how much is equal.
package enum ConstantTime {
  /// Returns whether two byte strings are equal.
  ///
  /// The duration reveals only whether their lengths are.
  package static func areEqual(_ left: [UInt8], _ right: some Collection<UInt8>) -> Bool {
    guard left.count == right.count else { return false }
    var difference: UInt8 = 0
    for (a, b) in zip(left, right) { difference |= a ^ b }
    return difference == 0
  }
}
