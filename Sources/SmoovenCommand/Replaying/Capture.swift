internal import Foundation

/// A capture that was read from a file.
struct Capture {
  /// The reason why a file isn't a capture.
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// An exchange and its line.
  struct Line {
    let number: Int
    let exchange: CapturedExchange
  }

  var lines: [Line] = []
  /// The lines that can't be read, such as the last one of a process that was killed.
  var skipped: [Int] = []

  /// Reads a file.
  ///
  /// - Throws: ``Failure`` if it holds no exchange, or those of a later version.
  init(path: String) throws {
    let bytes = try InputFile.read(path, what: "a capture")
    let decoder = JSONDecoder()
    for (index, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated()
    where !line.isEmpty {
      if let version = try? decoder.decode(Version.self, from: Data(line)),
        version.v > CapturedExchange.currentVersion
      {
        throw Failure(
          description:
            "line \(index + 1) has version \(version.v) of the format, and this smooven knows only "
            + "\(CapturedExchange.currentVersion): use a later one"
        )
      }
      guard let exchange = try? decoder.decode(CapturedExchange.self, from: Data(line)),
        (100...999).contains(exchange.answer.status)
      else {
        skipped.append(index + 1)
        continue
      }
      lines.append(Line(number: index + 1, exchange: exchange))
    }
    guard !lines.isEmpty else {
      throw Failure(
        description: "there is no captured request in the file; write one with smooven listen --capture"
      )
    }
  }

  private struct Version: Decodable {
    let v: Int
  }

  /// The sentence about ``skipped``, or `nil` if every line was read.
  var skipMessage: String? {
    guard !skipped.isEmpty else { return nil }
    let numbers =
      skipped.prefix(5).map(String.init).joined(separator: ", ") + (skipped.count > 5 ? ", …" : "")
    return
      "skipped \(skipped.count == 1 ? "line" : "\(skipped.count) lines:") \(numbers): not a whole exchange"
  }
}
