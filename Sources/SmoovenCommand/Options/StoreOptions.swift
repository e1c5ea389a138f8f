internal import ArgumentParser
internal import Logging
internal import Smooven

internal import class Foundation.FileManager

#if SQLiteSupport
internal import SmoovenSQLite
#endif
#if PostgresSupport
internal import SmoovenPostgres
#endif

/// The option for where waits and callbacks are kept.
struct StoreOptions: ParsableArguments {
  @Option(
    help: """
      Keep waits and callbacks in a file, as sqlite:PATH, or in a database that many processes share, as \
      postgresql://…, so that they survive this process.
      """
  )
  var store: String?

  private static let file = "sqlite:"
  private static let databases = ["postgresql://", "postgres://"]

  /// A kind of store.
  private enum Place {
    case file(path: String)
    case database(url: String)
  }

  private static func place(_ store: String) -> Place? {
    if store.hasPrefix(file) { return store == file ? nil : .file(path: String(store.dropFirst(file.count))) }
    return databases.contains { store.hasPrefix($0) } ? .database(url: store) : nil
  }

  func validate() throws {
    guard let store else { return }
    switch Self.place(store) {
    case nil: throw ValidationError("--store is written sqlite:PATH or postgresql://USER@HOST/DATABASE.")
    case .file:
      #if !SQLiteSupport
      throw ValidationError("This build has no --store sqlite: it was built without the trait SQLiteSupport.")
      #endif
    case .database:
      #if !PostgresSupport
      throw ValidationError(
        """
        This build has no --store postgresql: it was built without the trait PostgresSupport. With libpq's headers \
        installed, build it with: swift build --traits default,PostgresSupport
        """
      )
      #endif
    }
  }

  /// Runs a closure with the store, or with `nil` for the default one, and closes the store.
  ///
  /// - Parameters:
  ///   - logger: Where the store says what its operator should change.
  ///   - mayCreate: Whether a file that doesn't exist is created. Defaults to `true`. A database is set up in either case.
  ///   - body: The closure.
  /// - Returns: The result of the closure.
  /// - Throws: Any error that the closure throws, or `DeliveryStoreError` if the store can't be opened.
  func withStore<Result>(
    logger: Logger,
    mayCreate: Bool = true,
    _ body: ((any DeliveryStore)?) async throws -> Result
  ) async throws -> Result {
    switch store.flatMap(Self.place) {
    case nil: break
    case .file(let path):
      #if SQLiteSupport
      guard mayCreate || FileManager.default.fileExists(atPath: path) else {
        throw DeliveryStoreError(
          .unavailable,
          "\(path) doesn't exist; give the --store of the command that sent"
        )
      }
      let store = try await SQLiteDeliveryStore(path: path)
      return try await closing(store.close) { try await body(store) }
      #endif
    case .database(let url):
      #if PostgresSupport
      let store = try await PostgresDeliveryStore(
        configuration: PostgresStoreConfiguration(url: url, logger: logger)
      )
      return try await closing(store.close) { try await body(store) }
      #endif
    }
    return try await body(nil)
  }
}
