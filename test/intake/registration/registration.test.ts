import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRegistration, type RegistrationDeps } from '../../../src/intake/registration/keep-registered.ts';
import { pathWarning, registerWebhook } from '../../../src/intake/registration/register-webhook.ts';
import { createSecretFingerprints } from '../../../src/intake/registration/secret-fingerprint.ts';
import { createSecretFinder, proposeSecret, signingSecrets } from '../../../src/intake/registration/signing-secret.ts';
import { KapsoApiError, KapsoNetworkError } from '../../../src/kapso/http/errors.ts';
import type { Webhook, WebhookSettings } from '../../../src/kapso/webhooks.ts';
import { createEventLog } from '../../../src/observe/event-log.ts';
import { createEvents } from '../../../src/observe/events.ts';
import type { RegistrationStatus } from '../../../src/observe/status.ts';
import { statusChange } from '../../../src/observe/status-events.ts';
import { stateFiles } from '../../../src/state/files.ts';
import { type ManualClock, manualClock } from '../../manual-clock.ts';
import { type Line, recordingLog } from '../webhook/harness.ts';

const url = 'https://whatsapp.example.com/webhook';
const start = Date.UTC(2026, 10, 22, 12, 0, 0);
const minute = 60_000;

let dir: string;
let clock: ManualClock;

/** Kapso's webhooks of a number as its documentation has them: the secret is shown when one is created, and never again. */
function documentedKapso() {
  const webhooks: Webhook[] = [];
  const changes: WebhookSettings[] = [];
  const failures: Error[] = [];
  /** After the next change was made. */
  const lostAnswers: Error[] = [];
  const fail = (errors: Error[]) => {
    const error = errors.shift();
    if (error) throw error;
  };
  return {
    webhooks,
    changes,
    failures,
    lostAnswers,
    list: async () => {
      fail(failures);
      return webhooks.map(webhook => ({ ...webhook, events: [...webhook.events] }));
    },
    create: async (settings: WebhookSettings & { url: string }) => {
      changes.push(settings);
      const webhook: Webhook = {
        id: `webhook-${webhooks.length + 1}`,
        url: settings.url,
        events: [...(settings.events ?? [])],
        active: settings.active ?? true,
        kind: settings.kind ?? 'kapso',
        payloadVersion: settings.payloadVersion ?? 'v2',
        secretKey: null,
        updatedAt: clock.now(),
      };
      webhooks.push(webhook);
      fail(lostAnswers);
      return { ...webhook, secretKey: settings.secretKey ?? null };
    },
    update: async (id: string, settings: WebhookSettings) => {
      changes.push(settings);
      const webhook = webhooks.find(known => known.id === id);
      if (!webhook) throw new Error(`no webhook ${id}`);
      const { secretKey: _, ...rest } = settings;
      Object.assign(webhook, rest, { updatedAt: clock.now() });
      fail(lostAnswers);
      return { ...webhook };
    },
  };
}

let kapso: ReturnType<typeof documentedKapso>;
const register = (secret = 'secret-1', address = url) =>
  registerWebhook({ client: kapso, url: address, secret, fingerprints: createSecretFingerprints(dir) });

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'registration-'));
  clock = manualClock(start);
  kapso = documentedKapso();
});
afterEach(() => rmSync(dir, { recursive: true }));

const events = ['received', 'sent', 'delivered', 'read', 'failed'].map(event => `whatsapp.message.${event}`);

