import { describe, expect, it } from 'vitest';
import { createRegistration, type RegistrationDeps } from '../../../src/intake/registration/keep-registered.ts';
import { createSecretFingerprints } from '../../../src/intake/registration/secret-fingerprint.ts';
import { createRegistrationWatch } from '../../../src/intake/registration/watch-registration.ts';
import { KapsoApiError, KapsoNetworkError } from '../../../src/kapso/http/errors.ts';
import { createEventLog } from '../../../src/observe/event-log.ts';
import { createEvents } from '../../../src/observe/events.ts';
import type { RegistrationStatus } from '../../../src/observe/status.ts';
import { statusChange } from '../../../src/observe/status-events.ts';
import { type Line, recordingLog } from '../webhook/harness.ts';
import { minute, registrationStage, start, url } from './registration-stage.ts';

const at = registrationStage();

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
      client: at.kapso,
      secret: 'secret-1',
      fingerprints: createSecretFingerprints(at.dir),
      clock: at.clock,
      random: () => 0.5,
      emit: createEvents([
        createEventLog(recordingLog(lines), at.clock),
        event => {
          const next = statusChange(event, at.clock.now(), text => text)?.registration;
          if (!next) return;
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
    at.clock.advance(15 * minute);
    await reported;
    expect(at.kapso.changes).toHaveLength(1);
    expect(changes).toBe(1);
    expect(lines.map(({ message }) => message)).toEqual(['The webhook was registered at Kapso']);

    // As Kapso does when the deliveries failed for a while.
    Object.assign(at.kapso.webhooks[0] ?? {}, { active: false });
    reported = report();
    at.clock.advance(15 * minute);
    await reported;
    expect(at.kapso.webhooks[0]?.active).toBe(true);
    expect(changes).toBe(2);
    expect(lines.at(-1)).toMatchObject({ level: 'warn', fields: { because: 'it was switched off' } });
    expect(status()?.off).toBe('it was switched off; the poller has switched it on again');

    at.kapso.webhooks.length = 0;
    reported = report();
    at.clock.advance(15 * minute);
    await reported;
    expect(status()?.off).toBe('it was gone from Kapso; the poller has registered it again');
    reported = report();
    at.clock.advance(15 * minute);
    await reported;
    expect(status()?.off).toBeUndefined();
    registration.stop();
    expect(at.clock.pending()).toEqual([]);
  });

  it('is only looked at where somebody else registers it: a look that fails shows nothing', async () => {
    const emit = createEvents([
      createEventLog(recordingLog(lines), at.clock),
      event => {
        if (event.type !== 'webhook looked at') return;
        statuses.push(event.registration);
        for (const look of watchers) look();
      },
    ]);
    const from = lines.length;
    const watch = createRegistrationWatch({ client: at.kapso, clock: at.clock, random: () => 0.5, emit });
    const look = async (begin: () => void) => {
      const reported = report();
      begin();
      await reported;
    };
    const later = () => at.clock.advance(15 * minute);
    await look(() => watch.keep(url));
    expect(status()).toMatchObject({
      webhook: null,
      reason: `Kapso has none for ${url}`,
      hint: expect.stringMatching(/webhook register/),
    });
    await at.kapso.create({ url, active: false });
    await look(later);
    expect(status()).toMatchObject({ webhook: 'webhook-1', reason: null, off: expect.stringMatching(/switched off/) });
    await look(later);
    at.kapso.failures.push(
      new KapsoApiError('no', { httpStatus: 403, metaCode: null, retryAfter: null, disposition: 'auth' }),
    );
    later();
    await new Promise(setImmediate);
    await at.kapso.create({ url });
    await look(later);
    expect(status()).toMatchObject({
      webhook: 'webhook-2',
      reason: expect.stringMatching(/^it differs: it lacked the events/),
    });
    const events = ['received', 'sent', 'delivered', 'read', 'failed'].map(name => `whatsapp.message.${name}`);
    Object.assign(at.kapso.webhooks[1] ?? {}, { events });
    await look(later);
    expect(status()).toMatchObject({ webhook: 'webhook-2', reason: null, off: null });
    watch.stop();
    expect(at.clock.pending()).toEqual([]);
    expect(lines.slice(from).map(({ level, message }) => [level, message])).toEqual([
      ['warn', "Kapso's webhook is not as it must be"],
      ['warn', "Kapso's webhook is not as it must be"],
      ['warn', "Kapso's webhook is not as it must be"],
      ['warn', 'Kapso has other webhooks for the same address; "kapso-whatsapp-cli webhook remove ID" removes one'],
      ['info', "Kapso's webhook is switched on"],
    ]);
  });

  it('gives the role up after three failures in a row where several processes share the store, or at a refusal', async () => {
    const given: string[] = [];
    const registration = keep({ role: { giveUp: reason => given.push(reason) } });
    for (let failures = 0; failures < 3; failures += 1) {
      at.kapso.failures.push(new KapsoNetworkError('no', 'no way there'));
    }
    let reported = report();
    registration.keep(url);
    for (const pause of [5000, 10_000]) {
      await reported;
      expect(given).toEqual([]);
      reported = report();
      at.clock.advance(pause);
    }
    await reported;
    expect(given).toEqual([expect.stringMatching(/^the registration of the webhook failed: .*no way there/)]);
    at.kapso.failures.push(
      new KapsoApiError('no', { httpStatus: 401, metaCode: null, retryAfter: null, disposition: 'auth' }),
    );
    reported = report();
    registration.keep(url);
    await reported;
    expect(given).toHaveLength(2);
    registration.stop();
  });

  it('says that it is registered after a check that failed, and has the gap fetched', async () => {
    const registration = keep();
    let reported = report();
    registration.keep(url);
    await reported;
    at.kapso.failures.push(new KapsoNetworkError('no', 'away'));
    for (const pause of [15 * minute, 5_000]) {
      reported = report();
      at.clock.advance(pause);
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
    await at.kapso.create({ url });
    await at.kapso.create({ url });
    const registration = keep();
    for (let n = 0; n < 2; n += 1) {
      const reported = report();
      if (n === 0) registration.keep(url);
      else at.clock.advance(15 * minute);
      await reported;
    }
    registration.stop();
    const said = lines.filter(({ message }) => message.includes('other webhooks for the same address'));
    expect(said).toMatchObject([{ level: 'warn', fields: { webhook: 'webhook-1', others: 'webhook-2' } }]);
  });

  it('tries again with growing pauses, complains once, and never shows the secret', async () => {
    at.kapso.failures.push(...Array.from({ length: 3 }, () => new KapsoNetworkError('no', 'could not reach secret-1')));
    const registration = keep();
    let reported = report();
    registration.keep(url);
    const pauses: number[] = [];
    for (let n = 0; n < 3; n += 1) {
      await reported;
      expect(status()).toMatchObject({ webhook: null, reason: 'could not reach [secret]' });
      const [due = 0] = at.clock.pending();
      pauses.push(due - at.clock.now());
      reported = report();
      at.clock.advance(due - at.clock.now());
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
    at.kapso.failures.push(new KapsoApiError('too many requests', { ...details, hint: 'Wait a minute.' }));
    const registration = keep();
    const reported = report();
    registration.keep(url);
    await reported;
    expect(status()).toMatchObject({ reason: 'too many requests', hint: 'Wait a minute.' });
    expect(at.clock.pending()).toEqual([start + wait]);
    expect('asked' in (lines.at(-1)?.fields ?? {})).toBe(wait !== retryAfter);
    registration.stop();
  });

  it('has the gap fetched after a change whose answer was lost', async () => {
    at.kapso.lostAnswers.push(new KapsoNetworkError('maybe', 'the answer did not come'));
    const registration = keep();
    let reported = report();
    registration.keep(url);
    await reported;
    expect(changes).toBe(0);
    reported = report();
    at.clock.advance(5_000);
    await reported;
    expect(changes).toBe(1);
    expect(at.kapso.webhooks).toHaveLength(1);
    registration.stop();
  });

  it('goes over to a new address, and does not come back to the old one', async () => {
    at.kapso.failures.push(new KapsoNetworkError('no', 'away'));
    const registration = keep();
    let reported = report();
    registration.keep(url);
    await reported;
    reported = report();
    registration.keep(`${url}/new`);
    await reported;
    at.clock.advance(14 * minute);
    expect(at.kapso.webhooks.map(webhook => webhook.url)).toEqual([`${url}/new`]);
    registration.stop();
  });
});
