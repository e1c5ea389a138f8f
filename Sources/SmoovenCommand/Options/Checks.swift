internal import ArgumentParser
internal import Smooven

/// Checks that several commands make of their options.
enum Checks {
  static func port(_ port: Int) throws {
    guard (0...65_535).contains(port) else {
      throw ValidationError("--port must be between 0 and 65535.")
    }
  }

  /// Checks a text that becomes the value of a header field.
  static func headerText(_ text: String, _ option: String) throws {
    guard !text.isEmpty, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw ValidationError("\(option) must be ASCII text without spaces.")
    }
  }

  static func url(_ url: String?, _ option: String) throws {
    guard let url else { return }
    do {
      _ = try BaseURL(url, setting: option)
    } catch {
      throw ValidationError(error.message)
    }
  }
}
