internal import ArgumentParser
internal import Smooven

internal import struct Foundation.Date

/// A moment: RFC 3339, or seconds since 1970.
struct TimeArgument: ExpressibleByArgument, Sendable {
  /// The formats, for the help of an option.
  static let formats = "as 2026-03-05T08:00:15Z, or in seconds since 1970"

  let date: Date

  init?(argument: String) {
    if let date = RFC3339.parse(argument) {
      self.date = date
    } else if let seconds = Double(argument), (0...1e11).contains(seconds) {
      date = Date(timeIntervalSince1970: seconds)
    } else {
      return nil
    }
  }
}
