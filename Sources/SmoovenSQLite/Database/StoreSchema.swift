#if SQLiteSupport
internal import GRDB

/// The tables, and the migrations of files of older versions.
enum StoreSchema {
  /// The number that marks a file as ours: "SMVN".
  static let applicationID: Int64 = 0x534D_564E

  // Times are seconds since 2001-01-01 UTC, which is what `Date` holds, so nothing is lost to rounding. Ids and keys
  // that others chose are kept as bytes, because SQLite ends a text at the first zero byte.
  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1") { db in
      try db.execute(sql: "PRAGMA application_id = \(applicationID)")
      try db.execute(
        sql: """
          -- The log. Ids are never used twice, so that they can be cursors.
          CREATE TABLE event (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            digest BLOB NOT NULL UNIQUE,      -- of scope and deduplication key
            received_at REAL NOT NULL,
            delivery INTEGER,                 -- delivery.id; that row may be gone
            detail TEXT NOT NULL,
            payload TEXT,                     -- NULL when it is what the body says
            body BLOB NOT NULL
          );
          CREATE INDEX event_delivery ON event (delivery) WHERE delivery IS NOT NULL;

          CREATE TABLE delivery (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            token TEXT NOT NULL UNIQUE,
            idempotency_key BLOB UNIQUE,
            notification_id BLOB,
            opened_at REAL NOT NULL,
            may_have_left INTEGER NOT NULL DEFAULT 1,
            outcome TEXT,
            detail TEXT NOT NULL
          );
          CREATE INDEX delivery_notification ON delivery (notification_id) WHERE notification_id IS NOT NULL;
          CREATE INDEX delivery_opened ON delivery (opened_at);

          -- Events whose notification is not known yet, by each of their ids.
          CREATE TABLE unclaimed (
            correlation_id BLOB NOT NULL,
            event INTEGER NOT NULL,
            PRIMARY KEY (correlation_id, event)
          ) WITHOUT ROWID;
          CREATE INDEX unclaimed_event ON unclaimed (event);

          CREATE TABLE cursor (
            name BLOB PRIMARY KEY,
            position INTEGER NOT NULL
          ) WITHOUT ROWID;
          """
      )
    }
    migrator.registerMigration("2") { db in
      try db.execute(sql: "ALTER TABLE event RENAME TO event_1")
      try db.execute(sql: "ALTER TABLE delivery RENAME TO delivery_1")
      try db.execute(sql: "DROP TABLE unclaimed")
      try db.execute(sql: tables)
      try StoreUpgrade(db).run()
    }
    return migrator
  }

  private static let tables = """
    -- The log. Ids are never used twice, so that they can be cursors.
    CREATE TABLE event (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      received_at REAL NOT NULL,
      kept_from REAL,                   -- NULL: received_at
      token BLOB,
      keys BLOB,                        -- hashes of token and ids, 8 bytes each
      detail TEXT NOT NULL,
      payload TEXT,                     -- NULL: what the body says
      body BLOB NOT NULL
    );
    CREATE INDEX event_received ON event (received_at, kept_from);

    -- Events by token and ids, see EventIndex.
    CREATE TABLE event_key (entry INTEGER PRIMARY KEY);

    CREATE TABLE delivery (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      token BLOB NOT NULL UNIQUE,
      idempotency_key BLOB UNIQUE,
      opened_at REAL NOT NULL,
      kept_from REAL NOT NULL,
      wanted_until REAL,
      is_pending INTEGER NOT NULL,
      version INTEGER NOT NULL,
      change INTEGER NOT NULL,          -- state.change of the transaction that wrote the row
      record TEXT NOT NULL
    );
    CREATE INDEX delivery_pending ON delivery (opened_at, token) WHERE is_pending;
    CREATE INDEX delivery_kept ON delivery (kept_from);
    CREATE INDEX delivery_change ON delivery (change);

    -- Deliveries by the ids under which they were accepted, hashed like those of events. Rows found are compared.
    CREATE TABLE delivery_key (
      key INTEGER NOT NULL,
      delivery INTEGER NOT NULL,
      PRIMARY KEY (key, delivery)
    ) WITHOUT ROWID;

    -- The latest deliveries that were removed, for processes that wait for them.
    CREATE TABLE removal (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      change INTEGER NOT NULL,
      token BLOB NOT NULL
    );

    -- Deduplication keys. Each is in a ring, from which the lowest leave first.
    CREATE TABLE seen (
      digest BLOB PRIMARY KEY,          -- of endpoint and deduplication key
      ring INTEGER NOT NULL,
      at REAL NOT NULL                  -- when it was signed, arrived or expires, as the ring's kind says
    ) WITHOUT ROWID;
    CREATE INDEX seen_ring ON seen (ring, at);
    CREATE TABLE ring (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      endpoint BLOB NOT NULL,
      kind INTEGER NOT NULL,            -- 0: by signed time, 1: by arrival, 2: by expiry
      count INTEGER NOT NULL,
      floor REAL,                       -- the signed time up to which keys were forgotten
      UNIQUE (endpoint, kind)
    );

    -- One row.
    CREATE TABLE state (
      change INTEGER NOT NULL,
      events INTEGER NOT NULL,
      deliveries INTEGER NOT NULL,
      clock TEXT                        -- RetentionClock
    );
    INSERT INTO state VALUES (1, 0, 0, NULL);
    """
}
#endif
