import { basename, join } from 'node:path';
import { KapsoWhatsappError } from '../errors.ts';
import { stateFiles } from '../state/files.ts';
import { FileError } from '../text-file.ts';
import { type Config, settings } from './config.generated.ts';
import type { Problem } from './errors.ts';
import { readKeptSecret } from './kept-secret.ts';
import { getPath, settingFor } from './layer.ts';
import { parseListenAddress } from './listen-address.ts';
import { secretsOf } from './secrets.ts';
import { wrongWebhookPath } from './webhook-path.ts';

/** Which program asks: it decides what must be there. `registration` is what makes the signing secret that `poller` may need. */
export type Need = 'poller' | 'registration' | 'cli' | 'none';

/** A problem whose place is that of the key's value, or the key's variable where it has none. */
export type RuleProblem = Pick<Problem, 'key' | 'message'>;

/** What no single key can say: what is required, and which values do not go together. */
export function checkRules(config: Config, need: Need, env: NodeJS.ProcessEnv): RuleProblem[] {
  const problems = [...required(config, need, env), ...misplaced(config), ...origin(config)];
  // The agent's environment may hold a gateway address that is OpenClaw's own affair; the CLI does not use it.
  if (need !== 'cli') problems.push(...gatewayAddress(config, env));
  if (receives(need) && config.mode !== 'polling') {
    problems.push(...webhook(config, env));
    if (need === 'poller') problems.push(...signingSecret(config));
  }
  return problems;
}

function receives(need: Need): boolean {
  return need === 'poller' || need === 'registration';
}

/** Whether a rule's problem with this key is that a secret is missing. */
export function asksForSecret(key: string): boolean {
  return key === 'webhook.requireSignature' || settingFor(key)?.secret === true;
}

function required(config: Config, need: Need, env: NodeJS.ProcessEnv): RuleProblem[] {
  if (need === 'none') return [];
  const problems: RuleProblem[] = [];
  if (config.kapso.apiKey === undefined) problems.push(missing('kapso.apiKey', env));
  if (config.kapso.phoneNumberId === undefined) problems.push(missing('kapso.phoneNumberId', env));
  if (receives(need) && config.mode !== 'polling' && config.webhook.verifyToken === undefined) {
    problems.push(missing('webhook.verifyToken', env, ` in the mode ${config.mode}`));
  }
  return problems;
}

/** A secret that also stands where it would be shown. Short ones and words may be what another setting says by chance. */
function misplaced(config: Config): RuleProblem[] {
  const secrets = new Set(secretsOf(config).filter(secret => secret.length >= 12 && /\d/.test(secret)));
  return settings.flatMap(({ key, secret }) => {
    const value = secret ? undefined : getPath(config, key);
    // The directory has been made an absolute path.
    if (typeof value !== 'string' || !secrets.has(key === 'state.dir' ? basename(value) : value)) return [];
    return [{ key, message: 'has the value of a secret: it would be shown; has it been put here by mistake?' }];
  });
}

function missing(key: string, env: NodeJS.ProcessEnv, when = ''): RuleProblem {
  const setting = settingFor(key);
  const variable = setting?.env ?? '';
  const empty = env[variable] === '' ? 'is set but empty, and ' : 'is ';
  const ways = setting?.secret ? `set it, or ${variable}_FILE, or ${key} or ${key}File` : `set it, or ${key}`;
  return { key, message: `${empty}required${when}; ${ways} in the configuration file` };
}

/** Whether there is one where there must be: configured, made by a registration, or to be made at the start. */
function signingSecret({ state, webhook }: Config): RuleProblem[] {
  if (webhook.secret.length > 0 || webhook.register) return [];
  const file = join(state.dir, stateFiles.signingSecret);
  const ways =
    'set KAPSO_WEBHOOK_SECRET or webhook.secret, webhook.register to have one made, or run kapso-whatsapp-cli webhook register';
  let made: string | null;
  try {
    made = readKeptSecret(state.dir);
  } catch (error) {
    // What cannot be read by this user may be read by the poller's.
    if (!(error instanceof FileError)) return [];
    return [{ key: 'webhook.secret', message: `is not set, and the one that was made, ${file}, ${error.reason}` }];
  }
  if (made) return [];
  if (made === null && !webhook.requireSignature) return [];
  if (made === null)
    return [{ key: 'webhook.requireSignature', message: `is true, but there is no signing secret; ${ways}` }];
  return [{ key: 'webhook.secret', message: `is not set, and the one that was made, ${file}, is empty; ${ways}` }];
}

