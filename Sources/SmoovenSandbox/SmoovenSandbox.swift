import AsyncHTTPClient
public import Logging
public import ServiceLifecycle
import SmoovenHTTP
internal import SmoovenSupport

/// A local Smooven: it accepts notifications on loopback and sends really signed callbacks.
///
/// It serves the notify, status and player endpoints of the real service over HTTP, so a client in any language
/// can talk to it. The recipient scripts what happens: the part of `context.user_id` or `to` before the first `@`
/// or `+`.
///
/// | Recipient | What happens |
/// |---|---|
/// | anything else | queued, sent, delivered |
/// | `fail`, `undelivered` | queued, sent, failed; the second with the status `undelivered` |
/// | `fallback` | queued, sent, a fallback to sms, delivered there |
/// | `silent` | queued and nothing more |
/// | `early` | delivered, and all callbacks answered, before the notify request is |
/// | `duplicate` | every callback twice |
/// | `reorder` | the callbacks in reverse |
/// | `forged` | first a failure with a wrong signature |
/// | `open`, `click` | delivered, then opened, then clicked |
/// | `lost` | delivered, but that callback never leaves; the status tells |
/// | `partial` | with `critical` urgency push fails, then sms delivers |
/// | `drop` | accepted, and the connection is cut without an answer |
/// | `error500` | accepted, and answered with 500 |
/// | `busy` | 429 with `Retry-After: 1` once, then accepted |
/// | `invalid` | 400 `invalid_recipient` |
///
/// The callbacks of one notification follow one another; the next waits until the first attempt of the one before
/// has ended. A callback that is not answered with 2xx is repeated after 5 s, 30 s and 2 min, times
/// ``SandboxConfiguration/timeScale``, and then listed in ``failedDeliveries``. `GET /sandbox/notifications`,
/// `/sandbox/attempts` and `/sandbox/failed-deliveries` show the same as the properties here.
public final class SmoovenSandbox: Service {
  let records: Watched<SandboxRecords>
  private let configuration: SandboxConfiguration
  private let courier: CallbackCourier
  private let logger: Logger

  /// Makes a sandbox that does not listen yet.
  ///
  /// - Parameters:
  ///   - configuration: Where it listens and how fast its time runs.
  ///   - logger: Where it logs each request and callback, at `debug`; by default nowhere.
  /// - Throws: ``SandboxError`` with `invalidConfiguration` when a value is out of its range.
  public init(configuration: SandboxConfiguration = SandboxConfiguration(), logger: Logger? = nil) throws {
    try configuration.validate()
    self.configuration = configuration
    self.records = Watched(SandboxRecords(historyLimit: configuration.historyLimit))
    self.courier = CallbackCourier(configuration: configuration, records: records)
    self.logger = logger ?? Logger(label: "smooven.sandbox") { _ in SwiftLogNoOpLogHandler() }
  }

  /// Where the sandbox can be reached, such as `http://127.0.0.1:49152`, without a slash at the end.
  ///
  /// Waits until the sandbox listens.
  ///
  /// - Throws: The error that ``run()`` ended with, ``SandboxError`` with `stopped` when it ended without one, and
  ///   `CancellationError` when the caller is cancelled.
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
  /// A graceful shutdown lets requests in flight be answered. Both ways, callbacks that have not left by the end are
  /// not sent. A sandbox runs once.
  ///
  /// - Throws: `CancellationError` when cancelled, ``SandboxError`` with `alreadyRun` the second time, and the
  ///   server's error when it cannot listen.
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
