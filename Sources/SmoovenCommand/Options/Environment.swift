internal import Smooven

internal import class Foundation.ProcessInfo

/// The environment, in which an empty variable counts as missing.
enum Environment {
  static func value(_ name: String) -> String? {
    ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
  }

  /// The public URL, checked.
  ///
  /// - Throws: ``SmoovenError`` that names the variable.
  static func publicURL() throws(SmoovenError) -> String? {
    guard let url = value("SMOOVEN_PUBLIC_URL") else { return nil }
    return try BaseURL(url, setting: "SMOOVEN_PUBLIC_URL").url
  }

  /// Returns the secrets of a provider, newest first, which are separated by commas while they're rotated.
  static func secrets(_ names: String...) -> [Secret] {
    secrets(names)
  }

  static func secrets(_ names: [String]) -> [Secret] {
    guard let value = names.lazy.compactMap({ self.value($0) }).first else { return [] }
    return value.split(separator: ",").map { Secret(String($0)) }
  }
}
