import { writeFileSync } from 'node:fs';
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
  environment,
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
    poller: { says: /HTTP 401/, todo: /Check the API key, which is from KAPSO_API_KEY:/ },
  },
  {
    what: 'Kapso does not know the number',
    arrange: () => ({ KAPSO_PHONE_NUMBER_ID: '999000000000001' }),
    ...{ check: 'Kapso', level: 'fail' },
    says: /404/,
    todo: /./,
    poller: { says: /HTTP 404/, todo: /Check the phone number id/ },
  },
  {
    what: 'Kapso cannot be reached',
    arrange: async () => ({ KAPSO_BASE_URL: `http://127.0.0.1:${await closedPort()}` }),
    ...{ check: 'Kapso', level: 'fail', code: 'KAPSO_UNREACHABLE' },
    says: /ECONNREFUSED/,
    todo: /Check the network/,
    poller: { says: /ECONNREFUSED/, todo: /Check the network/ },
  },
  {
    what: 'Kapso has a fault',
    arrange: () => fault({ kind: 'list', status: 502 }),
    ...{ check: 'Kapso', level: 'fail', code: 'KAPSO_UNAVAILABLE' },
    says: /502/,
    todo: /./,
    poller: { says: /HTTP 502/, todo: /again="\d+ s"/ },
  },
  {
    what: 'Kapso wants money',
    arrange: () => fault({ kind: 'list', status: 402, body: { error: 'Payment required' } }),
    ...{ check: 'Kapso', level: 'fail' },
    says: /402/,
    todo: /./,
    poller: { says: /HTTP 402/, todo: /plan and payment/ },
  },
  {
    what: 'the limit of requests is used up',
    arrange: () => fault({ kind: 'list', status: 429, headers: { 'Retry-After': '60' } }),
    ...{ check: 'Kapso', level: 'fail', code: 'KAPSO_RATE_LIMITED' },
    says: /429/,
    todo: /./,
    poller: { says: /HTTP 429.*is used up/, todo: /again="60 s"/ },
  },
  {
    what: 'something else answers in the place of Kapso',
    arrange: () => fault({ kind: 'list', status: 200, body: '<html>hello</html>' }),
    ...{ check: 'Kapso', level: 'fail', code: 'KAPSO_ANSWER_UNREADABLE' },
    says: /Kapso answered 200, but/,
    todo: /base URL/,
    poller: { says: /Kapso answered 200, but/, todo: /Check the base URL/ },
  },
  {
    what: 'the key may not ask for the number',
    arrange: () => fault({ kind: 'other', status: 403 }),
    ...{ check: 'Kapso', level: 'warn' },
    says: /does not tell the number and its name/,
    todo: /requireMention/,
    poller: 'it asks for the number only in groups',
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
    poller: { says: /HTTP 429.*is used up/, todo: /again="\d+ s"/ },
  },
  {
    what: 'this clock is two minutes ahead',
    arrange: () => control(kapso.url, 'POST', 'config', { clockOffset: -120_000 }),
    ...{ check: 'Kapso', level: 'warn' },
    says: /clock is 1[12]\d s ahead of Kapso/,
    todo: /timedatectl set-ntp true/,
    poller: { says: /did not fit Kapso's clock/, todo: /timedatectl set-ntp true/ },
  },
  {
    what: 'this clock is years behind',
    arrange: () => control(kapso.url, 'POST', 'config', { clockOffset: 5 * 365 * 86_400_000 }),
    ...{ check: 'Kapso', level: 'fail' },
    says: /behind Kapso/,
    todo: /timedatectl set-ntp true/,
    poller: { says: /clock differs from Kapso's by more than a day/, todo: /timedatectl set-ntp true/ },
  },
];

/** Where somebody is told, the poller looks at the webhook that others register. */
const told = { KAPSO_ALERTS_COMMAND: 'true' };

const webhooks: Broken[] = [
  {
    what: 'Kapso has no webhook',
    arrange: domain,
    ...{ check: 'webhook', level: 'fail' },
    says: /Kapso has no webhook for https:\/\/bridge\.example\.org/,
    todo: /webhook register/,
    poller: { says: /Kapso has none for https:/, todo: /webhook register/, env: told },
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
    poller: { says: /it is switched off/, todo: /webhook register/, env: told },
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
    poller: { says: /it lacked the events whatsapp\.message\.sent/, todo: /webhook register/, env: told },
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
    poller: { says: /Kapso has other webhooks for the same address/, todo: /webhook remove ID/, env: told },
  },
  {
    what: 'deliveries are not signed',
    arrange: () => ({ ...domain(), KAPSO_WEBHOOK_SECRET: undefined }),
    ...{ check: 'webhook', level: 'warn' },
    says: /accepted unsigned/,
    todo: /webhook\.secret/,
    poller: { says: /WEBHOOKS ARE NOT SIGNED/, todo: /Set webhook\.secret/ },
  },
  {
    what: 'the public address is not known',
    arrange: () => ({ ...domain(), KAPSO_WEBHOOK_PUBLIC_URL: undefined }),
    ...{ check: 'webhook', level: 'warn' },
    says: /public address of the webhook is not known/,
    todo: /webhook\.publicUrl/,
    poller: { says: /[Tt]he public address of the webhook is not known/, todo: /name it in webhook\.publicUrl/ },
  },
  {
    what: 'the public address has another path',
    arrange: () => ({ ...domain(), KAPSO_WEBHOOK_PUBLIC_URL: 'https://bridge.example.org/hooks' }),
    ...{ check: 'webhook', level: 'warn' },
    says: /"\/hooks", but the poller serves "\/webhook"/,
    todo: /agree/,
    poller: { says: /has the path "\/hooks"/, todo: /make both agree/ },
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
    poller: 'it learns only that nothing comes: the alert webhook-silent',
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
    poller: { says: /no-tailscale was not found/, todo: /install Tailscale/ },
  },
];

const onlyDoctor = 'only doctor looks at the skill: the bridge sends what a run says';

/** Makes the gateway tell of a skill with something wrong, or of none. */
const skill = (wrong: object | null) =>
  gatewayFault({
    ...{ method: 'skills.status', do: 'reshape' },
    payload: { skills: wrong === null ? [] : [{ name: 'kapso-whatsapp', modelVisible: false, ...wrong }] },
  });

const gatewaySide: Broken[] = [
  {
    what: 'the gateway does not run',
    arrange: async () => ({ OPENCLAW_GATEWAY_URL: `ws://127.0.0.1:${await closedPort()}` }),
    ...{ check: 'gateway', level: 'fail', code: 'GATEWAY_AWAY' },
    says: /./,
    todo: /./,
    poller: { says: /Nothing listens at/, todo: /Start the gateway: openclaw gateway/ },
  },
  {
    what: 'the token is another one',
    arrange: () => ({ OPENCLAW_TOKEN: 'not-the-token-11' }),
    ...{ check: 'gateway', level: 'fail', code: 'GATEWAY_UNREADY' },
    says: /does not accept the token/,
    todo: /OPENCLAW_TOKEN/,
    poller: { says: /does not accept the token/, todo: /into OPENCLAW_TOKEN, then restart the poller/ },
  },
  {
    what: 'the token in a file is another one',
    arrange: () => {
      writeFileSync(join(dir, 'gateway-token'), 'not-the-token-11\n', { mode: 0o600 });
      return { OPENCLAW_TOKEN: undefined, OPENCLAW_TOKEN_FILE: join(dir, 'gateway-token') };
    },
    ...{ check: 'gateway', level: 'fail', code: 'GATEWAY_UNREADY' },
    says: /does not accept the token/,
    todo: /into the file \S+\/gateway-token \(OPENCLAW_TOKEN_FILE\), then reload the poller/,
    poller: {
      says: /does not accept the token/,
      todo: /gateway-token \(OPENCLAW_TOKEN_FILE\), then reload the poller/,
    },
  },
  {
    what: 'the key and the agent of one of several numbers are wrong',
    arrange: () => {
      writeFileSync(join(dir, 'key-of-support'), 'another-key-1234\n', { mode: 0o600 });
      const support = { phoneNumberId: '647000000000002', name: 'support', apiKeyFile: join(dir, 'key-of-support') };
      const accounts = [{ phoneNumberId: environment().KAPSO_PHONE_NUMBER_ID }, { ...support, agent: 'nobody' }];
      writeFileSync(join(dir, 'accounts.json'), JSON.stringify({ accounts }), { mode: 0o600 });
      return { KAPSO_PHONE_NUMBER_ID: undefined, KAPSO_CONFIG: join(dir, 'accounts.json') };
    },
    ...{ check: 'Kapso of support', level: 'fail', code: 'KAPSO_UNAUTHORIZED' },
    says: /401/,
    todo: /which is from the file \S+\/key-of-support \(accounts\[1\]\.apiKeyFile, \S+accounts\.json\S*\)/,
    poller: 'its log names the account',
  },
  {
    what: 'there is no token',
    arrange: () => ({ OPENCLAW_TOKEN: undefined }),
    ...{ check: 'gateway', level: 'fail' },
    says: /./,
    todo: /OPENCLAW_TOKEN/,
    poller: { says: /asks for a token/, todo: /Set OPENCLAW_TOKEN/ },
  },
  {
    what: 'the gateway grants nothing',
    arrange: () => gatewayFault({ method: 'connect', do: 'reshape', payload: { auth: { scopes: [] } } }),
    ...{ check: 'gateway', level: 'fail', code: 'GATEWAY_UNREADY' },
    says: /scope|grants/,
    todo: /./,
    poller: { says: /grants it nothing/, todo: /openclaw devices list/ },
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
    poller: { says: /speaks protocol 5, this program protocol 4/, todo: /update this program/ },
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
    poller: { says: /not approved yet/, todo: /openclaw devices approve r-1/ },
  },
  {
    what: 'the agent has not got the skill',
    arrange: () => skill(null),
    ...{ check: 'gateway', level: 'warn' },
    says: /the agent main has no skill kapso-whatsapp; it answers by its text alone/,
    todo: /Copy the directory skills\/kapso-whatsapp/,
    poller: onlyDoctor,
  },
  {
    what: 'the agent has not got the skill, and is to send its answers itself',
    arrange: async () => {
      await skill(null);
      return { KAPSO_REPLY_VIA: 'agent' };
    },
    ...{ check: 'gateway', level: 'fail', code: 'GATEWAY_UNREADY' },
    says: /no customer gets an answer/,
    todo: /Copy the directory/,
    poller: onlyDoctor,
  },
  {
    what: 'the gateway does not find the command line',
    arrange: () => skill({ missing: { bins: ['kapso-whatsapp-cli'] } }),
    ...{ check: 'gateway', level: 'warn' },
    says: /does not find kapso-whatsapp-cli/,
    todo: /\/usr\/local\/bin; then restart the gateway/,
    poller: onlyDoctor,
  },
  {
    what: 'the skill lacks a variable',
    arrange: () => skill({ missing: { env: ['KAPSO_API_KEY'] } }),
    ...{ check: 'gateway', level: 'warn' },
    says: /lacks KAPSO_API_KEY/,
    todo: /environment of the gateway's service/,
    poller: onlyDoctor,
  },
  {
    what: 'the skill is switched off',
    arrange: () => skill({ disabled: true }),
    ...{ check: 'gateway', level: 'warn' },
    says: /is switched off/,
    todo: /skills\.entries\.kapso-whatsapp\.enabled/,
    poller: onlyDoctor,
  },
  {
    what: 'the agent may not use the skill',
    arrange: () => skill({ blockedByAgentFilter: true }),
    ...{ check: 'gateway', level: 'warn' },
    says: /may not use the skill/,
    todo: /list of skills/,
    poller: onlyDoctor,
  },
  {
    what: 'the skill lacks something else',
    arrange: () => skill({ missing: { os: ['darwin'] } }),
    ...{ check: 'gateway', level: 'warn' },
    says: /lacks darwin/,
    todo: /openclaw skills info kapso-whatsapp/,
    poller: onlyDoctor,
  },
  {
    what: 'the gateway does not know the method',
    arrange: () =>
      gatewayFault({
        method: 'skills.status',
        error: {
          ...{ code: 'FORBIDDEN', message: 'missing scope: operator.admin' },
          details: { code: 'MISSING_SCOPE', missingScope: 'operator.admin' },
        },
      }),
    ...{ check: 'gateway', level: 'warn' },
    says: /does not say whether the agent main has the skill kapso-whatsapp: .*missing scope/,
    todo: /openclaw skills list/,
    poller: onlyDoctor,
  },
  {
    what: 'the agent of a contact is not there',
    arrange: () => ({ KAPSO_ACCESS_CONTACTS: JSON.stringify([{ id: '+15551234567', agent: 'sales' }]) }),
    ...{ check: 'gateway', level: 'fail', code: 'GATEWAY_UNREADY' },
    says: /the gateway has no agent sales/,
    todo: /access\.contacts/,
    poller: {
      says: /takes no message for the agent sales/,
      todo: /Add the agent to the configuration of OpenClaw/,
      writes: '+15551234567',
    },
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
    poller: {
      says: /The gateway takes no message at present/,
      todo: /Add the agent to the configuration of OpenClaw/,
      writes: '+15551234567',
      env: { KAPSO_ACCESS_POLICY: 'open' },
    },
  },
];

describe("doctor names the cause and the remedy, and so does the poller's own log, where", () => {
  test.each([...kapsoSide, ...webhooks, ...gatewaySide])('$what', expectNamed);
});
