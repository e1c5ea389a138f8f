"""A balancer for the samples. It sends each request to the next of several ports, or to the one after it.

It needs no package, and does what nginx does with `proxy_next_upstream error timeout non_idempotent`: round robin, and the
next upstream if one is dead.
"""

import http.client
import http.server
import itertools
import sys

PORTS = [int(port) for port in sys.argv[2:]]
TURNS = itertools.count()


class Balancer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.forward("GET", None)

    def do_POST(self):
        self.forward("POST", self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def forward(self, method, body):
        headers = {name: value for name, value in self.headers.items() if name not in ("Host", "Content-Length")}
        first = next(TURNS)
        status, fields, answer = 502, {}, b""
        for offset in range(len(PORTS)):
            port = PORTS[(first + offset) % len(PORTS)]
            # Redirects are for the client, so they are passed through.
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
            try:
                connection.request(method, self.path, body, headers)
                response = connection.getresponse()
                status, fields, answer = response.status, response.headers, response.read()
            except (OSError, http.client.HTTPException):
                continue
            finally:
                connection.close()
            print(f"balancer: {'a callback' if method == 'POST' else 'a visit'} goes to port {port}", flush=True)
            break
        self.send_response(status)
        for name in ("Content-Type", "Location"):
            if name in fields:
                self.send_header(name, fields[name])
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Balancer).serve_forever()
