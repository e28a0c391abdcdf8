import type { DatabaseSync } from 'node:sqlite';

/** What the migrations make, by table. Whoever adds a migration changes it too; a test compares them. */
export const columns: Readonly<Record<string, string>> = {
  accounts: 'account cursor proven first_start first_listed pass_owner pass_batch pass_length contacts_known',
  claims: 'lane owner until epoch losses',
  commands: 'id text state target target_run target_session',
  contact_access: 'account contact state since decided_by code lifetime notice',
  contact_conflicts: 'account contact other identity message occurred_at',
  contact_identities: 'account identity until kind contact since open vouched inherited',
  contacts: 'account contact address seen address_at origin name created_at heard_at',
  contacts_forgotten: 'digest',
  entries:
    'id lane state occurred_at batch position received_at attempts first_attempt_at retry_at run_key run_number ' +
    'reason outcome updated_at body open_run author amends carried_by account contact conversation session ' +
    'begun_at session_number arrived_by settled_at',
  intake: 'one cursor last_batch pass_owner pass_batch pass_length probes proven operations batches_of',
  messages_forgotten: 'digest happened_at at',
  mutes: 'account conversation since until',
  notes: 'name text',
  outbox:
    'seq id message answer account lane recipient via part parts body send_before state created_at attempts ' +
    'retry_at mark begun_at sent_id status status_at code reason updated_at sent_at delivered_at read_at',
  outbox_tallies: 'state messages',
  renewed_sessions: 'account session number',
  restores: 'at taken_at until',
  tallies: 'state entries',
  wrong_codes: 'at',
};

/** Reads the columns of all tables, with blanks between them, by table. */
export function columnsIn(db: DatabaseSync): Map<string, string> {
  const rows = db
    .prepare(
      `SELECT tables.name AS "table", group_concat(columns.name, ' ' ORDER BY cid) AS columns
       FROM sqlite_schema AS tables, pragma_table_xinfo(tables.name) AS columns
       WHERE tables.type = 'table' AND substr(tables.name, 1, 7) <> 'sqlite_' GROUP BY tables.name`,
    )
    .all();
  return new Map(rows.map(row => [String(row.table), String(row.columns)]));
}

/**
 * Throws a sentence that names the first column that the database lacks. The statements are prepared at their first use,
 * which would come long after the start. Other programs, such as those that replicate a database, may have added tables.
 */
export function assertColumns(db: DatabaseSync): void {
  const present = columnsIn(db);
  for (const [table, wanted] of Object.entries(columns)) {
    const found = new Set(present.get(table)?.split(' '));
    const missing = wanted.split(' ').find(name => !found.has(name));
    if (missing !== undefined) throw new Error(`its table ${table} has no column ${missing}`);
  }
}
