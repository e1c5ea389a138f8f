internal import AsyncHTTPClient
public import Logging
public import ServiceLifecycle
internal import SmoovenHTTP
internal import SmoovenSupport

/// A local Smooven that accepts notifications on loopback and sends callbacks with real signatures.
///
/// It serves the notify, status and player endpoints of the real service over HTTP, so that a client in any language
/// can use it. The recipient selects what happens, with the part of `context.user_id` or `to` before the first `@` or
/// `+`.
///
/// | Recipient | What happens |
/// |---|---|
/// | anything else | queued, sent, delivered |
/// | `fail`, `undelivered` | queued, sent, failed, and for `undelivered` with that status |
/// | `fallback` | queued, sent, a fallback to SMS, delivered there |
/// | `silent` | queued, and nothing more |
/// | `early` | delivered, and all callbacks got their responses, before the notify request gets one |
/// | `duplicate` | every callback twice |
/// | `reorder` | the callbacks in reverse order |
/// | `forged` | first a failure with a wrong signature |
/// | `open`, `click` | delivered, then opened, then clicked |
/// | `lost` | delivered, but that callback is never sent, so only the status shows it |
/// | `partial` | with `critical` urgency, push fails and then SMS delivers |
/// | `drop` | accepted, and the connection is cut without a response |
/// | `error500` | accepted, but the response is a 500 |
/// | `busy` | a 429 with `Retry-After: 1` once, then accepted |
/// | `invalid` | a 400 with `invalid_recipient` |
///
/// The callbacks of one notification are sent one at a time, and each waits until the first attempt of the one before
/// has ended. A callback that doesn't get a 2xx is retried after 5 seconds, 30 seconds and 2 minutes, times
/// ``SandboxConfiguration/timeScale``, and is then listed in ``failedDeliveries``. `GET /sandbox/notifications`,
/// `/sandbox/attempts` and `/sandbox/failed-deliveries` return the same as the properties here.
public final class SmoovenSandbox: Service {
  let records: Watched<SandboxRecords>
  private let configuration: SandboxConfiguration
  let courier: CallbackCourier
  private let logger: Logger

  /// Creates a sandbox that doesn't listen yet.
  ///
  /// - Parameters:
  ///   - configuration: The sandbox's settings.
  ///   - logger: The logger for each request and callback, at level debug. Disabled by default.
  /// - Throws: ``SandboxError`` with `invalidConfiguration` if a value is out of range.
  public init(configuration: SandboxConfiguration = SandboxConfiguration(), logger: Logger? = nil) throws {
    try configuration.validate()
    self.configuration = configuration
    self.records = Watched(SandboxRecords(historyLimit: configuration.historyLimit))
    self.courier = CallbackCourier(configuration: configuration, records: records)
    self.logger = logger ?? Logger(label: "smooven.sandbox") { _ in SwiftLogNoOpLogHandler() }
  }

  /// The URL at which the sandbox can be reached, such as `http://127.0.0.1:49152`, without a trailing slash.
  ///
  /// It's awaited until the sandbox listens.
  ///
  /// - Throws: The error that ``run()`` ended with, ``SandboxError`` with `stopped` if it ended without one, or
  ///   `CancellationError` if cancelled.
  public var baseURL: String {
    get async throws {
      try await records.first { records in
        switch records.phase {
        case .idle, .starting: return nil
        case .listening(let baseURL): return baseURL
        case .stopped(let error): throw error ?? SandboxError.stopped
        }
      }
    }
  }

  /// Serves until the task is cancelled or the service group shuts down.
  ///
  /// A graceful shutdown lets requests in flight finish. In both cases, callbacks that haven't been sent by the end
  /// aren't sent anymore. A sandbox can run only once.
  ///
  /// - Throws: `CancellationError` if cancelled, ``SandboxError`` with `alreadyRun` if it's run a second time, or the
  ///   server's error if it can't listen.
  public func run() async throws {
    let isFirst = records.update { records in
      guard case .idle = records.phase else { return false }
      records.phase = .starting
      return true
    }
    guard isFirst else {
      throw SandboxError(code: .alreadyRun, message: "this sandbox has already run; make another one")
    }
    do {
      try await HTTPClient.withHTTPClient(configuration: CallbackSender.clientConfiguration) { client in
        try await serve(
          sender: CallbackSender(
            client: client,
            configuration: configuration,
            records: records,
            logger: logger
          )
        )
      }
      try Task.checkCancellation()
      records.update { $0.phase = .stopped(nil) }
    } catch {
      records.update { $0.phase = .stopped(error is CancellationError ? nil : error) }
      throw error
    }
  }

  private func serve(sender: CallbackSender) async throws {
    var settings = HTTPServerConfiguration()
    settings.host = configuration.host
    settings.port = configuration.port
    settings.maximumBodySize = 4_194_304
    settings.serverName = "smooven-sandbox"
    let server = HTTPServer(
      configuration: settings,
      handler: SandboxAPI(configuration: configuration, records: records, courier: courier, logger: logger),
      logger: logger
    )
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { [courier] in await courier.run(sender: sender) }
      try await withGracefulShutdownHandler {
        try await server.run { [records, logger] address in
          logger.info("sandbox listening", metadata: ["address": "\(address)"])
          records.update { $0.phase = .listening(baseURL: "http://\(address)") }
        }
      } onGracefulShutdown: {
        server.beginGracefulShutdown()
      }
      group.cancelAll()
    }
  }
}

extension SandboxError {
  static let stopped = SandboxError(code: .stopped, message: "the sandbox has stopped")
}
