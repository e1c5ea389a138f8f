internal import ArgumentParser
internal import Logging

/// The options for logging.
struct LoggingOptions: ParsableArguments {
  @Flag(help: "Log what happens inside, on standard error.")
  var verbose = false

  var logger: Logger {
    verbose
      ? standardError(.debug) : Logger(label: "smooven", factory: { _ in SwiftLogNoOpLogHandler() })
  }

  /// Where a store says what its operator should change, which no other line of the command says.
  var storeLogger: Logger { standardError(verbose ? .debug : .warning) }

  private func standardError(_ level: Logger.Level) -> Logger {
    var logger = Logger(label: "smooven", factory: { StreamLogHandler.standardError(label: $0) })
    logger.logLevel = level
    return logger
  }
}
