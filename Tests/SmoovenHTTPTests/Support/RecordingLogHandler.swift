import Logging
import Synchronization

/// A log handler that keeps every line at every level.
final class LogRecord: Sendable {
  let lines = Mutex<[(level: Logger.Level, text: String)]>([])

  var logger: Logger {
    var logger = Logger(label: "test") { _ in RecordingLogHandler(record: self) }
    logger.logLevel = .trace
    return logger
  }
}

struct RecordingLogHandler: LogHandler {
  let record: LogRecord
  var logLevel = Logger.Level.trace
  var metadata = Logger.Metadata()

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let text = "\(event.message) \(metadata) \(event.metadata ?? [:])"
    record.lines.withLock { $0.append((event.level, text)) }
  }
}
