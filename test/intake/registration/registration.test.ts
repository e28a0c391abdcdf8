import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pathWarning } from '../../../src/intake/registration/register-webhook.ts';
import type { Webhook, WebhookSettings } from '../../../src/kapso/webhooks.ts';
import { stateFiles } from '../../../src/state/files.ts';
import { minute, registrationStage, url } from './registration-stage.ts';

const at = registrationStage();
const { register } = at;

const events = ['received', 'sent', 'delivered', 'read', 'failed'].map(event => `whatsapp.message.${event}`);

describe('registering a webhook', () => {
  it('creates it with what the poller needs, and then changes nothing, though the secret cannot be read back', async () => {
    expect(await register()).toEqual({ id: 'webhook-1', change: 'created', differences: [], duplicates: [] });
    expect(at.kapso.changes).toEqual([
      {
        url,
        events,
        secretKey: 'secret-1',
        active: true,
        kind: 'kapso',
        payloadVersion: 'v2',
      },
    ]);
    at.clock.advance(minute);
    expect(await register()).toMatchObject({ id: 'webhook-1', change: 'unchanged' });
    expect(await register('secret-1', 'https://WHATSAPP.example.com:443/webhook')).toMatchObject({
      change: 'unchanged',
    });
    expect(at.kapso.changes).toHaveLength(1);
  });

  it('lets a changed secret through, and only that', async () => {
    await register();
    expect(await register('secret-2')).toMatchObject({
      change: 'updated',
      differences: [expect.stringContaining('secret')],
    });
    expect(at.kapso.changes[1]).toEqual({ secretKey: 'secret-2' });
    expect(await register('secret-2')).toMatchObject({ change: 'unchanged' });
  });

  it('gives the secret again when somebody has changed the webhook since, or it is not remembered', async () => {
    await register();
    at.clock.advance(minute);
    await at.kapso.update('webhook-1', { secretKey: 'from the dashboard' });
    expect(await register()).toMatchObject({ change: 'updated' });
    expect(await register()).toMatchObject({ change: 'unchanged' });
    rmSync(join(at.dir, stateFiles.registration));
    expect(await register()).toMatchObject({ change: 'updated' });
    writeFileSync(join(at.dir, stateFiles.registration), '{"id":');
    expect(await register()).toMatchObject({ change: 'updated' });
    expect(at.kapso.webhooks).toHaveLength(1);
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
    Object.assign(at.kapso.webhooks[0] ?? {}, wrong);
    expect(await register()).toMatchObject({ change: 'updated', differences: [expect.any(String)] });
    expect(at.kapso.changes[1]).toEqual(correction);
    expect(await register()).toMatchObject({ change: 'unchanged' });
  });

  it('leaves other addresses alone, and names what else leads to the same one', async () => {
    await register('secret-1', `${url}/other`);
    await at.kapso.create({ url, kind: 'meta' });
    await at.kapso.create({ url });
    const { id, duplicates } = await register();
    expect({ id, duplicates }).toEqual({ id: 'webhook-3', duplicates: ['webhook-2'] });
    expect(at.kapso.webhooks[0]?.url).toBe(`${url}/other`);
  });

  it('keeps nothing on disk from which the secret could be read', async () => {
    await register('secret-1');
    const file = join(at.dir, stateFiles.registration);
    expect(readFileSync(file, 'utf8')).not.toContain('secret-1');
    expect(statSync(file).mode & 0o777).toBe(0o600);
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
