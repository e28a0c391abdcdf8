import { basename, join } from 'node:path';
import { KapsoWhatsappError } from '../errors.ts';
import { isLoopback } from '../loopback.ts';
import { fileOfAccount, stateFiles } from '../state/files.ts';
import { FileError } from '../text-file.ts';
import { type Config, settings } from './config.generated.ts';
import { DatabaseUrlError, parseDatabaseUrl } from './database-url.ts';
import { readKeptSecret } from './kept-secret.ts';
import { getPath, settingFor } from './layer.ts';
import { parseListenAddress } from './listen-address.ts';
import type { RuleProblem } from './rule-problem.ts';
import { needsServiceKey, textOf, wrongWords } from './text-of-rules.ts';
import { isAddress, isTrustedInTheClear } from './trusted-host.ts';
import { wrongWebhookPath } from './webhook-path.ts';

/**
 * Who asks for the configuration. It decides which keys are required. `registration` makes the signing secret that
 * `poller` may need.
 */
export type Need = 'poller' | 'registration' | 'cli' | 'none';

export interface RuleContext {
  need: Need;
  /** What all accounts are called: their names and phone number ids. */
  called: readonly string[];
  env: NodeJS.ProcessEnv;
  /** Every secret that is configured, those of other accounts too. */
  secrets: readonly string[];
  /** The account in whose name its files are kept; null with `kapso.phoneNumberId`. */
  account: string | null;
}

/** Checks what no single key can show: which keys are required, and which values do not go together. */
export function checkRules(config: Config, { need, env, called, secrets, account }: RuleContext): RuleProblem[] {
  const problems = [
    ...required(config, need, env),
    ...misplaced(config, secrets),
    ...origin(config),
    ...reaction(config),
  ];
  problems.push(...repeatedContacts(config), ...reservedSessions(config), ...database(config));
  problems.push(...wrongWords('alerts.command', config.alerts.command, []));
  if (need !== 'none') problems.push(...alertSender(config, called));
  if (need === 'poller' && config.metrics.enable) problems.push(...metrics(config));
  if (need === 'poller' && config.ui.enable) problems.push(...ui(config, env));
  // The CLI does not use the gateway's address. In an agent's environment that address may be OpenClaw's own.
  if (need !== 'cli') problems.push(...gatewayAddress(config, env), ...textOf(config));
  if (receives(need) && config.mode !== 'polling') {
    problems.push(...webhook(config, env));
    if (need === 'poller') problems.push(...signingSecret(config, account));
  }
  return problems;
}

function receives(need: Need): boolean {
  return need === 'poller' || need === 'registration';
}

/** Whether a rule reports by this key that a secret is missing. */
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
  if (need === 'poller' && config.transcribe.apiKey === undefined && needsServiceKey(config)) {
    problems.push(missing('transcribe.apiKey', env, ` with the provider ${config.transcribe.provider}`));
  }
  return problems;
}

/**
 * Finds secrets that were put into a key that is shown. A short secret or a word may equal another setting by chance;
 * it is left alone.
 */
function misplaced(config: Config, all: readonly string[]): RuleProblem[] {
  const secrets = new Set(all.filter(secret => secret.length >= 12 && /\d/.test(secret)));
  return settings.flatMap(({ key, secret }) => {
    const value = secret ? undefined : getPath(config, key);
    // `state.dir` has been made an absolute path by now.
    const texts = key === 'state.dir' ? [basename(String(value))] : textsIn(value);
    if (!texts.some(text => secrets.has(text))) return [];
    return [{ key, message: 'has the value of a secret: it would be shown; has it been put here by mistake?' }];
  });
}

