"""Signs and verifies with third-party libraries, many messages in one process.

Reads one JSON object per line until the end of the input, then prints one JSON value for each:
  {"peer", "secret", "id", "time", "body"}               the signature header of the base64 body
  {"peer", "secret", "id", "time", "body", "signature"}  true or false

An error that isn't a refusal ends the process, because a broken peer must not be mistaken for one that refuses.
"""

import base64
import json
import sys
from datetime import datetime, timezone


def with_stripe(message, body):
    from stripe import SignatureVerificationError, WebhookSignature

    if "signature" not in message:
        return WebhookSignature.generate_signature_header(body, message["secret"], message["time"])
    try:
        return WebhookSignature.verify_header(body, message["signature"], message["secret"], tolerance=300)
    except SignatureVerificationError:
        return False


def with_standardwebhooks(message, body):
    from standardwebhooks.webhooks import Webhook, WebhookVerificationError

    return three_headers(Webhook(message["secret"]), WebhookVerificationError, "webhook", message, body)


def with_svix(message, body):
    from svix.webhooks import Webhook, WebhookVerificationError

    return three_headers(Webhook(message["secret"]), WebhookVerificationError, "svix", message, body)


def three_headers(webhook, refusal, prefix, message, body):
    if "signature" not in message:
        return webhook.sign(message["id"], datetime.fromtimestamp(message["time"], timezone.utc), body)
    headers = {
        f"{prefix}-id": message["id"],
        f"{prefix}-timestamp": str(message["time"]),
        f"{prefix}-signature": message["signature"],
    }
    try:
        webhook.verify(body, headers)
    except refusal:
        return False
    except json.JSONDecodeError:
        pass  # Read only after it was verified.
    return True


def with_pingram(message, body):
    from pingram import webhooks
    from pydantic import ValidationError

    time = str(message["time"])
    if "signature" not in message:
        return "v1," + webhooks._compute_signature(body, message["secret"], time, message["id"])
    try:
        webhooks.Webhooks.verify(
            payload=body,
            message_id=message["id"],
            signature=message["signature"],
            timestamp=time,
            secret=message["secret"],
        )
    except (webhooks.WebhookSignatureError, webhooks.WebhookTimestampError):
        return False
    except ValidationError:
        pass  # Read only after it was verified.
    return True


peers = {
    "stripe": with_stripe,
    "standardwebhooks": with_standardwebhooks,
    "svix": with_svix,
    "pingram": with_pingram,
}
for question in [json.loads(line) for line in sys.stdin.buffer if line.strip()]:
    print(json.dumps(peers[question["peer"]](question, base64.b64decode(question["body"]).decode())))
