import Foundation

/// A proxy that hands on each piece of a response as it arrives, from Python's standard library.
final class StreamingProxy: Sendable {
  struct NotStarted: Error {}

  private let process: Process
  private let input = Pipe()
  /// The port of the proxy on this machine.
  let port: Int

  /// Starts a proxy in front of a port, which ends with this process, however that ends.
  init(to target: Int) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "-c", Self.script, "\(target)"]
    let output = Pipe()
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    self.process = process
    let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
    guard let port = Int(line.trimmingCharacters(in: .whitespacesAndNewlines)) else { throw NotStarted() }
    self.port = port
  }

  /// Ends the proxy.
  func stop() { try? input.fileHandleForWriting.close() }

  private static let script = """
    import http.client, http.server, os, sys, threading

    class Proxy(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            upstream = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]))
            upstream.request("POST", self.path, body, dict(self.headers))
            response = upstream.getresponse()
            self.send_response(response.status)
            self.send_header("Content-Type", response.headers["Content-Type"])
            self.end_headers()
            while piece := response.read1(65536):
                self.wfile.write(piece)
                self.wfile.flush()

        def log_message(self, *arguments):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    sys.stdin.read()
    os._exit(0)
    """
}
