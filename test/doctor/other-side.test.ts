import { join } from 'node:path';
import { describe, onTestFinished, test } from 'vitest';
import { startKapsoSimulator } from '../../src/simulator/kapso.ts';
import {
  allEvents,
  apiKey,
  type Broken,
  closedPort,
  control,
  dir,
  domain,
  expectNamed,
  fault,
  gatewayFault,
  holdState,
  kapso,
  makeState,
  register,
} from './stage.ts';

const kapsoSide: Broken[] = [
  {
    what: 'the key is refused',
    arrange: () => ({ KAPSO_API_KEY: 'another-key-1234' }),
    ...{ check: 'Kapso', level: 'fail', code: 'KAPSO_UNAUTHORIZED' },
    says: /401/,
    todo: /KAPSO_API_KEY/,
  },
  {
    what: 'Kapso does not know the number',
    arrange: () => ({ KAPSO_PHONE_NUMBER_ID: '999000000000001' }),
    ...{ check: 'Kapso', level: 'fail' },
    says: /404/,
    todo: /./,
  },
  {
    what: 'Kapso cannot be reached',
    arrange: async () => ({ KAPSO_BASE_URL: `http://127.0.0.1:${await closedPort()}` }),
    ...{ check: 'Kapso', level: 'fail', code: 'KAPSO_UNREACHABLE' },
    says: /ECONNREFUSED/,
    todo: /Check the network/,
  },
  {
    what: 'Kapso has a fault',
    arrange: () => fault({ kind: 'list', status: 502 }),
    ...{ check: 'Kapso', level: 'fail', code: 'KAPSO_UNAVAILABLE' },
    says: /502/,
    todo: /./,
  },
  {
    what: 'Kapso wants money',
    arrange: () => fault({ kind: 'list', status: 402, body: { error: 'Payment required' } }),
    ...{ check: 'Kapso', level: 'fail' },
    says: /402/,
    todo: /./,
  },
  {
    what: 'the limit of requests is used up',
    arrange: () => fault({ kind: 'list', status: 429, headers: { 'Retry-After': '60' } }),
    ...{ check: 'Kapso', level: 'fail', code: 'KAPSO_RATE_LIMITED' },
    says: /429/,
    todo: /./,
  },
  {
    what: 'something else answers in the place of Kapso',
    arrange: () => fault({ kind: 'list', status: 200, body: '<html>hello</html>' }),
    ...{ check: 'Kapso', level: 'fail', code: 'KAPSO_ANSWER_UNREADABLE' },
    says: /Kapso answered 200, but/,
    todo: /base URL/,
  },
  {
    what: 'the key may not ask for the number',
    arrange: () => fault({ kind: 'other', status: 403 }),
    ...{ check: 'Kapso', level: 'warn' },
    says: /does not tell the number and its name/,
    todo: /requireMention/,
  },
  {
    what: 'few requests are left',
    arrange: async () => {
      const narrow = await startKapsoSimulator({ apiKey, settings: { rateLimit: 2 } });
      onTestFinished(() => narrow.close());
      return { KAPSO_BASE_URL: narrow.url };
    },
    ...{ check: 'Kapso', level: 'warn' },
    says: /requests are left/,
    todo: /Poll less often/,
  },
  {
    what: 'this clock is two minutes ahead',
    arrange: () => control(kapso.url, 'POST', 'config', { clockOffset: -120_000 }),
    ...{ check: 'Kapso', level: 'warn' },
    says: /clock is 1[12]\d s ahead of Kapso/,
    todo: /timedatectl set-ntp true/,
  },
  {
    what: 'this clock is years behind',
    arrange: () => control(kapso.url, 'POST', 'config', { clockOffset: 5 * 365 * 86_400_000 }),
    ...{ check: 'Kapso', level: 'fail' },
    says: /behind Kapso/,
    todo: /timedatectl set-ntp true/,
  },
];

