import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { registerWebhook } from '../../../src/intake/registration/register-webhook.ts';
import { createSecretFingerprints } from '../../../src/intake/registration/secret-fingerprint.ts';
import type { Webhook, WebhookSettings } from '../../../src/kapso/webhooks.ts';
import { type ManualClock, manualClock } from '../../manual-clock.ts';

export const url = 'https://whatsapp.example.com/webhook';
/** The time when a test begins. */
export const start = Date.UTC(2026, 10, 22, 12, 0, 0);
export const minute = 60_000;

/** Kapso's webhooks of a number as its documentation has them: the secret is shown when one is created, and never again. */
function documentedKapso(clock: ManualClock) {
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

/** A state directory and a documented Kapso. Each test has its own. */
export interface RegistrationStage {
  dir: string;
  clock: ManualClock;
  kapso: ReturnType<typeof documentedKapso>;
  register(secret?: string, address?: string): ReturnType<typeof registerWebhook>;
}

/** Sets the stage up before each test of the file. */
export function registrationStage(): RegistrationStage {
  beforeEach(() => {
    at.dir = mkdtempSync(join(tmpdir(), 'registration-'));
    at.clock = manualClock(start);
    at.kapso = documentedKapso(at.clock);
  });
  afterEach(() => rmSync(at.dir, { recursive: true }));

  const at = {
    register: (secret = 'secret-1', address = url) =>
      registerWebhook({ client: at.kapso, url: address, secret, fingerprints: createSecretFingerprints(at.dir) }),
  } as RegistrationStage;
  return at;
}
