// Signs and verifies as a Node service would. Reads one JSON object per line until the end of the input, then
// prints one line for each:
//   {"key", "body"}               the signature of the base64 body
//   {"key", "body", "signature"}  true or false
import { createHmac, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";

const sign = (key, body) => createHmac("sha256", key).update(body).digest("hex");

function verify(key, body, signature) {
  const presented = Buffer.from(signature);
  const expected = Buffer.from(sign(key, body));
  return presented.length === expected.length && timingSafeEqual(presented, expected);
}

const answers = readFileSync(0, "utf8")
  .split("\n")
  .filter((line) => line !== "")
  .map((line) => {
    const { key, body, signature } = JSON.parse(line);
    const bytes = Buffer.from(body, "base64");
    return signature === undefined ? sign(key, bytes) : String(verify(key, bytes, signature));
  });
console.log(answers.join("\n"));