const webhooks: Broken[] = [
  {
    what: 'Kapso has no webhook',
    arrange: domain,
    ...{ check: 'webhook', level: 'fail' },
    says: /Kapso has no webhook for https:\/\/bridge\.example\.org/,
    todo: /webhook register/,
  },
  {
    what: 'the webhook was switched off',
    arrange: async () => {
      await register({ url: domain().KAPSO_WEBHOOK_PUBLIC_URL, events: allEvents, active: false });
      return domain();
    },
    ...{ check: 'webhook', level: 'fail' },
    says: /is switched off/,
    todo: /webhook register/,
  },
  {
    what: 'the webhook lacks events',
    arrange: async () => {
      await register({ url: domain().KAPSO_WEBHOOK_PUBLIC_URL, events: ['whatsapp.message.received'], active: true });
      return domain();
    },
    ...{ check: 'webhook', level: 'fail' },
    says: /lacked the events whatsapp\.message\.sent/,
    todo: /webhook register/,
  },
  {
    what: 'two webhooks have the address',
    arrange: async () => {
      for (let n = 0; n < 2; n += 1) {
        await register({ url: domain().KAPSO_WEBHOOK_PUBLIC_URL, events: allEvents, active: true });
      }
      return domain();
    },
    ...{ check: 'webhook', level: 'warn' },
    says: /has the same address: every message comes twice/,
    todo: /webhook remove/,
  },
  {
    what: 'deliveries are not signed',
    arrange: () => ({ ...domain(), KAPSO_WEBHOOK_SECRET: undefined }),
    ...{ check: 'webhook', level: 'warn' },
    says: /accepted unsigned/,
    todo: /webhook\.secret/,
  },
  {
    what: 'the public address is not known',
    arrange: () => ({ ...domain(), KAPSO_WEBHOOK_PUBLIC_URL: undefined }),
    ...{ check: 'webhook', level: 'warn' },
    says: /public address of the webhook is not known/,
    todo: /webhook\.publicUrl/,
  },
  {
    what: 'the public address has another path',
    arrange: () => ({ ...domain(), KAPSO_WEBHOOK_PUBLIC_URL: 'https://bridge.example.org/hooks' }),
    ...{ check: 'webhook', level: 'warn' },
    says: /"\/hooks", but the poller serves "\/webhook"/,
    todo: /agree/,
  },
  {
    what: 'nothing can be reached at the public address',
    arrange: async () => {
      await makeState();
      holdState();
      return { ...domain(), KAPSO_WEBHOOK_PUBLIC_URL: `https://127.0.0.1:${await closedPort()}/webhook` };
    },
    ...{ check: 'webhook', level: 'warn' },
    says: /cannot be reached from this machine/,
    todo: /webhook test/,
  },
  {
    what: 'Tailscale is not installed',
    arrange: () => ({
      ...domain(),
      KAPSO_MODE: 'tailscale',
      KAPSO_WEBHOOK_PUBLIC_URL: undefined,
      KAPSO_TAILSCALE_COMMAND: join(dir, 'no-tailscale'),
    }),
    ...{ check: 'Tailscale', level: 'fail' },
    says: /./,
    todo: /nstall/,
  },
];

const gatewaySide: Broken[] = [
  {
    what: 'the gateway does not run',
    arrange: async () => ({ OPENCLAW_GATEWAY_URL: `ws://127.0.0.1:${await closedPort()}` }),
    ...{ check: 'gateway', level: 'fail', code: 'GATEWAY_AWAY' },
    says: /./,
    todo: /./,
  },
  {
    what: 'the token is another one',
    arrange: () => ({ OPENCLAW_TOKEN: 'not-the-token-11' }),
    ...{ check: 'gateway', level: 'fail', code: 'GATEWAY_UNREADY' },
    says: /does not accept the token/,
    todo: /OPENCLAW_TOKEN/,
  },
  {
    what: 'there is no token',
    arrange: () => ({ OPENCLAW_TOKEN: undefined }),
    ...{ check: 'gateway', level: 'fail' },
    says: /./,
    todo: /OPENCLAW_TOKEN/,
  },
  {
    what: 'the gateway grants nothing',
    arrange: () => gatewayFault({ method: 'connect', do: 'reshape', payload: { auth: { scopes: [] } } }),
    ...{ check: 'gateway', level: 'fail', code: 'GATEWAY_UNREADY' },
    says: /scope|grants/,
    todo: /./,
  },
  {
    what: 'the gateway speaks another protocol',
    arrange: () =>
      gatewayFault({
        method: 'connect',
        error: { code: 'INVALID_REQUEST', details: { code: 'PROTOCOL_MISMATCH', expectedProtocol: 5 } },
      }),
    ...{ check: 'gateway', level: 'fail' },
    says: /protocol/i,
    todo: /./,
  },
  {
    what: 'the device waits for approval',
    arrange: () =>
      gatewayFault({
        method: 'connect',
        error: { code: 'NOT_PAIRED', details: { code: 'PAIRING_REQUIRED', reason: 'not-paired', requestId: 'r-1' } },
      }),
    ...{ check: 'gateway', level: 'fail' },
    says: /approv|pair/i,
    todo: /openclaw devices/,
  },
  {
    what: 'the agent fails',
    deep: true,
    arrange: () =>
      gatewayFault({
        method: 'agent',
        error: { code: 'INVALID_REQUEST', message: 'Agent "main" no longer exists in configuration' },
      }),
    ...{ check: 'gateway', level: 'fail' },
    says: /no longer exists/,
    todo: /./,
  },
];

describe('doctor names the cause and the remedy where', () => {
  test.each([...kapsoSide, ...webhooks, ...gatewaySide])('$what', expectNamed);
});
