/** The steps of `migrations.ts` up to the outbox. */
export const firstMigrations: readonly string[] = [
  `
  CREATE TABLE entries (
    id TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    lane TEXT NOT NULL CHECK (lane <> ''),
    state TEXT NOT NULL CHECK (state IN ('held', 'pending', 'sending', 'settled', 'failed', 'dropped')),
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
    body TEXT NOT NULL
  ) STRICT;

  CREATE INDEX entries_queue ON entries (lane, occurred_at, batch, position) WHERE state IN ('pending', 'sending');
  CREATE INDEX entries_by_state ON entries (state, occurred_at, batch, position);
  CREATE INDEX entries_finished ON entries (updated_at) WHERE state IN ('settled', 'dropped');

  -- Counted by triggers, so that the counts cost the same whatever the number of entries.
  CREATE TABLE tallies (state TEXT NOT NULL PRIMARY KEY, entries INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  INSERT INTO tallies VALUES ('held', 0), ('pending', 0), ('sending', 0), ('settled', 0), ('failed', 0), ('dropped', 0);
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

  -- One row. A polling pass belongs to the store that began it (pass_owner): after a crash the next pass is a new one.
  CREATE TABLE intake (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    cursor INTEGER,
    last_batch INTEGER NOT NULL,
    pass_owner TEXT,
    pass_batch INTEGER NOT NULL,
    pass_length INTEGER NOT NULL,
    probes INTEGER NOT NULL
  ) STRICT;
  INSERT INTO intake VALUES (1, NULL, 0, NULL, 0, 0, 0);
  `,
  `
  -- A run that was left behind without its end being known: it may answer yet, or have done so.
  ALTER TABLE entries ADD COLUMN open_run TEXT;
  `,
  `
  ALTER TABLE entries ADD COLUMN author TEXT;
  ALTER TABLE entries ADD COLUMN amends TEXT;
  ALTER TABLE entries ADD COLUMN carried_by TEXT;
  CREATE INDEX entries_amending ON entries (amends) WHERE amends IS NOT NULL;
  CREATE INDEX entries_context ON entries (lane, author) WHERE outcome = 'context' AND carried_by IS NULL;
  CREATE INDEX entries_carried ON entries (carried_by) WHERE carried_by IS NOT NULL;
  `,
  `
  -- The last position of polling that no clock contradicted.
  ALTER TABLE intake ADD COLUMN proven INTEGER;
  `,
  `
  -- The few whose attempts fail, without a look at all that wait.
  CREATE INDEX entries_failing ON entries (first_attempt_at) WHERE state IN ('pending', 'sending') AND attempts > 0;
  `,
  `
  -- The few whose context is kept with them, as long as they can be queued again.
  CREATE INDEX entries_given_up ON entries (lane, author) WHERE state IN ('failed', 'dropped');
  `,
  `
  -- An address for each entry, apart from its lane and from the agent's session. Entries of the previous versions have
  -- none: their lane was the session's key. Those that have not ended get an address when their account is opened (see
  -- accounts.ts). The conversation is named only where it is not the lane.
  ALTER TABLE entries ADD COLUMN account TEXT;
  ALTER TABLE entries ADD COLUMN contact TEXT;
  ALTER TABLE entries ADD COLUMN conversation TEXT;
  ALTER TABLE entries ADD COLUMN session TEXT;

  -- How far each account has come. The cursor and the pass of \`intake\` are those of the previous versions, until an
  -- account takes them over.
  CREATE TABLE accounts (
    account TEXT NOT NULL PRIMARY KEY CHECK (account <> ''),
    cursor INTEGER,
    proven INTEGER,
    first_start INTEGER,
    first_listed INTEGER,
    pass_owner TEXT,
    pass_batch INTEGER NOT NULL DEFAULT 0,
    pass_length INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID;

  -- Who works on a lane, where several processes may.
  CREATE TABLE claims (lane TEXT NOT NULL PRIMARY KEY, owner TEXT NOT NULL, until INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  `,
  `
  -- When the run of this key began: what the agent has sent itself since then may be its answer.
  ALTER TABLE entries ADD COLUMN begun_at INTEGER;

  -- What is to reach customers. The order in a lane is that of seq.
  CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE CHECK (id <> ''),
    message TEXT NOT NULL,
    answer TEXT NOT NULL,
    account TEXT NOT NULL,
    lane TEXT NOT NULL CHECK (lane <> ''),
    recipient TEXT NOT NULL,
    via TEXT NOT NULL,
    part INTEGER NOT NULL,
    parts INTEGER NOT NULL,
    body TEXT NOT NULL,
    send_before INTEGER,
    state TEXT NOT NULL CHECK (state IN ('pending', 'sending', 'sent', 'failed', 'dropped')),
    created_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    retry_at INTEGER,
    mark TEXT,
    begun_at INTEGER,
    sent_id TEXT,
    status TEXT,
    status_at INTEGER,
    code INTEGER,
    reason TEXT,
    updated_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX outbox_queue ON outbox (lane, seq) WHERE state IN ('pending', 'sending');
  CREATE INDEX outbox_by_state ON outbox (state, seq);
  CREATE INDEX outbox_by_message ON outbox (message, seq);
  CREATE INDEX outbox_sent ON outbox (sent_id) WHERE sent_id IS NOT NULL;
  CREATE INDEX outbox_marks ON outbox (mark) WHERE mark IS NOT NULL;

  CREATE TABLE outbox_tallies (state TEXT NOT NULL PRIMARY KEY, messages INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  INSERT INTO outbox_tallies VALUES ('pending', 0), ('sending', 0), ('sent', 0), ('failed', 0), ('dropped', 0);
  CREATE TRIGGER outgoing_added AFTER INSERT ON outbox BEGIN
    UPDATE outbox_tallies SET messages = messages + 1 WHERE state = NEW.state;
  END;
  CREATE TRIGGER outgoing_moved AFTER UPDATE OF state ON outbox WHEN OLD.state <> NEW.state BEGIN
    UPDATE outbox_tallies SET messages = messages - 1 WHERE state = OLD.state;
    UPDATE outbox_tallies SET messages = messages + 1 WHERE state = NEW.state;
  END;
  CREATE TRIGGER outgoing_forgotten AFTER DELETE ON outbox BEGIN
    UPDATE outbox_tallies SET messages = messages - 1 WHERE state = OLD.state;
  END;
  `,
];
