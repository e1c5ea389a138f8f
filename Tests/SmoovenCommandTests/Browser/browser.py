"""What the browser tests share: Debian's Chromium, checks, and requests to the servers under test."""

import contextlib
import hashlib
import hmac
import http.client
import json
import os
import shutil
import sys
import time
import urllib.parse

from playwright.sync_api import sync_playwright

CHROMIUM = next((path for path in map(shutil.which, ["chromium", "chromium-browser"]) if path), None)


class Failed(Exception):
    """Something isn't as it should be."""


def check(condition, message):
    if not condition:
        raise Failed(message)


def wait_until(condition, message, seconds=20):
    """Waits for something outside the browser."""
    end = time.monotonic() + seconds
    while not condition():
        check(time.monotonic() < end, message)
        time.sleep(0.02)


class Browser:
    """A browser, with all that its pages complained about."""

    def __init__(self, playwright):
        self.browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        self.complaints = []

    def context(self, dark=False, phone=False, scripts=True, still=False, **options):
        if phone:
            options |= {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "has_touch": True}
            options["is_mobile"] = scripts
        else:
            options.setdefault("viewport", {"width": 1280, "height": 800})
        context = self.browser.new_context(
            color_scheme="dark" if dark else "light",
            java_script_enabled=scripts,
            reduced_motion="reduce" if still else "no-preference",
            **options,
        )
        context.on("page", self._watch)
        if scripts:
            # The console doesn't tell of each.
            context.add_init_script(
                "addEventListener('securitypolicyviolation', (event) => "
                "console.error('policy violation', event.violatedDirective, event.blockedURI, event.sample))"
            )
        return context

    def _watch(self, page):
        page.on("dialog", lambda dialog: (self.complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("console", self._hear)

    def _hear(self, message):
        # Chromium says so of every response that isn't a success.
        if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource"):
            self.complaints.append(f"console: {message.text}")


@contextlib.contextmanager
def browser():
    if CHROMIUM is None:
        raise Failed("chromium isn't installed (on Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        opened = Browser(playwright)
        try:
            yield opened
        finally:
            opened.browser.close()
        check(not opened.complaints, "\n".join(opened.complaints))


def picture(page, name):
    """Keeps a picture, if a folder for them is named."""
    folder = os.environ.get("SMOOVEN_PICTURES")
    if folder:
        os.makedirs(folder, exist_ok=True)
        page.screenshot(path=f"{folder}/{name}.png")


class Server:
    """A connection to a server, which is kept for many requests."""

    def __init__(self, url, key):
        parts = urllib.parse.urlsplit(url)
        self.path, self.key = parts.path, key
        self.connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)

    def post(self, path, body, headers):
        self.connection.request("POST", self.path + path, body, {"Content-Type": "application/json", **headers})
        response = self.connection.getresponse()
        response.read()
        return response.status

    def call_back(self, event, headers=None, forged=False, path="/callbacks/smooven", body=None):
        """Sends a callback with a good signature, or with a wrong one."""
        if body is None:
            body = json.dumps(
                {
                    "channel_used": "sms",
                    "status": event.get("event", "").split(".")[-1],
                    "timestamp": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime()) + ".000Z",
                    "recipient": {"user_id": "sarah@example.com", "channel_address": "+61400000000"},
                    **event,
                }
            ).encode()
        signature = self.sign(body, "sk_live_of_somebody_else" if forged else self.key)
        return self.post(path, body, {"X-Smooven-Signature": signature, **(headers or {})})

    @staticmethod
    def sign(body, key):
        return hmac.new(key.encode(), body, hashlib.sha256).hexdigest()

    def notify(self, user, callback_url, intent="Remind them"):
        """Sends a notification to a sandbox."""
        body = {"intent": intent, "context": {"user_id": user}, "callback_url": callback_url}
        return self.post("/v1/agent/notify", json.dumps(body), {"Authorization": f"Bearer {self.key}"})


def main(scenarios):
    """Runs the scenario that the first argument names, with the others."""
    name, *arguments = sys.argv[1:]
    try:
        scenarios[name](*arguments)
    except Failed as failure:
        sys.exit(f"{name}: {failure}")
