"""The delivered callback of Smooven's documentation, signed, as whole HTTP requests."""

import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime, timezone
from pathlib import Path

KEY = "sk_live_0123456789abcdef"
PATH = "/callbacks/smooven"


def body(id: str, timestamp: str) -> bytes:
    # Padded, so that all requests have one size.
    return (
        '{"event":"notification.delivered","notification_id":"%s",%s"channel_used":"sms","status":"delivered",'
        '"timestamp":"%s","recipient":{"user_id":"sarah@example.com","channel_address":"+61400000000"},'
        '"metadata":{"intent":"Remind Sarah about her appointment","urgency":"normal"}}'
        % (id, " " * (16 - len(id)), timestamp)
    ).encode()


def numbered(number: int) -> str:
    return f"ntf_{number:012d}"


def request(id: str, timestamp: str, key: str = KEY, path: str = PATH) -> bytes:
    content = body(id, timestamp)
    signature = hmac.digest(key.encode(), content, hashlib.sha256).hex()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(content)}\r\nX-Smooven-Signature: {signature}\r\n\r\n"
    )
    return head.encode() + content


def now() -> str:
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def write_requests(file: Path, targets: Iterable[tuple[str, str]]) -> int:
    """Writes requests of one size, each to a path and about a notification, and returns the size."""
    timestamp = now()
    with open(file, "wb") as output:
        for path, id in targets:
            text = request(id, timestamp, path=path)
            output.write(text)
    return len(text)
