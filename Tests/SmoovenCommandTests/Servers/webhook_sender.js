'use strict';
// Signs a body with Node's own crypto, spoils the request in one way, sends it as often as asked and prints the
// status of each response. Usage: webhook_sender.js URL KEY BODY [SPOIL [COUNT]]

const crypto = require('node:crypto');
const http = require('node:http');

const [url, key, text, spoil = 'nothing', count = '1'] = process.argv.slice(2);
const body = Buffer.from(text, 'utf8');
const sign = (secret) => crypto.createHmac('sha256', secret).update(body).digest('hex');
const signature = sign(key);

const spoilt = {
  nothing: signature,
  'upper case': signature.toUpperCase(),
  'changed byte': signature,
  'another key': sign(`${key}.`),
  'missing header': undefined,
  'empty header': '',
  'short signature': signature.slice(0, -2),
  'odd signature': signature.slice(0, -1),
  'long signature': `${signature}00`,
  'signature that is not hexadecimal': `${signature.slice(0, -1)}g`,
  'signature of another script': 'é'.repeat(32),
  'doubled header': [signature, signature],
  'doubled signature': `${signature},${signature}`,
};
if (!(spoil in spoilt)) throw new Error(`unknown: ${spoil}`);
if (spoil === 'changed byte') body[body.indexOf('delivered')] ^= 1;

function send() {
  const headers = { 'Content-Type': 'application/json', 'Content-Length': body.length };
  if (spoilt[spoil] !== undefined) headers['X-Smooven-Signature'] = spoilt[spoil];
  return new Promise((resolve, reject) => {
    const request = http.request(url, { method: 'POST', headers }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode));
    });
    request.on('error', reject);
    request.end(body);
  });
}

(async () => {
  for (let sent = 0; sent < Number(count); sent += 1) console.log(await send());
})();
