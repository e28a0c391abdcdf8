/** What each entry of a Go bridge's configuration becomes, by its key in `config.toml`. */
import { KapsoWhatsappError } from '../errors.ts';
import type { ForeignEntry, Into } from './translation.ts';

/** Looks up other entries: some belong together. */
export interface Beside {
  text(key: string): string;
  /** The text as a path, with `~/` expanded. */
  path(key: string): string;
  has(key: string): boolean;
  isTrue(key: string, byDefault: boolean): boolean;
  number(key: string, byDefault: number): number;
}

export type Rule = (entry: ForeignEntry, into: Into, beside: Beside) => void;

const none =
  (why: string): Rule =>
  (_, into) =>
    into.note(`no counterpart: ${why}`);
const as =
  (key: string): Rule =>
  ({ value }, into) =>
    value === '' ? into.note('empty: not set') : into.set(key, value);
const number =
  (key: string, read = (given: number) => given): Rule =>
  ({ value }, into) => {
    const given = Number(value);
    if (Number.isFinite(given)) into.set(key, read(given));
    else into.note('left out: it is no number, and was not read there either');
  };
const secret =
  (key: string, file: string): Rule =>
  ({ value, contentOf }, into) =>
    value === '' && contentOf === undefined ? into.note('empty: not set') : into.secret(key, file);
/** As the bridges read it: in the environment, anything but `true` is false. */
const isTrue = (value: unknown) => value === true || value === 'true';
const megabyte = 1024 * 1024;

const modes = new Set(['polling', 'tailscale', 'domain']);
const mode: Rule = ({ value }, into) => {
  const given = String(value).toLowerCase();
  into.set('mode', modes.has(given) ? given : 'polling');
  if (!modes.has(given)) into.note('an unknown mode counted as polling');
};

/** The services and their models, where none is named. */
const services: Readonly<Record<string, readonly [provider: string, model: string]>> = {
  openai: ['openai', 'whisper-1'],
  groq: ['openai', 'whisper-large-v3'],
  deepgram: ['deepgram', 'nova-3'],
};
const provider: Rule = ({ value }, into, beside) => {
  const name = String(value).toLowerCase();
  const [service, model] = services[name] ?? [];
  if (name === '') return into.note('empty: nothing is transcribed');
  if (name === 'local') {
    const [binary, path] = [
      beside.path('transcribe.binary_path') || 'whisper-cli',
      beside.path('transcribe.model_path'),
    ];
    into.set('transcribe.provider', 'command');
    return into.set('transcribe.command', [binary, '-m', path, '-l', '{language}', '-nt', '-np', '-f', '{wav}']);
  }
  if (service === undefined) return into.note('left out: no such provider; see docs/guides/voice.md');
  into.set('transcribe.provider', service);
  if (name === 'groq') into.set('transcribe.baseUrl', 'https://api.groq.com/openai/v1');
  if (beside.text('transcribe.model') === '') into.set('transcribe.model', model);
};

const gatewayType: Rule = ({ value, file, line }, into) => {
  const type = String(value).toLowerCase();
  if (type === '' || type === 'openclaw') return into.note('this program talks to OpenClaw only');
  throw new KapsoWhatsappError(
    'CONFIG_INVALID',
    `${file}${line === null ? '' : `:${line}`}: the gateway is no OpenClaw`,
    {
      hint: 'This program talks to OpenClaw only. Nothing was written',
    },
  );
};

const isolation: Rule = ({ value }, into, beside) => {
  if (isTrue(value)) return into.set('gateway.session', 'per-sender');
  into.set('gateway.session', 'shared');
  into.set('gateway.sharedSession', beside.text('gateway.session_key') || 'main');
};

const sessionKey: Rule = (_, into, beside) => {
  if (beside.isTrue('security.session_isolation', true)) {
    into.note(
      'no counterpart: each sender gets a session of its own here too, with another name: conversations begin anew',
    );
  } else into.note('see session_isolation');
};

const rate: Rule = (_, into, beside) => {
  const [limit, window] = [beside.number('security.rate_limit', 10), beside.number('security.rate_window', 60)];
  into.set('access.limits.messagesPerMinute', Math.max(1, Math.ceil((limit * 60) / Math.max(10, window))));
};

const policy: Rule = ({ value }, into) => {
  into.set('access.policy', value === 'open' ? 'open' : 'allowlist');
  if (value !== 'open' && value !== 'allowlist') into.note('an unknown mode counted as allowlist');
};

const builtIn = 'commands by WhatsApp are built in here: !status, !new, !stop, !mute, with access.commands.enabled';

export const bridgeRules: Readonly<Record<string, Rule>> = {
  'kapso.api_key': secret('kapso.apiKey', 'kapso-api-key'),
  'kapso.phone_number_id': ({ value }, into) => into.set('kapso.phoneNumberId', String(value)),
  'delivery.mode': mode,
  'delivery.webhook_mode': ({ value }, into, beside) => {
    if (beside.has('delivery.mode')) return into.note('not read beside KAPSO_MODE');
    into.set('mode', /^(webhook|both)$/i.test(String(value)) ? 'domain' : 'polling');
  },
  'delivery.poll_interval': number('polling.interval', given => (given < 5 ? 30 : given)),
  'delivery.poll_fallback': ({ value }, into) => into.set('polling.fallback', isTrue(value)),
  'webhook.addr': as('webhook.listen'),
  'webhook.verify_token': secret('webhook.verifyToken', 'webhook-verify-token'),
  'webhook.secret': secret('webhook.secret', 'webhook-signing-secret'),
  'gateway.type': gatewayType,
  'gateway.url': as('gateway.url'),
  'gateway.token': secret('gateway.token', 'gateway-token'),
  'gateway.session_key': sessionKey,
  'gateway.sessions_json': none('answers come from the gateway itself'),
  'gateway.error_message': as('reply.onFailure'),
  'gateway.role': none('the rights that are needed are asked for'),
  'gateway.scopes': none('the rights that are needed are asked for'),
  'state.dir': as('state.dir'),
  'security.mode': policy,
  'security.deny_message': as('access.refusal'),
  'security.rate_limit': rate,
  'security.rate_window': (entry, into, beside) =>
    beside.has('security.rate_limit') ? into.note('see rate_limit') : rate(entry, into, beside),
  'security.session_isolation': isolation,
  'transcribe.provider': provider,
  'transcribe.api_key': secret('transcribe.apiKey', 'transcribe-api-key'),
  'transcribe.model': as('transcribe.model'),
  'transcribe.language': as('transcribe.language'),
  'transcribe.max_audio_size': number('transcribe.maxSize', bytes =>
    Math.min(100, Math.max(1, Math.ceil(bytes / megabyte))),
  ),
  'transcribe.timeout': number('transcribe.timeout'),
  'transcribe.binary_path': (_, into) => into.note('see provider'),
  'transcribe.model_path': (_, into) => into.note('see provider'),
  'transcribe.no_speech_threshold': none('the service or program decides'),
  'transcribe.cache_ttl': none('words are kept by the content of the file, in the state directory'),
  'transcribe.debug': none('log.level: debug says more'),
  'commands.prefix': none(builtIn),
  'commands.timeout': none(builtIn),
  'routing.agents_base': none('the gateway knows its agents'),
  'routing.default_agent': as('gateway.agent'),
};

/** The definition of a bridge command: `commands.definitions.reload.shell`. */
export const bridgeCommand: Rule = none(builtIn);
