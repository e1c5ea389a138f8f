import Foundation
import SmoovenCallbacks

extension JSONValue {
  /// The path to each member, at all levels.
  var memberPaths: [[String]] {
    (objectValue ?? [:]).sorted { $0.key < $1.key }.flatMap { key, value in
      [[key]] + value.memberPaths.map { [key] + $0 }
    }
  }

  /// Returns the object with one member replaced or removed.
  func setting(_ path: some Collection<String>, to value: JSONValue?) -> JSONValue {
    guard let key = path.first, case .object(var members) = self else { return self }
    let rest = path.dropFirst()
    members[key] = rest.isEmpty ? value : members[key]?.setting(rest, to: value)
    return .object(members)
  }

  /// Returns the text, with its keys sorted.
  func text() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }
}

extension CallbackEvent {
  /// The typed views of all providers that recognize the event.
  var typedViews: [Any] {
    let views: [Any?] = [
      SmoovenCallback(self), NotificationAPICallback(self), SmartlyQCallback(self), SmobiInboundMessage(self),
    ]
    return views.compactMap(\.self)
  }
}
