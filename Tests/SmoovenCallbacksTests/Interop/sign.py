"""Signs and verifies as a Python service would, with the same input and output as sign.mjs."""

import base64
import hashlib
import hmac
import json
import sys


def sign(key, body):
    return hmac.new(key.encode(), body, hashlib.sha256).hexdigest()


for question in [json.loads(line) for line in sys.stdin.buffer if line.strip()]:
    expected = sign(question["key"], base64.b64decode(question["body"]))
    if "signature" in question:
        print(str(hmac.compare_digest(expected, question["signature"])).lower())
    else:
        print(expected)
