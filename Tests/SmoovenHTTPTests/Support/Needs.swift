import TestSupport
import Testing

extension Trait where Self == ConditionTrait {
  /// Skips tests on a machine without a program, but not in CI.
  static func needs(_ program: SystemProgram) -> Self {
    .enabled(if: program.isExpected, "\(program.absence)")
  }
}
