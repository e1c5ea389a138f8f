/// What a path asks for: `/callbacks/<provider>[/<token>]` or `/healthz`.
///
/// A prefix before `/callbacks` is allowed: some proxies hand it on, others take it off.
enum CallbackRoute: Equatable {
  case health
  case callback(provider: String, token: String?)

  private static let root = "callbacks"

  init?(_ target: String?) {
    guard let path = target?.prefix(while: { $0 != "?" && $0 != "#" }), path.utf8.count <= 2_048 else {
      return nil
    }
    var segments = path.split(separator: "/", omittingEmptySubsequences: false)
    guard segments.first == "" else { return nil }
    if segments.last == "" { segments.removeLast() }
    if segments.last == "healthz" {
      self = .health
      return
    }
    guard let root = segments.lastIndex(where: { $0 == Self.root }) else { return nil }
    let rest = segments[(root + 1)...]
    guard let provider = rest.first, rest.count <= 2 else { return nil }
    self = .callback(provider: String(provider), token: rest.dropFirst().first.map(String.init))
  }

  static func path(of provider: String, token: DeliveryToken?) -> String {
    "/\(root)/\(provider)" + (token.map { "/\($0.text)" } ?? "")
  }
}