describe('registering a webhook', () => {
  it('creates it with what the poller needs, and then changes nothing, though the secret cannot be read back', async () => {
    expect(await register()).toEqual({ id: 'webhook-1', change: 'created', differences: [], duplicates: [] });
    expect(kapso.changes).toEqual([
      {
        url,
        events,
        secretKey: 'secret-1',
        active: true,
        kind: 'kapso',
        payloadVersion: 'v2',
      },
    ]);
    clock.advance(minute);
    expect(await register()).toMatchObject({ id: 'webhook-1', change: 'unchanged' });
    expect(await register('secret-1', 'https://WHATSAPP.example.com:443/webhook')).toMatchObject({
      change: 'unchanged',
    });
    expect(kapso.changes).toHaveLength(1);
  });

  it('lets a changed secret through, and only that', async () => {
    await register();
    expect(await register('secret-2')).toMatchObject({
      change: 'updated',
      differences: [expect.stringContaining('secret')],
    });
    expect(kapso.changes[1]).toEqual({ secretKey: 'secret-2' });
    expect(await register('secret-2')).toMatchObject({ change: 'unchanged' });
  });

  it('gives the secret again when somebody has changed the webhook since, or it is not remembered', async () => {
    await register();
    clock.advance(minute);
    await kapso.update('webhook-1', { secretKey: 'from the dashboard' });
    expect(await register()).toMatchObject({ change: 'updated' });
    expect(await register()).toMatchObject({ change: 'unchanged' });
    rmSync(join(dir, stateFiles.registration));
    expect(await register()).toMatchObject({ change: 'updated' });
    writeFileSync(join(dir, stateFiles.registration), '{"id":');
    expect(await register()).toMatchObject({ change: 'updated' });
    expect(kapso.webhooks).toHaveLength(1);
  });

  it.each<[string, Partial<Webhook>, WebhookSettings]>([
    ['was switched off', { active: false }, { active: true }],
    ['has another payload version', { payloadVersion: 'v1' }, { payloadVersion: 'v2' }],
    ['forwards raw Meta payloads', { kind: 'meta' }, { kind: 'kapso' }],
    [
      'lacks an event, and keeps those that somebody added',
      { events: ['whatsapp.conversation.ended', 'whatsapp.message.read', 'whatsapp.message.received'] },
      {
        events: [
          ...['whatsapp.conversation.ended', 'whatsapp.message.read', 'whatsapp.message.received'],
          ...['whatsapp.message.sent', 'whatsapp.message.delivered', 'whatsapp.message.failed'],
        ],
      },
    ],
    [
      'an earlier version registered',
      { events: ['whatsapp.message.received', 'whatsapp.message.failed'] },
      { events: ['received', 'failed', 'sent', 'delivered', 'read'].map(event => `whatsapp.message.${event}`) },
    ],
  ])('corrects one that %s', async (_, wrong, correction) => {
    await register();
    Object.assign(kapso.webhooks[0] ?? {}, wrong);
    expect(await register()).toMatchObject({ change: 'updated', differences: [expect.any(String)] });
    expect(kapso.changes[1]).toEqual(correction);
    expect(await register()).toMatchObject({ change: 'unchanged' });
  });

  it('leaves other addresses alone, and names what else leads to the same one', async () => {
    await register('secret-1', `${url}/other`);
    await kapso.create({ url, kind: 'meta' });
    await kapso.create({ url });
    const { id, duplicates } = await register();
    expect({ id, duplicates }).toEqual({ id: 'webhook-3', duplicates: ['webhook-2'] });
    expect(kapso.webhooks[0]?.url).toBe(`${url}/other`);
  });

  it('keeps nothing on disk from which the secret could be read', async () => {
    await register('secret-1');
    const file = join(dir, stateFiles.registration);
    expect(readFileSync(file, 'utf8')).not.toContain('secret-1');
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });
});

