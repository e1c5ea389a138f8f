internal import ArgumentParser
internal import Smooven

/// A place to forward callbacks to, as `--forward-to` is written: `[NAME=]URL`.
struct ForwardRoute: Sendable {
  /// The provider whose callbacks go there, or `nil` for all of them.
  let provider: String?
  let target: TargetURL

  /// Reads an argument.
  ///
  /// - Throws: `ValidationError` that repeats nothing of the URL.
  init(_ text: String, providers: [String]) throws(ValidationError) {
    let option = "--forward-to"
    let name = text.prefix { $0 != "=" }
    guard name.count < text.count, !name.contains(":"), !name.contains("/") else {
      (provider, target) = (nil, try TargetURL(text, option: option))
      return
    }
    guard providers.contains(String(name)) else {
      throw ValidationError(
        "--forward-to is written [NAME=]URL, with the name of a --provider: \(providers.joined(separator: ", "))."
      )
    }
    provider = String(name)
    target = try TargetURL(String(text.dropFirst(name.count + 1)), option: option)
  }
}
