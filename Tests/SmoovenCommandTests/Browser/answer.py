"""Drives the answer page in a real browser: answer.py SCENARIO LINK [dark] [phone] [no-scripts]

The scenario `race` gets pairs of links, each to the pages of one question at two receivers.

Prints what it saw as one JSON object.
"""

import json

from browser import browser, check, main, picture

NOT_NOW = "button[value='Not now']"


def click(link, *settings):
    """A person answers with a click."""
    with browser() as opened:
        context = opened.context(
            dark="dark" in settings, phone="phone" in settings, scripts="no-scripts" not in settings
        )
        page = context.new_page()
        page.goto(link)
        check(page.title() == "Question", page.title())
        # It fits, and can be hit with a thumb.
        box = page.locator(NOT_NOW).bounding_box()
        check(box["height"] >= 44, f"the button has a height of {box['height']}")
        check(box["x"] >= 0 and box["x"] + box["width"] <= page.viewport_size["width"], f"the button is cut off: {box}")
        seen = {"heading": page.locator("h1").inner_text()}
        # Not by a script: the page may have none.
        picture(page, f"answer-{'-'.join(settings) or 'light'}")
        page.locator("textarea").fill("on Friday")
        page.locator(NOT_NOW).click()
        seen["status"] = page.locator("[role=status]").inner_text()
        # Opened again, it shows the answer.
        page.goto(link)
        seen["reply"] = page.locator(".reply").first.inner_text()
        if "no-scripts" not in settings:
            seen["background"] = page.evaluate("getComputedStyle(document.body).backgroundColor")
        print(json.dumps(seen))


def keyboard(link):
    """A person answers by keyboard alone, without scripts."""
    with browser() as opened:
        page = opened.context(scripts=False).new_page()
        page.goto(link)
        for key in ["Tab", "Tab", "Enter"]:
            page.keyboard.press(key)
        print(json.dumps({"status": page.locator("[role=status]").inner_text()}))


def hostile(link):
    """Hostile texts are shown as text, and run nothing."""
    with browser() as opened:
        page = opened.context().new_page()
        page.goto(link)
        seen = {"heading": page.locator("h1").inner_text()}
        for selector in ["script", "img"]:
            check(page.locator(selector).count() == 0, f"there is a {selector}")
        check(page.title() == "Question", page.title())
        page.locator("button").click()
        seen["reply"] = page.locator(".reply").inner_text()
        check(page.title() == "Question", page.title())
        print(json.dumps(seen))


def two(link):
    """Of two browsers, the second sees the answer of the first."""
    with browser() as opened:
        first, second = (opened.context().new_page() for _ in range(2))
        for page in [first, second]:
            page.goto(link)
        first.locator("button[value=Deploy]").click()
        seen = {"first": first.locator("[role=status]").inner_text()}
        second.locator(NOT_NOW).click()
        seen["second"] = second.locator("[role=status]").inner_text()
        seen["reply"] = second.locator(".reply").inner_text()
        print(json.dumps(seen))


def race(*links):
    """Two browsers send their answers at the same time, each to the page of another receiver."""
    rounds = []
    with browser() as opened:
        for pair in zip(links[::2], links[1::2]):
            pages = [opened.context().new_page() for _ in pair]
            held = []
            for page, link in zip(pages, pair):
                page.goto(link)
                page.route("**", lambda route: held.append(route) if route.request.method == "POST" else route.continue_())
            for page, button in zip(pages, ["button[value=Deploy]", NOT_NOW]):
                page.locator(button).click(no_wait_after=True)
            # Both are sent together, once the second one is there.
            while len(held) < 2:
                pages[0].wait_for_timeout(1)
            for route in held:
                route.continue_()
            for page in pages:
                page.locator("[role=status]").wait_for()
                page.unroute("**")
            rounds.append([
                {"status": page.locator("[role=status]").inner_text(), "reply": page.locator(".reply").inner_text()}
                for page in pages
            ])
    print(json.dumps(rounds))


if __name__ == "__main__":
    main({"click": click, "keyboard": keyboard, "hostile": hostile, "two": two, "race": race})
