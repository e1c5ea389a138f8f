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

  /// The logger of a store, which tells its operator what to change and when a fault is over, as no other line does.
  var storeLogger: Logger { standardError(verbose ? .debug : .notice) }

  private func standardError(_ level: Logger.Level) -> Logger {
    var logger = Logger(label: "smooven", factory: { StreamLogHandler.standardError(label: $0) })
    logger.logLevel = level
    return logger
  }
}