function alertSender({ alerts: { from } }: Config, called: readonly string[]): RuleProblem[] {
  if (from === undefined || called.includes(from)) return [];
  return [{ key: 'alerts.from', message: `names no account; there is ${called.join(', ')}` }];
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

/** Finds what is wrong with the address of the database, without a word of it. */
function database({ state }: Config): RuleProblem[] {
  try {
    if (state.database !== undefined) parseDatabaseUrl(state.database);
    return [];
  } catch (error) {
    if (!(error instanceof DatabaseUrlError)) throw error;
    return [{ key: 'state.database', message: error.message }];
  }
}

/** Finds contacts that are given twice: it would be open which of the two entries counts. */
function repeatedContacts({ access }: Config): RuleProblem[] {
  const keys = access.contacts.map(({ id }) => id.replace(/^\+/, ''));
  return keys.flatMap((key, at) => {
    const before = keys.indexOf(key);
    if (before === at) return [];
    return [{ key: 'access.contacts', inside: `[${at}].id`, message: `is that of [${before}] too; keep one of them` }];
  });
}

/** Finds sessions by the names that the bridge gives to those of one person or group: two lanes would work in them. */
function reservedSessions({ access }: Config): RuleProblem[] {
  return access.contacts.flatMap(({ session }, at) => {
    const part = /^kapso:(?:(?:direct|group):|\d+:(?:direct|group)(?::|$))|:session-\d+$/.exec(session ?? '')?.[0];
    if (part === undefined) return [];
    const message = `has ${part} in it, as the bridge names sessions itself; give all who share it another name`;
    return [{ key: 'access.contacts', inside: `[${at}].session`, message }];
  });
}

function missing(key: string, env: NodeJS.ProcessEnv, when = ''): RuleProblem {
  const setting = settingFor(key);
  const variable = setting?.env ?? '';
  const empty = env[variable] === '' ? 'is set but empty, and ' : 'is ';
  const ways = setting?.secret ? `set it, or ${variable}_FILE, or ${key} or ${key}File` : `set it, or ${key}`;
  return { key, message: `${empty}required${when}; ${ways} in the configuration file` };
}

/** Checks that there is a signing secret where one is required: configured, made by a registration, or to be made at the start. */
function signingSecret({ state, webhook }: Config, account: string | null): RuleProblem[] {
  if (webhook.secret.length > 0 || webhook.register) return [];
  const file = join(state.dir, fileOfAccount(stateFiles.signingSecret, account));
  const ways =
    'set KAPSO_WEBHOOK_SECRET or webhook.secret, webhook.register to have one made, or run kapso-whatsapp-cli webhook register';
  let made: string | null;
  try {
    made = readKeptSecret(state.dir, account);
  } catch (error) {
    // This user may not read the file, but the poller's user may.
    if (!(error instanceof FileError)) return [];
    return [{ key: 'webhook.secret', message: `is not set, and the one that was made, ${file}, ${error.reason}` }];
  }
  if (made) return [];
  // The processes that share a database have one secret in it. The start finds out whether there is one.
  const isShared = state.database !== undefined;
  if (made === null && (isShared || !webhook.requireSignature)) return [];
  if (made === null)
    return [{ key: 'webhook.requireSignature', message: `is true, but there is no signing secret; ${ways}` }];
  return [{ key: 'webhook.secret', message: `is not set, and the one that was made, ${file}, is empty; ${ways}` }];
}

function webhook({ mode, webhook }: Config, env: NodeJS.ProcessEnv): RuleProblem[] {
  const problems: RuleProblem[] = [];
  if (webhook.secret.length === 0 && (env.KAPSO_WEBHOOK_SECRET === '' || env.KAPSO_WEBHOOK_SECRET_FILE === '')) {
    // Somebody wanted signatures to be checked. Without the secret the poller would accept anybody's messages.
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

/** Finds what the webhook server would refuse at its start. */
function serving({ listen, path }: Config['webhook']): RuleProblem[] {
  const problems: RuleProblem[] = [];
  const wrong = wrongWebhookPath(path);
  if (wrong !== null) problems.push({ key: 'webhook.path', message: wrong });
  return [...problems, ...listening('webhook.listen', listen)];
}

/** Finds what the server of health and metrics would refuse at its start. */
function metrics({ mode, webhook, metrics: { listen } }: Config): RuleProblem[] {
  const isSame = mode !== 'polling' && listen === webhook.listen && !listen.endsWith(':0');
  const message = 'is the address of webhook.listen too; give one of them another port';
  return isSame ? [{ key: 'metrics.listen', message }] : listening('metrics.listen', listen);
}

const shortestToken = 16;

/** Finds what the page's server would refuse at its start, or must not do: it is for this machine alone. */
function ui({ mode, webhook, metrics: other, ui: { listen, token } }: Config, env: NodeJS.ProcessEnv): RuleProblem[] {
  const problems = token === undefined ? [missing('ui.token', env, ' with ui.enable')] : [];
  if (token !== undefined && token.length < shortestToken) {
    const message = `is shorter than ${shortestToken} characters and could be guessed; make one with openssl rand -hex 24`;
    problems.push({ key: 'ui.token', message });
  }
  const wrong = listening('ui.listen', listen);
  if (wrong.length > 0) return [...problems, ...wrong];
  const address = parseListenAddress(listen);
  if ('port' in address && !(address.host !== null && isLoopback(hostInUrl(address.host)))) {
    const message =
      'is not an address of this machine alone; write for example 127.0.0.1:9465, and reach it through SSH';
    return [...problems, { key: 'ui.listen', message }];
  }
  const taken = [...(mode === 'polling' ? [] : [webhook.listen]), ...(other.enable ? [other.listen] : [])];
  if (!taken.includes(listen) || listen.endsWith(':0')) return problems;
  return [...problems, { key: 'ui.listen', message: 'is an address of webhook.listen or metrics.listen too' }];
}

/** A host as the URL parser writes it. */
function hostInUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function listening(key: string, address: string): RuleProblem[] {
  try {
    parseListenAddress(address);
    return [];
  } catch (error) {
    if (!(error instanceof KapsoWhatsappError)) throw error;
    return [{ key, message: [error.message, error.hint].filter(Boolean).join('; ') }];
  }
}

/** Returns why Kapso cannot deliver to this address, or null when it can. The address must be public HTTPS. */
export function wrongPublicUrl(text: string): string | null {
  const url = URL.parse(text);
  if (!url) return 'is not an address; e.g. https://example.com/webhook';
  // Plain http:// to this machine is for the simulator.
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))) return null;
  return 'must start with https://: Kapso delivers to nothing else; e.g. https://example.com/webhook';
}

