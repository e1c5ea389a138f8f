/// Comparison whose duration does not depend on how much is equal.
package enum ConstantTime {
  /// Whether two byte strings are equal; only their lengths may be learned.
  package static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    guard left.count == right.count else { return false }
    var difference: UInt8 = 0
    for (a, b) in zip(left, right) { difference |= a ^ b }
    return difference == 0
  }
}
