import type { DatabaseSync } from 'node:sqlite';
import { firstMigrations } from './first-migrations.ts';

/** The id in the file's header (`KWIB`), so that another program's database is not taken for an inbox. */
export const applicationId = 0x4b574942;

/**
 * Each step is applied once, in order, in its own transaction. `PRAGMA user_version` counts them. A released step is
 * never edited. A step must leave the previous version's statements working: a new version may migrate while an old
 * poller still runs.
 */
export const migrations: readonly string[] = [
  ...firstMigrations,
  `
  -- Three more states. SQLite cannot change a CHECK, so the table is made anew. An author is named by the contact from
  -- now on, so that an edit finds the message whatever identity it names.
  CREATE TABLE entries_anew (
    id TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    lane TEXT NOT NULL CHECK (lane <> ''),
    state TEXT NOT NULL CHECK (
      state IN ('held', 'pending', 'sending', 'settled', 'failed', 'dropped', 'unpaired', 'denied', 'limited')
    ),
    occurred_at INTEGER NOT NULL,
    batch INTEGER NOT NULL,
    position INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    first_attempt_at INTEGER,
    retry_at INTEGER,
    run_key TEXT,
    run_number INTEGER NOT NULL DEFAULT 0,
    reason TEXT,
    outcome TEXT,
    updated_at INTEGER NOT NULL,
    body TEXT NOT NULL,
    open_run TEXT,
    author TEXT,
    amends TEXT,
    carried_by TEXT,
    account TEXT,
    contact TEXT,
    conversation TEXT,
    session TEXT,
    begun_at INTEGER
  ) STRICT;
  INSERT INTO entries_anew (rowid, id, lane, state, occurred_at, batch, position, received_at, attempts, first_attempt_at,
      retry_at, run_key, run_number, reason, outcome, updated_at, body, open_run, author, amends, carried_by, account, contact,
      conversation, session, begun_at)
    SELECT rowid, id, lane, state, occurred_at, batch, position, received_at, attempts, first_attempt_at,
      retry_at, run_key, run_number, reason, outcome, updated_at, body, open_run,
      iif(author IS NULL OR contact IS NULL, author,
        contact || iif(instr(author, ' in ') > 0, substr(author, instr(author, ' in ')), '')),
      amends, carried_by, account, contact, conversation, session, begun_at
    FROM entries;
  DROP TABLE entries;
  ALTER TABLE entries_anew RENAME TO entries;

  CREATE INDEX entries_queue ON entries (lane, occurred_at, batch, position) WHERE state IN ('pending', 'sending');
  CREATE INDEX entries_by_state ON entries (state, occurred_at, batch, position);
  CREATE INDEX entries_finished ON entries (updated_at) WHERE state IN ('settled', 'dropped', 'denied', 'limited');
  CREATE INDEX entries_amending ON entries (amends) WHERE amends IS NOT NULL;
  CREATE INDEX entries_context ON entries (lane, author) WHERE outcome = 'context' AND carried_by IS NULL;
  CREATE INDEX entries_carried ON entries (carried_by) WHERE carried_by IS NOT NULL;
  CREATE INDEX entries_failing ON entries (first_attempt_at) WHERE state IN ('pending', 'sending') AND attempts > 0;
  CREATE INDEX entries_given_up ON entries (lane, author) WHERE state IN ('failed', 'dropped');
  CREATE TRIGGER entry_added AFTER INSERT ON entries BEGIN
    UPDATE tallies SET entries = entries + 1 WHERE state = NEW.state;
  END;
  CREATE TRIGGER entry_moved AFTER UPDATE OF state ON entries WHEN OLD.state <> NEW.state BEGIN
    UPDATE tallies SET entries = entries - 1 WHERE state = OLD.state;
    UPDATE tallies SET entries = entries + 1 WHERE state = NEW.state;
  END;
  CREATE TRIGGER entry_forgotten AFTER DELETE ON entries BEGIN
    UPDATE tallies SET entries = entries - 1 WHERE state = OLD.state;
  END;
  INSERT INTO tallies VALUES ('unpaired', 0), ('denied', 0), ('limited', 0);

  -- Persons, within an account. \`seen\` is the address as it last stood on the wire; \`address\` is another spelling of it
  -- where that one worked. \`heard_at\` is the time of the newest message that was forgotten.
  CREATE TABLE contacts (
    account TEXT NOT NULL,
    contact TEXT NOT NULL CHECK (contact <> ''),
    address TEXT NOT NULL,
    seen TEXT NOT NULL,
    address_at INTEGER NOT NULL,
    origin TEXT NOT NULL,
    name TEXT,
    created_at INTEGER NOT NULL,
    heard_at INTEGER,
    PRIMARY KEY (account, contact)
  ) STRICT, WITHOUT ROWID;

  -- Who had which identity until when. The one that has it now has the greatest \`until\`. \`vouched\`: it ended by WhatsApp's
  -- own word, so it still proves who the contact is.
  CREATE TABLE contact_identities (
    account TEXT NOT NULL,
    identity TEXT NOT NULL CHECK (identity <> ''),
    until INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('phone', 'user', 'parent')),
    contact TEXT NOT NULL,
    since INTEGER NOT NULL,
    open INTEGER NOT NULL DEFAULT 0,
    vouched INTEGER NOT NULL DEFAULT 0,
    inherited INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (account, identity, until)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX contact_identities_of ON contact_identities (account, contact);

  -- Links that a message would have made between two known persons, and that were not made.
  CREATE TABLE contact_conflicts (
    account TEXT NOT NULL,
    contact TEXT NOT NULL,
    other TEXT NOT NULL,
    identity TEXT NOT NULL,
    message TEXT NOT NULL,
    occurred_at INTEGER NOT NULL,
    PRIMARY KEY (account, contact, other, identity)
  ) STRICT, WITHOUT ROWID;

  -- Whether the contacts of the messages of before are known.
  ALTER TABLE accounts ADD COLUMN contacts_known INTEGER NOT NULL DEFAULT 0;
  `,
  `
  -- Whom an operator has let in or kept out, and who waits for that with a code. Its time begins when \`notice\`, the row
  -- of the outbox that tells the code, has left.
  CREATE TABLE contact_access (
    account TEXT NOT NULL,
    contact TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'approved', 'blocked')),
    since INTEGER NOT NULL,
    decided_by TEXT,
    code TEXT UNIQUE,
    lifetime INTEGER,
    notice TEXT,
    PRIMARY KEY (account, contact),
    CHECK ((state = 'pending') = (code IS NOT NULL AND lifetime IS NOT NULL AND notice IS NOT NULL))
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX entries_waiting ON entries (account, contact) WHERE state IN ('held', 'unpaired');
  CREATE TABLE wrong_codes (at INTEGER NOT NULL) STRICT;
  `,
  `
  -- Commands of operators, by the id of their entry. The target is the run that one is to stop, or has stopped.
  CREATE TABLE commands (
    id TEXT NOT NULL PRIMARY KEY,
    text TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'done')),
    target TEXT,
    target_run TEXT,
    target_session TEXT
  ) STRICT;
  CREATE INDEX commands_pending ON commands (id) WHERE state = 'pending';
  CREATE INDEX commands_aimed ON commands (target) WHERE target IS NOT NULL;
  CREATE TRIGGER command_forgotten AFTER DELETE ON entries WHEN OLD.outcome = 'command' BEGIN
    DELETE FROM commands WHERE id = OLD.id;
  END;

  -- Conversations for which no run begins; without \`until\` for good.
  CREATE TABLE mutes (
    account TEXT NOT NULL,
    conversation TEXT NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER,
    PRIMARY KEY (account, conversation)
  ) STRICT, WITHOUT ROWID;

  -- Sessions that a command has begun anew. The number is a part of the key that the agent gets, kept with each entry.
  CREATE TABLE renewed_sessions (
    account TEXT NOT NULL,
    session TEXT NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (account, session)
  ) STRICT, WITHOUT ROWID;
  ALTER TABLE entries ADD COLUMN session_number INTEGER;
  `,
  `
  -- The names of contacts that were forgotten, as digests. A person with such a number later is another contact, with
  -- another session: the former one's may still be at the agent.
  CREATE TABLE contacts_forgotten (digest TEXT NOT NULL PRIMARY KEY) STRICT, WITHOUT ROWID;
  UPDATE contacts SET heard_at = address_at WHERE heard_at IS NULL;
  CREATE INDEX contacts_by_hearing ON contacts (heard_at);
  `,
  `
  -- For who follows a message: by which way it first came, and when its run had ended; when an outgoing message was
  -- taken, and by WhatsApp's word delivered and read. Null for what was before.
  ALTER TABLE entries ADD COLUMN arrived_by TEXT;
  ALTER TABLE entries ADD COLUMN settled_at INTEGER;
  ALTER TABLE outbox ADD COLUMN sent_at INTEGER;
  ALTER TABLE outbox ADD COLUMN delivered_at INTEGER;
  ALTER TABLE outbox ADD COLUMN read_at INTEGER;
  `,
  `
  -- Restores from a backup: messages that are not known and happened before \`until\` may have been answered since it was taken.
  CREATE TABLE restores (at INTEGER NOT NULL, taken_at INTEGER NOT NULL, until INTEGER NOT NULL) STRICT;

  -- The ids of messages of persons who were forgotten, as digests, so that none of them is handed over again.
  CREATE TABLE messages_forgotten (digest TEXT NOT NULL PRIMARY KEY, happened_at INTEGER NOT NULL, at INTEGER NOT NULL)
    STRICT, WITHOUT ROWID;
  `,
  `
  -- The number of a claim, which grows whenever its lane is claimed. An owner '' has given it back.
  ALTER TABLE claims ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;
  CREATE INDEX claims_held ON claims (owner) WHERE owner <> '';

  -- Counts what operators change, for processes that cannot be told.
  ALTER TABLE intake ADD COLUMN operations INTEGER NOT NULL DEFAULT 0;

  -- What all processes that share the inbox know together.
  CREATE TABLE notes (name TEXT NOT NULL PRIMARY KEY, text TEXT NOT NULL) STRICT, WITHOUT ROWID;
  `,
  `
  -- What a pass holds of a conversation, in order. In this form no other index fits its statement.
  CREATE INDEX entries_held ON entries ((CASE WHEN state = 'held' THEN lane END), occurred_at, batch, position)
    WHERE (CASE WHEN state = 'held' THEN lane END) IS NOT NULL;

  -- Which process has reserved the last batches.
  ALTER TABLE intake ADD COLUMN batches_of TEXT NOT NULL DEFAULT '';
  `,
  `
  -- How many processes in a row have lost the claim.
  ALTER TABLE claims ADD COLUMN losses INTEGER NOT NULL DEFAULT 0;
  `,
];

/** Returns the number of applied migrations; 0 for a new database. */
export function schemaVersion(db: DatabaseSync): number {
  return Number(db.prepare('PRAGMA user_version').get()?.user_version);
}

/** Migrates the database to the last of `steps`. Several processes may do so at once. Throws what node:sqlite throws. */
export function migrate(db: DatabaseSync, steps: readonly string[] = migrations): void {
  for (let version = schemaVersion(db); version < steps.length; version = schemaVersion(db)) {
    db.exec('BEGIN IMMEDIATE');
    try {
      // Another process may have applied this step during the wait for the lock.
      const step = schemaVersion(db) === version ? steps[version] : undefined;
      if (step !== undefined) {
        db.exec(`${step}; PRAGMA user_version = ${version + 1}; PRAGMA application_id = ${applicationId}`);
      }
      db.exec('COMMIT');
    } catch (error) {
      if (db.isTransaction) db.exec('ROLLBACK');
      throw error;
    }
  }
}
