internal import ArgumentParser

/// The data that is left out of a capture in addition to secrets.
enum CaptureRedaction: String, ExpressibleByArgument, CaseIterable, Sendable {
  case people
}
