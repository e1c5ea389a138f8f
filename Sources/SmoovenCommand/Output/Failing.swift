internal import ArgumentParser
internal import Smooven

/// Does a command's work, and turns what it throws, and output that couldn't be written, into a message and an exit code
/// of 1.
///
/// A reader that is gone is no failure: the exit code still says how the work ended.
func reportingErrors<Result>(json: Bool, _ body: () async throws -> Result) async throws -> Result {
  let result: Swift.Result<Result, any Error>
  do {
    result = .success(try await body())
  } catch let code as ExitCode {
    result = .failure(code)
  } catch {
    Terminal.printError("error: \(ErrorText(error))")
    if json { Terminal.print(json: ErrorReport(error)) }
    throw ExitCode(1)
  }
  guard let failure = Terminal.outputFailure, !failure.isReaderGone else { return try result.get() }
  // A command that ended with 1 has said why.
  if case .failure(let code as ExitCode) = result, code.rawValue == 1 { throw code }
  Terminal.printError("error: \(failure)")
  throw ExitCode(1)
}
