internal import SmoovenCallbacks

/// The settings of the page.
package struct DashboardSettings: Sendable {
  /// The text in the heading, such as the command that runs.
  package var title: String
  /// Whether recipients are shown in full.
  package var showsPeople: Bool
  /// The clock by which silent streams are kept open.
  package var clock: any Clock<Duration>

  /// Creates settings.
  package init(
    title: String = "Smooven",
    showsPeople: Bool = false,
    clock: any Clock<Duration> = ContinuousClock()
  ) {
    self.title = title
    self.showsPeople = showsPeople
    self.clock = clock
  }
}