describe('the signing secret', () => {
  it('is made once, is the same after a restart, and gives way to a configured one', () => {
    const ask = (make: boolean, configured: string[] = []) => signingSecrets({ configured, stateDir: dir, make });
    expect(ask(false)).toEqual({ secrets: [], made: false });
    const { secrets, made } = ask(true);
    expect(made).toBe(true);
    expect(secrets).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)]);
    expect(ask(true)).toEqual({ secrets, made: false });
    // Also when nobody registers any more: Kapso goes on signing with it.
    expect(ask(false)).toEqual({ secrets, made: false });
    expect(ask(true, ['mine'])).toEqual({ secrets: ['mine'], made: false });
    expect(statSync(join(dir, stateFiles.signingSecret)).mode & 0o777).toBe(0o600);
  });

  it('is found by a poller that was running before it was made', () => {
    const lines: Line[] = [];
    const find = createSecretFinder({ stateDir: dir, emit: createEventLog(recordingLog(lines), clock) });
    expect(find()).toEqual([]);
    const { secrets } = signingSecrets({ configured: [], stateDir: dir, make: true });
    expect(find()).toEqual(secrets);
    expect(lines).toEqual([]);
  });

  it('lets nothing in unsigned where it is there and cannot be read', () => {
    const lines: Line[] = [];
    mkdirSync(join(dir, stateFiles.signingSecret));
    const find = createSecretFinder({ stateDir: dir, emit: createEventLog(recordingLog(lines), clock) });
    expect(find()).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)]);
    expect(find()).not.toEqual(find());
    expect(lines).toMatchObject([{ level: 'error' }]);
  });

  it('is made anew where a loss of power left an empty file, and never empty', () => {
    writeFileSync(join(dir, stateFiles.signingSecret), '');
    expect(signingSecrets({ configured: [], stateDir: dir, make: true })).toMatchObject({ made: true });
  });

  it.each(['', '\n'])('does not come out as none where the file has been emptied: %j', content => {
    writeFileSync(join(dir, stateFiles.signingSecret), content);
    expect(() => signingSecrets({ configured: [], stateDir: dir, make: false })).toThrow(
      expect.objectContaining({ code: 'WEBHOOK_SECRET_EMPTY', hint: expect.stringContaining('webhook register') }),
    );
    expect(signingSecrets({ configured: ['mine'], stateDir: dir, make: false }).secrets).toEqual(['mine']);
    const lines: Line[] = [];
    const find = createSecretFinder({ stateDir: dir, emit: createEventLog(recordingLog(lines), clock) });
    expect(find()).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)]);
    expect(find()).not.toEqual(find());
    expect(lines).toMatchObject([{ level: 'error' }]);
  });

  it('counts only once Kapso has it, and is proposed again until then', () => {
    const checked = () => signingSecrets({ configured: [], stateDir: dir, make: false }).secrets;
    const first = proposeSecret({ configured: [], stateDir: dir });
    expect(first.secret).toMatch(/^[0-9a-f]{64}$/);
    expect(checked()).toEqual([]);
    const again = proposeSecret({ configured: [], stateDir: dir });
    expect(again.secret).toBe(first.secret);
    again.adopt();
    expect(checked()).toEqual([first.secret]);
    expect(statSync(join(dir, stateFiles.signingSecret)).mode & 0o777).toBe(0o600);
    const later = proposeSecret({ configured: [], stateDir: dir });
    expect(later.secret).toBe(first.secret);
    later.adopt();
    expect(checked()).toEqual([first.secret]);
    expect(proposeSecret({ configured: ['mine', 'old'], stateDir: dir }).secret).toBe('mine');
  });

  it('is the proposed one where the poller makes it: Kapso may have it already', () => {
    const { secret } = proposeSecret({ configured: [], stateDir: dir });
    expect(signingSecrets({ configured: [], stateDir: dir, make: true })).toEqual({ secrets: [secret], made: true });
  });

  it('is made anew for a registration where it has been emptied', () => {
    writeFileSync(join(dir, stateFiles.signingSecret), '');
    const { secret, adopt } = proposeSecret({ configured: [], stateDir: dir });
    adopt();
    expect(signingSecrets({ configured: [], stateDir: dir, make: false }).secrets).toEqual([secret]);
  });

  it('that cannot be read stops the start with a word on what to do', () => {
    rmSync(join(dir, stateFiles.signingSecret), { force: true });
    writeFileSync(join(dir, 'file'), '');
    const stateDir = join(dir, 'file');
    expect(() => signingSecrets({ configured: [], stateDir, make: true })).toThrow(
      expect.objectContaining({ code: 'STORE_IO', hint: expect.stringContaining('state.dir') }),
    );
  });
});

