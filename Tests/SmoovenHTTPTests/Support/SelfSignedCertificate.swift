import Foundation
import SmoovenHTTP

/// A key and a certificate for `localhost`, in a directory that `remove()` deletes.
struct SelfSignedCertificate {
  private let directory: URL
  var certificate: String { path("certificate.pem") }
  var key: String { path("key.pem") }
  var tls: HTTPServerTLS { HTTPServerTLS(certificateChainPath: certificate, privateKeyPath: key) }

  init() async throws {
    directory = FileManager.default.temporaryDirectory.appending(path: "smooven-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments =
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=localhost"
      .split(
        separator: " "
      ).map(String.init)
      + [
        "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", certificate,
      ]
    process.standardError = FileHandle.nullDevice
    try await withCheckedThrowingContinuation { (done: CheckedContinuation<Void, any Error>) in
      process.terminationHandler = { _ in done.resume() }
      do { try process.run() } catch { done.resume(throwing: error) }
    }
  }

  func path(_ name: String) -> String { directory.appending(path: name).path }

  func remove() {
    try? FileManager.default.removeItem(at: directory)
  }
}
