import { createHash, randomUUID } from 'node:crypto';
import type { SeenImage } from './gateway-attachments.ts';
import type { Journal } from './journal.ts';
import type { JsonObject } from './json.ts';

/** A row as `chat.history` shows it. */
export interface Row extends JsonObject {
  role: 'user' | 'assistant' | 'toolResult';
  content: unknown;
  timestamp: number;
}

/** A row before it has its time and place. */
export type RowContent = Pick<Row, 'role' | 'content'> & JsonObject;

export interface PendingInput {
  /** Counts up within the session. */
  seq: number;
  id: string;
  runId: string;
  text: string;
  acceptedAt: number;
  /** `interrupted` after the process that accepted it is gone. */
  state: 'queued' | 'interrupted';
}

/** One execution of the model. */
export interface ModelRun {
  /** 1 for the first run of this gateway. */
  order: number;
  session: string;
  runId: string;
  /** The idempotency key of the input. The run id may differ. */
  key: string;
  text: string;
  /** What its model saw beside the text; nothing when the run was resumed. */
  images: readonly SeenImage[];
  at: number;
  /** True when the gateway resumed a run that a restart had cut off. */
  recovery: boolean;
  /** `lost` when the process went away while it ran. */
  /** When it ended, milliseconds since the epoch. */
  endedAt: number | null;
  status: 'running' | 'ok' | 'silent' | 'error' | 'timeout' | 'lost';
  reply: string | null;
}

export type RunEnd = Pick<ModelRun, 'status' | 'reply' | 'endedAt'>;

export interface Session {
  key: string;
  id: string;
  rows: Row[];
  /** The keys of inputs that have a row. */
  inputs: Set<string>;
  pending: Map<string, PendingInput>;
  lastRun: ModelRun | null;
}

export interface Transcript {
  /** Finds the session, which exists from its first input on. */
  find(key: string): Session | undefined;
  sessions(): Iterable<Session>;
  runs(): readonly ModelRun[];
  /** How often the model ran for an input. */
  executions(key: string): number;
  /** Each of the following resolves when the change is on disk. */
  accept(session: string, key: string, text: string, at: number): Promise<void>;
  begin(run: {
    session: string;
    runId: string;
    key: string;
    text: string;
    images: readonly SeenImage[];
    at: number;
    note: string | null;
  }): Promise<ModelRun>;
  append(session: string, row: Row): Promise<void>;
  end(run: ModelRun, end: RunEnd): Promise<void>;
  /** The runs that were running when the previous process went away. */
  cutOff(): readonly ModelRun[];
  restore(record: JsonObject): boolean;
  /** Called after the last record: what the previous process left open becomes interrupted. */
  restored(): void;
}

type Begun = Omit<ModelRun, 'status' | 'reply' | 'endedAt'> & { row: Row | null };

/** Remembers over a restart: rows, waiting inputs, and which runs were running. */
export function createTranscript(deps: { journal: () => Journal }): Transcript {
  const memory = createMemory();
  const { sessions } = memory;
  let cutOff: ModelRun[] = [];

  return {
    find: key => sessions.get(key),
    sessions: () => sessions.values(),
    runs: () => memory.runs,
    executions: key => memory.executions.get(key) ?? 0,
    accept: async (key, runId, text, acceptedAt) => {
      const seq = memory.nextInput();
      const input: PendingInput = { seq, id: randomUUID(), runId, text, acceptedAt, state: 'queued' };
      await deps.journal().append({ kind: 'accepted', session: key, input });
      memory.accepted(key, input);
    },
    begin: async ({ session: key, runId, key: input, text, images, at, note }) => {
      const known = sessions.get(key)?.inputs.has(`${input}:user`) ?? false;
      const ownRow = known ? null : userRow(text, input, at);
      const row = note === null ? ownRow : { ...userRow(note, runId, at), provenance: recovered(key) };
      // Taken before the write, since other runs begin during it.
      const order = memory.nextOrder();
      const begun: Begun = { order, session: key, runId, key: input, text, images, at, recovery: note !== null, row };
      await deps.journal().append({ kind: 'begun', begun });
      return memory.begun(begun);
    },
    append: async (key, row) => {
      await deps.journal().append({ kind: 'row', session: key, row });
      memory.addRow(key, row);
    },
    end: async (run, end) => {
      await deps.journal().append({ kind: 'ended', order: run.order, end });
      memory.ended(run, end);
    },
    cutOff: () => cutOff,
    restore: record => {
      if (record.kind === 'accepted') memory.accepted(String(record.session), record.input as PendingInput);
      else if (record.kind === 'begun') memory.begun(record.begun as Begun);
      else if (record.kind === 'row') memory.addRow(String(record.session), record.row as Row);
      else if (record.kind === 'ended') {
        const run = memory.byOrder.get(Number(record.order));
        if (run) memory.ended(run, record.end as RunEnd);
      } else return false;
      return true;
    },
    restored: () => {
      for (const { pending } of sessions.values()) for (const input of pending.values()) input.state = 'interrupted';
      cutOff = [...memory.open.values()];
      for (const run of cutOff) run.status = 'lost';
    },
  };
}

