/// The resource that a path refers to: `/callbacks/<provider>[/<token>]`, `/answers/<token>` or `/healthz`.
///
/// A prefix before `/callbacks` is allowed, because some proxies forward it and others remove it.
enum CallbackRoute: Equatable {
  case health
  case answer(token: String)
  case callback(provider: String, token: String?)

  static let root = "callbacks"

  init?(_ target: String?) {
    guard let target, target.utf8.first == UInt8(ascii: "/") else { return nil }
    var path = target.utf8.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
    guard path.count <= 2_048 else { return nil }
    if path.last == UInt8(ascii: "/") { path.removeLast() }
    // Read from the end, because that's where the names are.
    var (provider, token): (Substring?, Substring?)
    while let slash = path.lastIndex(of: UInt8(ascii: "/")) {
      let name = Substring(path[path.index(after: slash)...])
      if provider == nil, name == "healthz" {
        self = .health
        return
      }
      if name == Self.root {
        guard let provider else { return nil }
        self = .callback(provider: String(provider), token: token.map { String($0) })
        return
      }
      if name == AnswerPage.path, let provider, token == nil {
        self = .answer(token: String(provider))
        return
      }
      guard token == nil else { return nil }
      (provider, token) = (name, provider)
      path = path[..<slash]
    }
    return nil
  }

  static func path(of provider: String, token: DeliveryToken?) -> String {
    "/\(root)/\(provider)" + (token.map { "/\($0.text)" } ?? "")
  }
}
