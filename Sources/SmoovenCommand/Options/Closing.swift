/// Runs a closure, and then another one, however the first one ended.
func closing<Result>(
  _ close: () async -> Void,
  _ body: () async throws -> Result
) async throws -> Result {
  do {
    let result = try await body()
    await close()
    return result
  } catch {
    await close()
    throw error
  }
}
