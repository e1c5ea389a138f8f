"""Reads a HAR file with haralyzer, and prints a line for each entry: read_har.py FILE"""

import json
import sys

from haralyzer import HarEntry, HarParser

with open(sys.argv[1], encoding="utf-8") as file:
    parser = HarParser(json.load(file))
assert parser.version == "1.2" and parser.creator["name"] == "smooven"
for raw in parser.har_data["entries"]:
    entry = HarEntry(raw)
    assert entry.startTime.year >= 2026 and {"send", "wait", "receive"} <= set(entry.timings)
    assert all({"name", "value"} <= set(pair) for pair in entry.request.headers)
    assert raw["request"]["bodySize"] == 0 or raw["request"]["postData"]["mimeType"]
    print(entry.request.method, entry.url, entry.status)
