internal import ArgumentParser
internal import Logging

/// The options for logging.
struct LoggingOptions: ParsableArguments {
  @Flag(help: "Log what happens inside, on standard error.")
  var verbose = false

  var logger: Logger {
    guard verbose else { return Logger(label: "smooven", factory: { _ in SwiftLogNoOpLogHandler() }) }
    var logger = Logger(label: "smooven", factory: { StreamLogHandler.standardError(label: $0) })
    logger.logLevel = .debug
    return logger
  }
}