function reaction({ receipts }: Config): RuleProblem[] {
  if (receipts.reaction === 'none') return [];
  // One emoji, as WhatsApp takes it for a reaction, also without the mark that asks for its coloured form. Built only
  // here: the list of all emoji costs every start of both programs 18 ms.
  if (/^(?:\p{RGI_Emoji}|\p{Extended_Pictographic})$/v.test(receipts.reaction)) return [];
  return [{ key: 'receipts.reaction', message: 'is not one emoji; give a single one, or none' }];
}

function origin({ kapso }: Config): RuleProblem[] {
  const url = URL.parse(kapso.baseUrl);
  if (!url) return [{ key: 'kapso.baseUrl', message: 'is not an address; e.g. https://api.kapso.ai' }];
  if (url.protocol === 'https:' || isLoopback(url.hostname)) return [];
  const message =
    'must start with https://: the API key would go there in the clear (http:// is for this machine only)';
  return [{ key: 'kapso.baseUrl', message }];
}

/** Applies the rule of @openclaw/gateway-client (README, "remote connections") before anything is started. */
function gatewayAddress({ gateway }: Config, env: NodeJS.ProcessEnv): RuleProblem[] {
  const url = URL.parse(gateway.url);
  if (!url) return [{ key: 'gateway.url', message: 'is not an address; e.g. ws://127.0.0.1:18789' }];
  if (url.protocol === 'wss:' || isTrustedInTheClear(url.hostname)) return [];
  // The gateway client allows this for private networks with names of their own.
  const isName = !isAddress(url.hostname);
  if (isName && env.OPENCLAW_ALLOW_INSECURE_PRIVATE_WS === '1') return [];
  const message =
    'must start with wss://: the token and the messages would go there in the clear. Plain ws:// is for loopback and ' +
    'private addresses, .local and .ts.net names; use wss://, an SSH tunnel or Tailscale';
  return [{ key: 'gateway.url', message }];
}
