internal import ArgumentParser
internal import Smooven

#if SQLiteSupport
internal import SmoovenSQLite
#endif

/// Where waits and callbacks are kept.
struct StoreOptions: ParsableArguments {
  @Option(help: "Keep waits and callbacks in a file, as sqlite:PATH, so that they survive this process.")
  var store: String?

  private static let prefix = "sqlite:"

  func validate() throws {
    guard let store else { return }
    guard store.hasPrefix(Self.prefix), store != Self.prefix else {
      throw ValidationError("--store is written sqlite:PATH.")
    }
    #if !SQLiteSupport
    throw ValidationError("This build has no --store: it was built without the trait SQLiteSupport.")
    #endif
  }

  /// Runs a closure with the store, `nil` for the default one, and closes it.
  func withStore<Result>(_ body: ((any DeliveryStore)?) async throws -> Result) async throws -> Result {
    #if SQLiteSupport
    guard let path = store?.dropFirst(Self.prefix.count) else { return try await body(nil) }
    let store = try await SQLiteDeliveryStore(path: String(path))
    do {
      let result = try await body(store)
      await store.close()
      return result
    } catch {
      await store.close()
      throw error
    }
    #else
    return try await body(nil)
    #endif
  }
}
