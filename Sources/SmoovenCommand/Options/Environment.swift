internal import Smooven

import class Foundation.ProcessInfo

/// What the environment says; an empty variable counts as none.
enum Environment {
  static func value(_ name: String) -> String? {
    ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
  }

  /// The secrets of a provider, the newest first: several are separated by commas while they are rotated.
  static func secrets(_ names: String...) -> [Secret] {
    secrets(names)
  }

  static func secrets(_ names: [String]) -> [Secret] {
    guard let value = names.lazy.compactMap({ self.value($0) }).first else { return [] }
    return value.split(separator: ",").map { Secret(String($0)) }
  }
}