describe('a registration that is kept', () => {
  let lines: Line[];
  let statuses: RegistrationStatus[];
  let changes: number;
  let watchers: Set<() => void>;
  const status = () => statuses.at(-1);

  const keep = (overrides: Partial<RegistrationDeps> = {}) => {
    lines = [];
    statuses = [];
    changes = 0;
    watchers = new Set();
    return createRegistration({
      client: kapso,
      secret: 'secret-1',
      fingerprints: createSecretFingerprints(dir),
      clock,
      random: () => 0.5,
      emit: createEvents([
        createEventLog(recordingLog(lines), clock),
        event => {
          const next = statusChange(event, clock.now())?.registration;
          if (next === undefined) return;
          statuses.push(next);
          for (const look of watchers) look();
        },
      ]),
      onChange: () => {
        changes += 1;
      },
      ...overrides,
    });
  };
  /** The next report. */
  const report = () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    watchers.add(resolve);
    return promise.finally(() => watchers.delete(resolve)).then(() => new Promise(setImmediate));
  };

  it('registers, says so once, and looks again every 15 minutes', async () => {
    const registration = keep();
    let reported = report();
    registration.keep(url);
    await reported;
    expect(status()).toEqual({ webhook: 'webhook-1', checkedAt: start, reason: null, hint: null });
    expect(changes).toBe(1);
    reported = report();
    clock.advance(15 * minute);
    await reported;
    expect(kapso.changes).toHaveLength(1);
    expect(changes).toBe(1);
    expect(lines.map(({ message }) => message)).toEqual(['The webhook was registered at Kapso']);

    // As Kapso does when the deliveries failed for a while.
    Object.assign(kapso.webhooks[0] ?? {}, { active: false });
    reported = report();
    clock.advance(15 * minute);
    await reported;
    expect(kapso.webhooks[0]?.active).toBe(true);
    expect(changes).toBe(2);
    expect(lines.at(-1)).toMatchObject({ level: 'warn', fields: { because: 'it was switched off' } });
    registration.stop();
    expect(clock.pending()).toEqual([]);
  });

  it('says that it is registered after a check that failed, and has the gap fetched', async () => {
    const registration = keep();
    let reported = report();
    registration.keep(url);
    await reported;
    kapso.failures.push(new KapsoNetworkError('no', 'away'));
    for (const pause of [15 * minute, 5_000]) {
      reported = report();
      clock.advance(pause);
      await reported;
    }
    registration.stop();
    expect(lines.map(({ message }) => message)).toEqual([
      'The webhook was registered at Kapso',
      'The webhook could not be registered at Kapso; register it by hand, or wait: it is tried again',
      'The webhook is registered at Kapso',
    ]);
    expect(changes).toBe(2);
  });

  it('says once which others have the same address', async () => {
    await kapso.create({ url });
    await kapso.create({ url });
    const registration = keep();
    for (let n = 0; n < 2; n += 1) {
      const reported = report();
      if (n === 0) registration.keep(url);
      else clock.advance(15 * minute);
      await reported;
    }
    registration.stop();
    const said = lines.filter(({ message }) => message.includes('other webhooks for the same address'));
    expect(said).toMatchObject([{ level: 'warn', fields: { webhook: 'webhook-1', others: 'webhook-2' } }]);
  });

  it('tries again with growing pauses, complains once, and never shows the secret', async () => {
    kapso.failures.push(...Array.from({ length: 3 }, () => new KapsoNetworkError('no', 'could not reach secret-1')));
    const registration = keep();
    let reported = report();
    registration.keep(url);
    const pauses: number[] = [];
    for (let n = 0; n < 3; n += 1) {
      await reported;
      expect(status()).toMatchObject({ webhook: null, reason: 'could not reach [secret]' });
      const [due = 0] = clock.pending();
      pauses.push(due - clock.now());
      reported = report();
      clock.advance(due - clock.now());
    }
    await reported;
    expect(pauses).toEqual([5_000, 10_000, 20_000]);
    expect(status()).toMatchObject({ webhook: 'webhook-1', reason: null });
    expect(lines.map(({ level }) => level)).toEqual(['warn', 'info']);
    expect(JSON.stringify(lines)).not.toContain('secret-1');
    registration.stop();
  });

  it.each([
    ['as long as Kapso asks', 60_000, 60_000],
    ['a quarter of an hour at most, though Kapso asks for 31 years', 999_999_999_000, 15 * minute],
  ])('says what to do, and waits %s', async (_, retryAfter, wait) => {
    const details = { httpStatus: 429, metaCode: null, retryAfter, disposition: 'wait' } as const;
    kapso.failures.push(new KapsoApiError('too many requests', { ...details, hint: 'Wait a minute.' }));
    const registration = keep();
    const reported = report();
    registration.keep(url);
    await reported;
    expect(status()).toMatchObject({ reason: 'too many requests', hint: 'Wait a minute.' });
    expect(clock.pending()).toEqual([start + wait]);
    expect('asked' in (lines.at(-1)?.fields ?? {})).toBe(wait !== retryAfter);
    registration.stop();
  });

  it('has the gap fetched after a change whose answer was lost', async () => {
    kapso.lostAnswers.push(new KapsoNetworkError('maybe', 'the answer did not come'));
    const registration = keep();
    let reported = report();
    registration.keep(url);
    await reported;
    expect(changes).toBe(0);
    reported = report();
    clock.advance(5_000);
    await reported;
    expect(changes).toBe(1);
    expect(kapso.webhooks).toHaveLength(1);
    registration.stop();
  });

  it('goes over to a new address, and does not come back to the old one', async () => {
    kapso.failures.push(new KapsoNetworkError('no', 'away'));
    const registration = keep();
    let reported = report();
    registration.keep(url);
    await reported;
    reported = report();
    registration.keep(`${url}/new`);
    await reported;
    clock.advance(14 * minute);
    expect(kapso.webhooks.map(webhook => webhook.url)).toEqual([`${url}/new`]);
    registration.stop();
  });
});

describe('the path of the public address', () => {
  it.each([
    ['https://example.com/webhook', '/webhook', null],
    ['https://example.com/webhook?tenant=1', '/webhook', null],
    ['https://example.com/hooks/kapso', '/webhook', '/hooks/kapso'],
    ['https://example.com', '/webhook', '/'],
  ])('%s is compared with %s', (url, path, other) => {
    const warning = pathWarning(url, path);
    if (other === null) expect(warning).toBeNull();
    else expect(warning).toContain(`"${other}"`);
  });
});
