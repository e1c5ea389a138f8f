// The same job in Node's http, in one process: check the signature, read the body, check its age, look up the waiter,
// respond with 200.
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const key = process.env.SMOOVEN_SECRET_KEY;
const pending = new Map();

function isSigned(body, signature) {
  const expected = createHmac("sha256", key).update(body).digest();
  const given = Buffer.from(signature ?? "", "hex");
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function receive(body, signature) {
  if (!isSigned(body, signature)) return 401;
  let event;
  try {
    event = JSON.parse(body.toString());
  } catch {
    return 400;
  }
  const age = Date.now() - Date.parse(event.timestamp);
  if (!(age < 86_400_000 && age > -300_000)) return 401;
  const resolve = pending.get(event.notification_id);
  if (resolve) {
    pending.delete(event.notification_id);
    resolve(event);
  }
  return 200;
}

const server = createServer((request, response) => {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => {
    const body = parts.length === 1 ? parts[0] : Buffer.concat(parts);
    response.writeHead(receive(body, request.headers["x-smooven-signature"]), { "Content-Length": 0 });
    response.end();
  });
});

server.listen(0, "127.0.0.1", () => {
  console.error(`listening on http://127.0.0.1:${server.address().port}`);
});
