#if SQLiteSupport
internal import GRDB

/// The tables, and how files of older versions come to have them.
enum StoreSchema {
  /// Marks a file as ours: "SMVN".
  static let applicationID: Int64 = 0x534D_564E

  // Times are seconds since 2001-01-01 UTC: what `Date` holds, so that nothing is lost to rounding. What others
  // chose (ids, keys) is kept as bytes: SQLite ends a text at the first zero.
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
    return migrator
  }
}
#endif
