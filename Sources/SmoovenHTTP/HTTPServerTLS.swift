internal import NIOSSL

/// The files with a server's certificate and key.
package struct HTTPServerTLS: Sendable {
  /// The path of a PEM file with the server's certificate, followed by its issuers.
  package var certificateChainPath: String

  /// The path of a PEM file with the private key of the certificate.
  package var privateKeyPath: String

  package init(certificateChainPath: String, privateKeyPath: String) {
    self.certificateChainPath = certificateChainPath
    self.privateKeyPath = privateKeyPath
  }
}

extension HTTPServerTLS {
  /// Reads the files.
  func makeContext() throws(HTTPServerError) -> NIOSSLContext {
    let chain: [NIOSSLCertificate]
    do {
      chain = try NIOSSLCertificate.fromPEMFile(certificateChainPath)
    } catch {
      throw .unreadable("certificate chain", file: certificateChainPath)
    }
    let key: NIOSSLPrivateKey
    do {
      key = try NIOSSLPrivateKey(file: privateKeyPath, format: .pem)
    } catch {
      throw .unreadable("private key", file: privateKeyPath)
    }
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: chain.map { .certificate($0) },
      privateKey: .privateKey(key)
    )
    configuration.minimumTLSVersion = .tlsv12
    configuration.applicationProtocols = ["http/1.1"]
    do {
      return try NIOSSLContext(configuration: configuration)
    } catch {
      throw HTTPServerError(
        kind: .tls(file: privateKeyPath),
        message: "the private key in \(privateKeyPath) doesn't match the certificate in "
          + "\(certificateChainPath): use the key that belongs to the first certificate of the chain"
      )
    }
  }
}

extension HTTPServerError {
  fileprivate static func unreadable(_ what: String, file: String) -> Self {
    HTTPServerError(
      kind: .tls(file: file),
      message: "cannot read a \(what) from \(file): check that the file exists, is readable and is in PEM "
        + "format"
    )
  }
}
