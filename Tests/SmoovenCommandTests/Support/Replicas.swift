#if PostgresSupport
import Foundation

/// Three `smooven listen` on one database behind a balancer.
struct Replicas: Sendable {
  static let environment = ["SMOOVEN_SECRET_KEY": CountingServer.key]

  let store: String
  let server: CountingServer

  /// Runs them while a closure runs, which gets the URL of the server, the balancer, the processes and the balancer's URL.
  func serving<Result>(
    _ body: (_ url: String, RoundRobin, [SmoovenProcess], _ address: String) async throws -> Result
  ) async throws -> Result {
    let options = ["--secret", "smooven=\(CountingServer.key)", "--store", store]
    return try await Listening.with(options) { first in
      try await Listening.with(options) { second in
        try await Listening.with(options) { third in
          let balancer = RoundRobin([first.url, second.url, third.url])
          return try await balancer.serving { address in
            try await server.serving { url in
              try await body(url, balancer, [first.process, second.process, third.process], address)
            }
          }
        }
      }
    }
  }

  /// The arguments of a `smooven send` under a key, which is also its intent.
  func arguments(_ key: String, _ url: String, _ address: String) -> [String] {
    [
      "send", key, "--user", "on-call@example.com", "--base-url", url, "--no-listen", "--store", store,
      "--public-url", address, "--idempotency-key", key, "--timeout", "60s", "--json",
    ]
  }
}
#endif
