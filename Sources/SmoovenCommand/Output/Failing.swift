internal import ArgumentParser
internal import Smooven

/// Performs a command's work, and turns an error that it throws into a message and an exit code of 1.
func reportingErrors<Result>(json: Bool, _ body: () async throws -> Result) async throws -> Result {
  do {
    return try await body()
  } catch let code as ExitCode {
    throw code
  } catch let usage as ValidationError {
    throw usage
  } catch {
    Terminal.printError("error: \(ErrorText(error))")
    if json { Terminal.print(json: ErrorReport(error)) }
    throw ExitCode(1)
  }
}
