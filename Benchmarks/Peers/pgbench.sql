-- The same row as an event of the store, in a table with the same keys, in a transaction for itself.
\set id random(1, 9000000000000000)
INSERT INTO bare_event (position, received_at, kept_from, keys, detail, payload, body) VALUES (:id, 1, 1, ARRAY[:id]::int8[], '{"endpoint":"smooven","group":"smooven","provider":"smooven","name":"notification.delivered","kind":"delivered","channel":"sms","ids":["ntf_load_63_1023"],"key":"notification.delivered/ntf_load_63_1023","signedAt":794000000}', NULL, decode(repeat('7b226576656e74223a226e', 28), 'hex')) ON CONFLICT DO NOTHING
