import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createPairing } from '../../src/access/pairing.ts';
import { readContent } from '../../src/domain/outgoing-body.ts';
import { createIntake } from '../../src/intake/accept.ts';
import type { KapsoTime } from '../../src/intake/kapso-time.ts';
import type { Normalised } from '../../src/kapso/inbound/normalised.ts';
import type { AppEvent } from '../../src/observe/events.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { manualClock } from '../manual-clock.ts';
import { silentLog } from '../silent-log.ts';

const account = '106540352242922';
const contact = '+15551234567';
const lane = `${account}/${contact}`;

let dir: string;
let store: Store;
let events: AppEvent[];
let woken: string[];

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'kapso-pairing-'));
  store = await openStore({ dir, clock: manualClock(1_770_000_000_000) });
  [events, woken] = [[], []];
});
afterEach(async () => {
  await store.close();
  rmSync(dir, { recursive: true, force: true });
});

function message(id: string): Normalised {
  const sender = { phone: contact.slice(1), userId: null, name: null, username: null };
  const text = { type: 'text', text: 'the words', media: null };
  return {
    kind: 'message',
    message: { id, account, sender, conversationId: null, timestamp: 1_770_000_000_000, ...text },
  };
}

const intake = () =>
  createIntake({
    store,
    account,
    sessionFor: () => ({ key: 'session', of: 'conversation' }),
    admit: ({ approved }) => (approved ? { kind: 'admitted' } : { kind: 'unpaired' }),
    offerPairing: createPairing({
      settings: () => ({
        keepDeniedText: false,
        pairing: { expires: 60, most: 9, held: 9, message: 'Code: {code}' },
      }),
      randomBytes,
      clock: manualClock(1_770_000_000_000),
    }),
    kapsoTime: { observeMessage: () => undefined } as unknown as KapsoTime,
    checkClock: () => undefined,
    log: silentLog,
    wake: lanes => woken.push(...lanes.map(one => `agent ${one}`)),
    wakeReplies: lanes => woken.push(...lanes.map(one => `outbox ${one}`)),
    emit: event => events.push(event),
  });

it.each(['accept', 'end of a pass'] as const)(
  'an unknown sender waits with a code, which is sent at once; when approved it writes as everybody does (%s)',
  async way => {
    const { accept, endPass } = intake();
    const arrive = (id: string) =>
      way === 'accept' ? accept([message(id)]) : endPass([message(id)], { newestFirst: true, cursor: 1 });
    await arrive('wamid.A');
    await arrive('wamid.B');
    expect(woken).toEqual([`outbox ${lane}`]);
    expect(events.filter(({ type }) => type === 'pairing began')).toEqual([
      { type: 'pairing began', message: 'wamid.A' },
    ]);
    const rows = await store.outbox.list({ limit: 9 });
    const [waiting] = await store.access.list();
    expect(rows.map(({ body }) => readContent(body))).toEqual([{ kind: 'text', text: `Code: ${waiting?.code}` }]);
    expect((await store.get('wamid.B'))?.body).toContain('the words');
    await store.access.approve({ code: String(waiting?.code) }, 'alice');
    await arrive('wamid.C');
    expect(woken).toEqual([`outbox ${lane}`, `agent ${lane}`]);
    expect((await store.waiting(lane, 9)).map(({ id }) => id)).toEqual(['wamid.A', 'wamid.B', 'wamid.C']);
  },
);
