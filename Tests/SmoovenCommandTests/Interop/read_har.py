"""Reads a HAR file with haralyzer, and prints a line for each entry: read_har.py FILE"""

import json
import sys

from haralyzer import HarParser

with open(sys.argv[1], encoding="utf-8") as file:
    parser = HarParser(json.load(file))
assert parser.har_version == "1.2" and parser.creator["name"] == "smooven"
for entry in parser.har_data["entries"]:
    request, response = entry["request"], entry["response"]
    assert isinstance(request["headers"], list) and all({"name", "value"} <= set(pair) for pair in request["headers"])
    assert request["bodySize"] == 0 or request["postData"]["mimeType"]
    assert {"send", "wait", "receive"} <= set(entry["timings"])
    print(request["method"], request["url"], response["status"])
