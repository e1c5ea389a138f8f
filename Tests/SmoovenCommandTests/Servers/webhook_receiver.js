'use strict';
// Receives webhooks as a Node service would: verifies each with Node's own crypto and prints what it received, one JSON
// object per line. With "hold", it doesn't respond until it gets a request for /release.
// Usage: webhook_receiver.js KEY [STATUS [hold]]

const crypto = require('node:crypto');
const http = require('node:http');

const [key, status, hold] = process.argv.slice(2);
let held = hold === 'hold' ? [] : undefined;

function whenReleased(answer) {
  if (held) held.push(answer);
  else answer();
}

function release() {
  const answers = held ?? [];
  held = undefined;
  for (const answer of answers) answer();
}

function isAuthentic(body, signature) {
  const expected = Buffer.from(crypto.createHmac('sha256', key).update(body).digest('hex'));
  const given = Buffer.from(signature ?? '');
  return given.length === expected.length && crypto.timingSafeEqual(given, expected);
}

const server = http.createServer((request, response) => {
  if (request.url === '/release') {
    release();
    response.end();
    return;
  }
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => {
    const body = Buffer.concat(parts);
    const authentic = isAuthentic(body, request.headers['x-smooven-signature']);
    console.log(
      JSON.stringify({
        method: request.method,
        path: request.url,
        authentic,
        headers: request.headers,
        body: body.toString('utf8'),
      }),
    );
    whenReleased(() => response.writeHead(authentic ? Number(status ?? 200) : 401).end());
  });
});

server.listen(0, '127.0.0.1', () => {
  console.error(`listening on http://127.0.0.1:${server.address().port}`);
});
