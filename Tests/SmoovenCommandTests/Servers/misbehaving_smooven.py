"""A fake of Smooven that misbehaves in one way, which its first argument chooses.

    misbehaving_smooven.py MODE [--key KEY] [--silent]

It reports on standard error where it listens, and prints one JSON object per line for each connection, request and
callback. With --silent, it doesn't call back.
"""

import argparse
import datetime
import hashlib
import hmac
import http.client
import http.server
import json
import os
import sys
import threading
import urllib.parse

OWN_ID = "ntf_own000000001"
OTHER_ID = "ntf_other0000001"

printing = threading.Lock()
answer_is_read = threading.Event()


def say(**record):
    with printing:
        print(json.dumps(record), flush=True)


class Caller:
    """Sends signed callbacks to the URL of one request."""

    def __init__(self, url, key):
        self.url = urllib.parse.urlsplit(url)
        self.key = key

    def call(self, event, notification_id=OWN_ID, key=None, with_token=True):
        now = datetime.datetime.now(datetime.timezone.utc)
        body = json.dumps({
            "event": "notification." + event,
            "notification_id": notification_id,
            "channel_used": "sms",
            "status": event,
            "timestamp": now.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
            "recipient": {"user_id": "sarah", "channel_address": "+61400000000"},
        }).encode()
        signature = hmac.new((key or self.key).encode(), body, hashlib.sha256).hexdigest()
        path = self.url.path if with_token else self.url.path.rsplit("/", 1)[0]
        connection = http.client.HTTPConnection(self.url.netloc, timeout=10)
        connection.request("POST", path, body, {
            "Content-Type": "application/json", "X-Smooven-Signature": signature,
        })
        status = connection.getresponse().status
        connection.close()
        say(callback=event, status=status)

    def tell(self, **options):
        for event in ("queued", "sent", "delivered"):
            self.call(event, **options)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle(self):
        say(connection=True)
        if options.mode == "closes_unread":
            return
        try:
            super().handle()
        except ConnectionError:
            pass

    def log_message(self, *arguments):
        pass

    def do_GET(self):
        if self.path == "/answer-is-read":
            answer_is_read.set()
            return self.answer(200, {})
        say(method="GET", path=self.path)
        self.answer(404, {"success": False, "error": {"code": "not_found", "message": "unknown"}})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        say(method="POST", path=self.path, authorization=self.headers["Authorization"], body=body)
        self.caller = Caller(body["callback_url"], options.key)
        getattr(self, options.mode)()

    # Responses

    def answer(self, status, body, **headers):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(data)

    def accept(self):
        self.answer(200, {
            "success": True, "notification_id": OWN_ID, "channel_used": "sms", "status": "queued",
            "timestamp": "2026-03-05T08:00:00Z",
        })

    def send_raw(self, data):
        """Sends bytes that aren't a valid response, closes, and then calls back."""
        try:
            self.wfile.write(data)
            self.wfile.flush()
            self.connection.shutdown(1)
        except OSError:
            pass
        self.close_connection = True
        if not options.silent:
            self.caller.tell()

    # Modes

    def calls_back_first(self):
        self.caller.tell()
        self.accept()

    def never_answers(self):
        if not options.silent:
            self.caller.tell()
        self.rfile.read(1)
        self.close_connection = True

    def never_calls_back(self):
        self.accept()

    def random_bytes(self):
        self.send_raw(os.urandom(4096))

    def half_a_status_line(self):
        self.send_raw(b"HTTP/1.1 20")

    def wrong_content_length(self):
        self.send_raw(b'HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n{"success":true}')

    def html(self):
        body = b"<!doctype html><title>Welcome</title>"
        self.send_raw(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    def truncated_json(self):
        body = b'{"success":true,"notification_id":"ntf_'
        self.send_raw(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    def no_id(self):
        body = b'{"success":true,"status":"queued"}'
        self.send_raw(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    def huge_body(self):
        size = 64 * 1024 * 1024
        self.send_raw(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + b" " * size)

    def default_url(self):
        self.accept()
        self.caller.tell(with_token=False)

    def default_url_first(self):
        self.caller.tell(with_token=False)
        self.accept()

    def other_id_first(self):
        self.accept()
        self.wfile.flush()
        # Until the other side is known to have read the response.
        answer_is_read.wait()
        self.caller.call("delivered", notification_id=OTHER_ID)
        self.caller.call("failed")

    def forged_first(self):
        self.accept()
        self.caller.call("failed", key="sk_live_of_somebody_else")
        self.caller.call("delivered")

    def rate_limits(self):
        self.answer(429, {"success": False, "error": {"code": "rate_limited"}}, Retry_After="0")

    def rate_limits_for_an_hour(self):
        self.answer(429, {"success": False, "error": {"code": "rate_limited"}}, Retry_After="3600")

    def redirects(self):
        self.answer(302, {}, Location="/elsewhere")

    def refuses_the_key(self):
        self.answer(401, {"success": False, "error": {"code": "unauthorized", "message": options.key}})


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        say(problem=repr(sys.exc_info()[1]))


parser = argparse.ArgumentParser()
parser.add_argument("mode")
parser.add_argument("--key", default="sk_live_0123456789abcdef")
parser.add_argument("--silent", action="store_true")
options = parser.parse_args()
server = Server(("127.0.0.1", 0), Handler)
print("listening on http://127.0.0.1:%d" % server.server_address[1], file=sys.stderr, flush=True)
server.serve_forever()
