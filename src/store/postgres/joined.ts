import type { Value } from '../sql/step.ts';
import type { Command, Join } from './session.ts';

const insertsOneRow =
  /^\s*INSERT INTO (?<table>\w+)\s*\((?<columns>[\w\s,]+)\)\s*VALUES\s*\((?<values>\$\d+(?:\s*,\s*\$\d+)*)\s*\)\s*$/;

/**
 * Returns what joins calls of a statement; null for one that does more than to insert a row of its parameters.
 *
 * The server prepares each statement that inserts for all checks, indexes and triggers of the table, which costs several
 * times what a row does. The types of the values are those of the table's columns.
 */
export function joinOf({ text, name }: { text: string; name: string }): Join | null {
  const { table = '', columns = '', values = '' } = insertsOneRow.exec(text)?.groups ?? {};
  if (table === '') return null;
  const names = columns.split(',').map(column => column.trim());
  const positions = values.split(',').map(value => Number(value.trim().slice(1)) - 1);
  const listed = names.join(', ');
  const joined = {
    text: `INSERT INTO ${table} (${listed}) SELECT ${listed} FROM json_populate_recordset(NULL::${table}, $1)`,
    name: `${name}s`,
  };
  const toRow = (parameters: readonly Value[]) => {
    const row: Record<string, Value> = {};
    for (const [i, column] of names.entries()) row[column] = wellFormed(parameters[positions[i] ?? 0] ?? null);
    return row;
  };
  return rows => ({ ...joined, parameters: [JSON.stringify(rows.map(toRow))] });
}

/** Half of a pair that stands alone is no text for PostgreSQL. As a parameter of its own it becomes the same. */
function wellFormed(value: Value): Value {
  return typeof value === 'string' ? value.toWellFormed() : value;
}

/** Sends statements in their order, those that follow each other and can be joined as one. */
export interface Joiner {
  send(command: Command): void;
  /** Sends what still waits for more. To call before anything else is asked of the server. */
  flush(): void;
  /** Forgets what waits. */
  drop(): void;
}

export function createJoiner(send: (command: Command) => void): Joiner {
  let waiting: Command[] = [];

  function flush(): void {
    const [first] = waiting;
    if (first === undefined) return;
    const { join = null } = first;
    const several = waiting.length > 1 && join !== null;
    const command = several ? join(waiting.map(({ parameters }) => parameters)) : first;
    waiting = [];
    send(command);
  }

  return {
    send(command) {
      if (waiting[0]?.name !== command.name) flush();
      waiting.push(command);
      if (command.join === undefined) flush();
    },
    flush,
    drop() {
      waiting = [];
    },
  };
}