function webhook({ mode, webhook }: Config, env: NodeJS.ProcessEnv): RuleProblem[] {
  const problems: RuleProblem[] = [];
  if (webhook.secret.length === 0 && (env.KAPSO_WEBHOOK_SECRET === '' || env.KAPSO_WEBHOOK_SECRET_FILE === '')) {
    // Somebody meant to have signatures checked; to go on without would be to accept anybody's messages.
    problems.push({
      key: 'webhook.secret',
      message: 'is set but empty; give it the secret, or unset it to accept requests without a signature',
    });
  }
  if (webhook.register && mode === 'domain' && webhook.publicUrl === undefined) {
    problems.push({
      key: 'webhook.publicUrl',
      message:
        'is required to register the webhook in the mode domain (webhook.register); e.g. https://example.com/webhook',
    });
  }
  problems.push(...serving(webhook));
  if (webhook.publicUrl !== undefined) {
    const wrong = wrongPublicUrl(webhook.publicUrl);
    if (wrong) problems.push({ key: 'webhook.publicUrl', message: wrong });
  }
  return problems;
}

/** What the webhook server would refuse at its start. */
function serving({ listen, path }: Config['webhook']): RuleProblem[] {
  const problems: RuleProblem[] = [];
  const wrong = wrongWebhookPath(path);
  if (wrong !== null) problems.push({ key: 'webhook.path', message: wrong });
  try {
    parseListenAddress(listen);
  } catch (error) {
    if (!(error instanceof KapsoWhatsappError)) throw error;
    problems.push({ key: 'webhook.listen', message: [error.message, error.hint].filter(Boolean).join('; ') });
  }
  return problems;
}

/** Why Kapso could not deliver to this address, which must be public HTTPS; null when it could. */
export function wrongPublicUrl(text: string): string | null {
  const url = URL.parse(text);
  if (!url) return 'is not an address; e.g. https://example.com/webhook';
  // Plain http:// to this machine is for the simulator.
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))) return null;
  return 'must start with https://: Kapso delivers to nothing else; e.g. https://example.com/webhook';
}

function origin({ kapso }: Config): RuleProblem[] {
  const url = URL.parse(kapso.baseUrl);
  if (!url) return [{ key: 'kapso.baseUrl', message: 'is not an address; e.g. https://api.kapso.ai' }];
  if (url.protocol === 'https:' || isLoopback(url.hostname)) return [];
  const message =
    'must start with https://: the API key would go there in the clear (http:// is for this machine only)';
  return [{ key: 'kapso.baseUrl', message }];
}

/** The rule of @openclaw/gateway-client (README, "remote connections"), applied before anything is started. */
function gatewayAddress({ gateway }: Config, env: NodeJS.ProcessEnv): RuleProblem[] {
  const url = URL.parse(gateway.url);
  if (!url) return [{ key: 'gateway.url', message: 'is not an address; e.g. ws://127.0.0.1:18789' }];
  if (url.protocol === 'wss:' || isTrustedInTheClear(url.hostname)) return [];
  // The gateway client's way out for private networks with names of their own.
  const isName = !isIPv4(url.hostname) && !isIPv6(url.hostname);
  if (isName && env.OPENCLAW_ALLOW_INSECURE_PRIVATE_WS === '1') return [];
  const message = `must start with wss://: the token and the messages would go there in the clear. Plain ws:// is for loopback and private addresses, .local and .ts.net names; use wss://, an SSH tunnel or Tailscale`;
  return [{ key: 'gateway.url', message }];
}

function isTrustedInTheClear(hostname: string): boolean {
  const name = hostname.toLowerCase().replace(/\.+$/, '');
  return isLoopback(name) || isPrivateAddress(name) || name.endsWith('.local') || name.endsWith('.ts.net');
}

/** Whether the host of a URL is this machine. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || (isIPv4(hostname) && hostname.startsWith('127.'));
}

/** RFC 1918, link-local, carrier-grade NAT (which Tailscale uses); for IPv6 unique local and link-local. */
function isPrivateAddress(hostname: string): boolean {
  if (isIPv6(hostname)) return /^\[(f[cd]|fe[89a-f])[0-9a-f]{0,2}:/.test(hostname);
  if (!isIPv4(hostname)) return false;
  const [a = 0, b = 0] = hostname.split('.').map(Number);
  if (a === 10 || (a === 192 && b === 168) || (a === 169 && b === 254)) return true;
  return (a === 172 && b >= 16 && b < 32) || (a === 100 && b >= 64 && b < 128);
}

// The URL parser has brought addresses into one form; node:net, which could tell too, would cost the start 2 ms.
function isIPv4(hostname: string): boolean {
  return /^\d+\.\d+\.\d+\.\d+$/.test(hostname);
}

function isIPv6(hostname: string): boolean {
  return hostname.startsWith('[');
}
