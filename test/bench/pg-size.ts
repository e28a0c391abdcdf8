import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../src/clock.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { noPostgres, type Postgres, startPostgres } from '../postgres.ts';
import { received } from '../store/received.ts';
import { judged, type Measurement, median, monotonic, noted, type Reading } from './measurement.ts';
import { workRoot } from './stage.ts';

interface Size {
  ids: number;
  conversations: number;
}

const text = (number: number) => number.toLocaleString('en');

const small: Size = { ids: 1_000, conversations: 10 };
const large: Size = { ids: 1_000_000, conversations: 10_000 };
/** In turn, so that what else the machine does meets both. */
const rounds = 10;
const messages = 200;
/** Entries that are accepted at once when a database is filled. */
const atOnce = 500;

/** What a message costs in an inbox of many that are settled, compared with a nearly empty one. */
export const pgSize: Measurement = {
  name: 'pg-size',
  about: `a message in PostgreSQL among ${text(large.ids)} settled ones, compared with ${text(small.ids)}`,
  async run() {
    if (noPostgres !== null) return [noted('Size of the inbox in PostgreSQL', `not measured: ${noPostgres}`)];
    await using postgres = await startPostgres({ durable: true, under: workRoot });
    await using few = await openFilled(postgres, small);
    await using many = await openFilled(postgres, large);
    for (let round = 0; round < rounds; round += 1) for (const inbox of [few, many]) await inbox.work();
    return compared(few.times, many.times);
  },
};

const parts = ['accept', 'turn'] as const;
type Times = Record<(typeof parts)[number], number[]>;

interface Inbox extends AsyncDisposable {
  /** Milliseconds for each message. */
  times: Times;
  /** Takes and settles messages of its conversations, one after the other. */
  work(): Promise<void>;
}

async function openFilled(postgres: Postgres, size: Size): Promise<Inbox> {
  const database = await postgres.createDatabase();
  const dir = mkdtempSync(join(workRoot, 'kapso-whatsapp-bench-'));
  const store = await openStore({ dir, database: postgres.url(database), clock: systemClock, delivers: true });
  await fill(store, postgres, { database, ...size });
  const times: Times = { accept: [], turn: [] };
  let sent = 0;
  return {
    times,
    async work() {
      for (let i = 0; i < messages; i += 1) {
        // A prime number, so that neighbours of one message are not those of the next one.
        const conversation = (sent * 7919) % size.conversations;
        sent += 1;
        const id = `measured-${sent}`;
        const begun = monotonic();
        const { lanes } = await store.accept([message(id, conversation)]);
        const accepted = monotonic();
        await turn(store, String(lanes[0]));
        times.accept.push(accepted - begun);
        times.turn.push(monotonic() - accepted);
      }
    },
    async [Symbol.asyncDispose]() {
      await store.close();
      rmSync(dir, { recursive: true });
    },
  };
}

function message(id: string, conversation: number) {
  const body = { v: 1, id, text: 'Is the workshop still on for Friday?', sender: { phone: phoneOf(conversation) } };
  const from = { phone: phoneOf(conversation), name: `Ada ${conversation}` };
  return { ...received(id, from, { occurredAt: Date.now() }), body: JSON.stringify(body) };
}

function phoneOf(conversation: number): string {
  return String(15_550_100_000 + conversation);
}

/** What the turn of a lane asks of the store, from its claim to its end. */
async function turn(store: Store, lane: string): Promise<void> {
  await store.claims.claim([lane], 10_000);
  const entry = await store.head(lane);
  if (entry === null) throw new Error(`nothing waits in ${lane}`);
  const { id, session } = entry;
  await store.amendments({ id, lane, author: entry.author ?? '' });
  await store.begin(id, { runKey: id, runNumber: 1, lane, session });
  await store.context(id, 20);
  await store.settle(id, 'silent');
  await store.head(lane);
  await store.claims.release([lane]);
}

/** Makes all conversations known, and settles as many messages as there are to be. */
async function fill(store: Store, postgres: Postgres, { database, ids, conversations }: Size & { database: string }) {
  for (let first = 0; first < conversations; first += atOnce) {
    const many = Array.from({ length: Math.min(atOnce, conversations - first) }, (_, i) => first + i);
    await store.accept(
      many.map(conversation => message(`wamid.HBgLMTU1NTAxMDAwMDAVAgASGBQzQ${conversation}`, conversation)),
    );
  }
  // A trigger counts each row; here that would take longer than the rest.
  await postgres.query(
    database,
    `SET search_path = kapso_whatsapp;
     ALTER TABLE entries DISABLE TRIGGER USER;
     UPDATE entries SET state = 'settled', outcome = 'silent', run_key = id, run_number = 1, settled_at = received_at;
     INSERT INTO entries (id, lane, state, occurred_at, batch, position, received_at, run_key, run_number, outcome,
         updated_at, body, author, account, contact, session, settled_at)
       SELECT id || '-' || number, lane, state, occurred_at - number * 60000, batch, position, received_at - number * 60000,
         run_key || '-' || number, 1, outcome, updated_at - number * 60000, body, author, account, contact, session,
         settled_at - number * 60000
       FROM entries CROSS JOIN generate_series(1, ${ids / conversations - 1}) AS number;
     ALTER TABLE entries ENABLE TRIGGER USER;
     DELETE FROM tallies_changes;
     INSERT INTO tallies_changes (state, change) VALUES ('settled', ${ids});`,
  );
  await postgres.query(database, 'VACUUM ANALYZE');
}

function compared(few: Times, many: Times): Reading[] {
  const sizes = `${text(large.ids)} ids and ${text(large.conversations)} conversations`;
  const whole = ({ accept, turn }: Times) => accept.map((time, i) => time + (turn[i] ?? 0));
  const ratio = (one: number[], other: number[]) => median(one) / median(other);
  return [
    ...parts.map(part =>
      noted(
        `PostgreSQL, ${part} of one message, p50 with ${text(small.ids)} ids, with ${text(large.ids)}`,
        `${median(few[part]).toFixed(2)} ms, ${median(many[part]).toFixed(2)} ms`,
      ),
    ),
    judged(
      `PostgreSQL, a message with ${sizes}, over one with ${text(small.ids)} and ${small.conversations}`,
      ratio(whole(many), whole(few)),
      { atMost: 1.5, unit: '×' },
    ),
  ];
}
