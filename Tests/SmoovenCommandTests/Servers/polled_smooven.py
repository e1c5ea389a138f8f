"""A fake of Smooven that never calls back, so only its status endpoint reports outcomes.

    polled_smooven.py

The recipient chooses the story. The server reports on standard error where it listens, and prints one JSON object per
line for each request, with the time at which it arrived. GET /seen returns the times of all status queries, and their
number for each notification.
"""

import http.server
import itertools
import json
import sys
import threading
import time

lock = threading.Lock()
numbers = itertools.count(1)
polls = {}
times = []


def chain(*attempts):
    return [{"channel": c, "status": s, **({"reason": c + "_not_supported"} if s == "failed" else {})}
            for c, s in attempts]


# The responses to the queries about a notification, in order. The last one is repeated.
STORIES = {
    "delivered": [("queued", []), ("sent", []), ("delivered", [])],
    "failed": [("queued", []), ("failed", chain(("sms", "failed")))],
    "undelivered": [("sent", []), ("undelivered", chain(("sms", "undelivered")))],
    "fallback": [
        ("sent", chain(("rcs", "failed"), ("sms", "sent"))),
        ("delivered", chain(("rcs", "failed"), ("sms", "delivered"))),
    ],
    "clicked": [("delivered", []), ("opened", []), ("clicked", [])],
    "down": [("delivered", [])],
    "busy": [("delivered", [])],
    "silent": [("queued", [])],
}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body, **fields):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        for name, value in fields.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(data)

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        user = request["context"]["user_id"]
        with lock:
            identifier = "ntf_%s_%d" % (user, next(numbers))
            print(json.dumps({"post": user, "callback_url": request.get("callback_url")}), flush=True)
        if user == "lost":
            self.close_connection = True
            return
        self.answer(200, {
            "success": True, "notification_id": identifier, "channel_used": "sms", "status": "queued",
            "timestamp": "2026-03-05T08:00:00Z",
        })

    def do_GET(self):
        if self.path == "/seen":
            with lock:
                return self.answer(200, {"times": times, "polls": polls})
        identifier = self.path.rsplit("/", 1)[1]
        user = identifier.split("_")[1]
        with lock:
            now = time.monotonic()
            times.append(now)
            count = polls[identifier] = polls.get(identifier, 0) + 1
            if user != "silent":
                print(json.dumps({"get": user, "at": now}), flush=True)
        if user == "unknown":
            return self.answer(404, {"success": False, "error": {"code": "notification_not_found"}})
        if user == "down" and count <= 3:
            # Cut off once, broken once, and refused once.
            if count == 1:
                self.close_connection = True
                return
            return self.answer(500 if count == 2 else 503, {"oops": True})
        if user == "busy" and count == 1:
            return self.answer(429, {"success": False, "error": {"code": "rate_limited"}}, Retry_After="2")
        story = STORIES[user]
        status, attempts = story[min(count, len(story)) - 1]
        self.answer(200, {
            "notification_id": identifier, "status": status, "channel_used": "sms", "channel_requested": None,
            "recipient": {"user_id": user, "channel_address": "+61400000000"},
            "timestamps": {"created": "2026-03-05T08:00:00Z", "sent": None, "delivered": None},
            "fallback_chain": attempts,
        })

    def log_message(self, *arguments):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 1024
    daemon_threads = True


server = Server(("127.0.0.1", 0), Handler)
print("listening on http://127.0.0.1:%d" % server.server_port, file=sys.stderr, flush=True)
server.serve_forever()