/** The content of the journal's records, one after the other. */
function createMemory() {
  const sessions = new Map<string, Session>();
  const runs: ModelRun[] = [];
  const open = new Map<string, ModelRun>();
  const executions = new Map<string, number>();
  const byOrder = new Map<number, ModelRun>();
  let inputs = 0;
  let orders = 0;

  const session = (key: string): Session => {
    const known = sessions.get(key);
    if (known) return known;
    const hex = createHash('sha256').update(key).digest('hex');
    const id = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
    const created: Session = { key, id, rows: [], inputs: new Set<string>(), pending: new Map(), lastRun: null };
    sessions.set(key, created);
    return created;
  };

  const addRow = (key: string, row: Row) => {
    const { rows, inputs: keys } = session(key);
    if (typeof row.idempotencyKey === 'string') keys.add(row.idempotencyKey);
    const marks = typeof row.__openclaw === 'object' ? row.__openclaw : {};
    const input = row.idempotencyKey === undefined ? {} : { idempotencyKey: row.idempotencyKey };
    const owner = row.role === 'user' ? { senderIsOwner: false } : {};
    const own = {
      ...owner,
      ...marks,
      ...input,
      id: randomUUID(),
      recordTimestampMs: row.timestamp,
      seq: rows.length + 1,
    };
    rows.push({ ...row, __openclaw: own });
  };

  return {
    sessions,
    runs,
    /** By run id. */
    open,
    /** By the key of the input. */
    executions,
    byOrder,
    addRow,
    nextInput: () => ++inputs,
    nextOrder: () => ++orders,
    accepted: (key: string, input: PendingInput) => {
      inputs = Math.max(inputs, input.seq);
      session(key).pending.set(input.runId, input);
    },
    begun: ({ row, ...begun }: Begun): ModelRun => {
      const run: ModelRun = { ...begun, status: 'running', reply: null, endedAt: null };
      session(run.session).lastRun = run;
      session(run.session).pending.delete(run.key);
      for (const [runId, other] of open) {
        const replaced =
          runId === run.runId || (run.recovery && other.key === run.key && other.session === run.session);
        if (!replaced) continue;
        other.status = 'lost';
        open.delete(runId);
      }
      runs.push(run);
      byOrder.set(run.order, run);
      orders = Math.max(orders, run.order);
      open.set(run.runId, run);
      executions.set(run.key, (executions.get(run.key) ?? 0) + 1);
      if (row) addRow(run.session, row);
      return run;
    },
    ended: (run: ModelRun, { status, reply, endedAt }: RunEnd) => {
      open.delete(run.runId);
      run.endedAt = endedAt;
      run.status = status;
      run.reply = reply;
    },
  };
}

function userRow(content: string, key: string, timestamp: number): Row {
  return { role: 'user', content, timestamp, idempotencyKey: `${key}:user` };
}

function recovered(session: string): JsonObject {
  return { kind: 'internal_system', sourceSessionKey: session, sourceTool: 'main_session_restart_recovery' };
}
