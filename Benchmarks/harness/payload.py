"""The delivered callback of Smooven's documentation, signed, as whole HTTP requests."""

import hashlib
import hmac
from datetime import datetime, timezone
from pathlib import Path

KEY = "sk_live_0123456789abcdef"
PATH = "/callbacks/smooven"


def body(number: int, timestamp: str) -> bytes:
    return (
        '{"event":"notification.delivered","notification_id":"ntf_%012d","channel_used":"sms","status":"delivered",'
        '"timestamp":"%s","recipient":{"user_id":"sarah@example.com","channel_address":"+61400000000"},'
        '"metadata":{"intent":"Remind Sarah about her appointment","urgency":"normal"}}' % (number, timestamp)
    ).encode()


def request(number: int, timestamp: str, key: str = KEY) -> bytes:
    content = body(number, timestamp)
    signature = hmac.digest(key.encode(), content, hashlib.sha256).hex()
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(content)}\r\nX-Smooven-Signature: {signature}\r\n\r\n"
    )
    return head.encode() + content


def now() -> str:
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def write_requests(path: Path, numbers: range) -> int:
    """Writes requests of one size, each for another notification, and returns the size."""
    timestamp = now()
    with open(path, "wb") as file:
        for number in numbers:
            text = request(number, timestamp)
            file.write(text)
    return len(text)
