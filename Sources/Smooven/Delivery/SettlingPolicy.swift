/// The condition under which the failure of a channel settles a wait.
///
/// It's indirect, because every suspended task contains it.
package indirect enum SettlingPolicy: Sendable, Equatable {
  /// The first failure settles a wait.
  case firstFailure
  /// A wait is settled once every channel has failed, because they're tried at the same time. With a grace period, a
  /// wait ends that long after the first failure.
  case everyChannel(grace: Duration?)
}
