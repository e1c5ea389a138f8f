"""The same job in aiohttp, in one process.

This is the handler of Smooven's documentation, with the checks of the signature and of the age, which it leaves out.
"""

import asyncio
import hmac
import os
import sys
from datetime import datetime, timedelta, timezone

from aiohttp import web

key = os.environ["SMOOVEN_SECRET_KEY"].encode()
pending: dict[str, asyncio.Event] = {}
oldest, newest = timedelta(hours=24), timedelta(minutes=-5)


async def receive(request: web.Request) -> web.Response:
    body = await request.read()
    expected = hmac.digest(key, body, "sha256").hex()
    if not hmac.compare_digest(expected, request.headers.get("X-Smooven-Signature", "")):
        return web.Response(status=401)
    try:
        payload = await request.json()
        occurred = datetime.fromisoformat(payload["timestamp"])
        notification = payload["notification_id"]
    except (ValueError, KeyError):
        return web.Response(status=400)
    if not newest <= datetime.now(timezone.utc) - occurred <= oldest:
        return web.Response(status=401)
    if notification in pending:
        pending[notification].set()
    return web.Response(status=200)


async def main() -> None:
    app = web.Application()
    app.router.add_post("/callbacks/smooven", receive)
    # No access log, like the others.
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    print(f"listening on http://{host}:{port}", file=sys.stderr, flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
