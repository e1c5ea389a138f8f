// Signs and verifies SmartlyQ's webhooks as a Node service would, with the same input and output as peers.py.
import { createHmac, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";

function code(secret, time, body) {
  return createHmac("sha256", secret).update(`${time}.`).update(body).digest("hex");
}

function verify(secret, header, body) {
  const parts = new Map(header.split(",").map((part) => part.split("=", 2)));
  const presented = Buffer.from(parts.get("v1") ?? "");
  const expected = Buffer.from(code(secret, parts.get("t"), body));
  return presented.length === expected.length && timingSafeEqual(presented, expected);
}

const answers = readFileSync(0, "utf8")
  .split("\n")
  .filter((line) => line !== "")
  .map((line) => {
    const { secret, time, body, signature } = JSON.parse(line);
    const bytes = Buffer.from(body, "base64");
    return signature === undefined
      ? `t=${time},v1=${code(secret, time, bytes)}`
      : verify(secret, signature, bytes);
  });
console.log(answers.map((answer) => JSON.stringify(answer)).join("\n"));
