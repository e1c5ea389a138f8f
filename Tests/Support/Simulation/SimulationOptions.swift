/// What may happen in one episode of a simulation.
package struct SimulationOptions: Sendable {
  package var clientCount = 2
  package var callerCount = 8
  package var keyCount = 2
  /// The share of store operations that fail, some of them after they were carried out.
  package var storeFaults = 0.0
  package var crashes = false
  package var closes = false
  package var cancels = false
  package var clockJumps = false
  package var conflicts = false
  package var asksStatus = false
  /// Whether sends that may have been sent are repeated, which is an opt-in.
  package var retriesUnclear = false

  /// Draws the options of an episode.
  ///
  /// Half of the episodes have no faults, for the strictest checks.
  package init(_ random: inout some RandomNumberGenerator) {
    let isCalm = Bool.random(using: &random)
    clientCount = Int.random(in: 1...3, using: &random)
    callerCount = Int.random(in: 3...12, using: &random)
    keyCount = Int.random(in: 1...3, using: &random)
    cancels = Bool.random(using: &random)
    clockJumps = Int.random(in: 0..<4, using: &random) == 0
    conflicts = Int.random(in: 0..<6, using: &random) == 0
    asksStatus = Bool.random(using: &random)
    if isCalm { return }
    storeFaults = [0, 0.02, 0.1].randomElement(using: &random) ?? 0
    crashes = Bool.random(using: &random)
    closes = Int.random(in: 0..<3, using: &random) == 0
    retriesUnclear = Int.random(in: 0..<8, using: &random) == 0
  }

  /// Whether every event in the log must reach those who wait for it.
  var isCalm: Bool { storeFaults == 0 && !crashes && !closes && !retriesUnclear && !conflicts }
}
