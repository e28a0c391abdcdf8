/** Kapso's API key and the number, as `config init` asks for them. */
import { existsSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { systemClock } from '../clock.ts';
import { loadConfig } from '../config/load.ts';
import { readProxy } from '../config/proxy.ts';
import { credentialName, unreadable } from '../config/secrets.ts';
import { isOurs, KapsoWhatsappError, UsageError } from '../errors.ts';
import { openTransport } from '../kapso/http/open-transport.ts';
import { within } from '../kapso/http/transport.ts';
import type { BusinessNumber } from '../kapso/numbers.ts';
import { phoneDigits } from '../narrow.ts';
import { readTextFile } from '../text-file.ts';
import { textOption } from './arguments.ts';
import { systemFiles } from './config-path.ts';
import { answered, assertRight, type Interview, presentValue, wrongFor } from './interview.ts';
import type { Choice } from './prompts.ts';

const usualOrigin = 'https://api.kapso.ai';
/** Milliseconds. */
const timeout = 30_000;
/** Numbers that an error names. */
const mostListed = 10;

/** Asks for the key until Kapso takes it, and for the number. Where Kapso cannot be asked, the id is asked for. */
export async function askForAccount(interview: Interview): Promise<void> {
  const { prompts, settings, context } = interview;
  const { KAPSO_BASE_URL: origin } = context.env;
  if (origin) settings.set('kapso.baseUrl', origin);
  for (;;) {
    const key = await chooseKey(interview);
    if (key !== null) context.secrets.add(key);
    try {
      return await chooseNumber(interview, key);
    } catch (error) {
      if (prompts === null || !isOurs(error) || error.code === 'USAGE') throw withoutAsking(error);
      const isRefused = error.code === 'KAPSO_UNAUTHORIZED';
      // The hint of the error speaks of a number, and none was asked for yet.
      const hint = isRefused ? 'Copy it anew from your project in Kapso, and enter it again.' : error.hint;
      prompts.say(`  ${error.message}. ${hint ?? ''}`);
      if (isRefused) {
        for (const name of ['kapso.apiKey', 'kapso.apiKeyFile']) settings.delete(name);
        interview.secrets.delete(keyFile);
        interview.args = { ...interview.args, 'api-key-file': undefined };
        context.env = { ...context.env, KAPSO_API_KEY: undefined, KAPSO_API_KEY_FILE: undefined };
      } else return askForId(interview);
    }
  }
}

/** Where nobody is asked for the id, an option has it. */
function withoutAsking(error: unknown): unknown {
  if (!isOurs(error) || !notReached.has(error.code)) return error;
  const hint = `${error.hint ?? 'Try again.'} Or give --phone-number-id (not --number): then Kapso is not asked.`;
  return new KapsoWhatsappError(error.code, error.message, { hint, cause: error });
}

const notReached: ReadonlySet<string> = new Set(['KAPSO_UNREACHABLE', 'KAPSO_NO_ANSWER']);

/** The file of the key beside the configuration. */
const keyFile = 'kapso-api-key';

/** Returns the key: from the option, the environment, the present file, or the person. */
async function chooseKey(interview: Interview): Promise<string | null> {
  const { args, context, prompts, input } = interview;
  const file = textOption(args, 'api-key-file') ?? context.env.KAPSO_API_KEY_FILE;
  if (file === '-') return keepSecret(interview, 'kapso.apiKey', keyFile, trimmed(await input()));
  if (file) return nameSecretFile(interview, 'kapso.apiKey', file);
  if (context.env.KAPSO_API_KEY) return keepSecret(interview, 'kapso.apiKey', keyFile, context.env.KAPSO_API_KEY);
  if (hasPresent(interview, 'kapso.apiKey')) {
    if (prompts === null || !(await prompts.yes('Replace the API key of Kapso?', false))) return presentKey(interview);
  }
  if (prompts === null) {
    throw new UsageError('the API key of Kapso is missing', {
      hint: 'Give --api-key-file FILE, or set KAPSO_API_KEY; a key on the command line could be read by others',
    });
  }
  const key = await prompts.secret("Kapso's API key", { wrong: answer => wrongFor('kapso.apiKey', answer) });
  return keepSecret(interview, 'kapso.apiKey', keyFile, key);
}

/** Whether the file that is changed has the secret, or names its file. */
export function hasPresent(interview: Interview, key: string): boolean {
  const isCredential = interview.isSystem && existsSync(join(systemFiles.secrets, credentialName(key)));
  return isCredential || [key, `${key}File`].some(name => presentValue(interview, name) !== undefined);
}

/** The key that the file has or names; null where it cannot be read. */
async function presentKey({ context: { env, home }, path }: Interview): Promise<string | null> {
  const { config } = await loadConfig({ env, home, need: 'none', configFile: path });
  return config.kapso.apiKey ?? null;
}

/** Puts a secret into a file of its own, which the configuration names. */
export function keepSecret(interview: Interview, key: string, file: string, secret: string): string {
  const problem = wrongFor(key, secret);
  // Never the value: it is a secret, or something that was pasted in its place.
  if (problem !== null) throw new UsageError(`what was given as ${key} is not right. ${problem.replace(/\.$/, '')}`);
  interview.context.secrets.add(secret);
  interview.secrets.set(file, secret);
  takeOut(interview, key);
  if (interview.isSystem) takeOut(interview, `${key}File`);
  else interview.settings.set(`${key}File`, file);
  return secret;
}

/** Takes a key out of the file that is changed: the secret itself counts before its file, and both before a credential. */
function takeOut(interview: Interview, key: string): void {
  if (presentValue(interview, key) !== undefined) interview.settings.set(key, undefined);
}

/** Has the configuration name a file that holds the secret. Returns the secret. */
export function nameSecretFile(interview: Interview, key: string, file: string): string {
  const { path, settings, context } = interview;
  const place = resolve(file.replace(/^~(?=\/)/, context.home));
  let secret: string;
  try {
    secret = trimmed(readTextFile(place));
  } catch (error) {
    throw new UsageError(`the file ${place} ${unreadable(error)}`, { cause: error });
  }
  const problem = wrongFor(key, secret);
  if (problem !== null) throw new UsageError(`the file ${place} does not hold ${key}. ${problem.replace(/\.$/, '')}`);
  context.secrets.add(secret);
  // The service of the system does not see the files of people.
  if (interview.isSystem) return keepSecret(interview, key, credentialName(key), secret);
  takeOut(interview, key);
  const beside = relative(dirname(path), place);
  settings.set(`${key}File`, beside.startsWith('..') || isAbsolute(beside) ? place : beside);
  return secret;
}

function trimmed(text: string): string {
  return text.replace(/[\r\n]+$/, '').replace(/^[A-Z_]+=/, '');
}

async function chooseNumber(interview: Interview, key: string | null): Promise<void> {
  const { args, settings, prompts, context } = interview;
  const [id, number] = [textOption(args, 'phone-number-id'), textOption(args, 'number')];
  if (id !== undefined && number !== undefined) throw new UsageError('give --number or --phone-number-id, not both');
  if (id !== undefined) {
    assertRight('phone-number-id', 'kapso.phoneNumberId', id);
    settings.set('kapso.phoneNumberId', id);
    return;
  }
  const present = answered(interview, 'kapso.phoneNumberId');
  if (present !== '' && number === undefined) {
    const known = `The phone number id is ${present}. Another number?`;
    if (prompts === null || !(await prompts.yes(known, false))) return;
  }
  if (key === null) return askForId(interview);
  const { listNumbers } = await import('#setup');
  const baseUrl = answered(interview, 'kapso.baseUrl') || usualOrigin;
  const { proxy } = readProxy(context.env, baseUrl);
  const transport = openTransport({ proxy });
  const numbers = await listNumbers({ baseUrl, apiKey: key, transport, clock: systemClock, timeouts: within(timeout) });
  const chosen = await choose(interview, numbers, number);
  interview.phone = chosen.phone;
  settings.set('kapso.phoneNumberId', chosen.id);
}

async function choose(
  { prompts }: Interview,
  numbers: readonly BusinessNumber[],
  wanted: string | undefined,
): Promise<BusinessNumber> {
  const [first] = numbers;
  if (first === undefined) {
    throw new UsageError('the project of this API key has no WhatsApp number', {
      hint: 'Connect one in Kapso, or use the key of the project that has it',
    });
  }
  const more = numbers.length > mostListed ? `; and ${numbers.length - mostListed} more` : '';
  const listed = `It has: ${numbers.slice(0, mostListed).map(describe).join('; ')}${more}`;
  if (wanted !== undefined) {
    const digits = phoneDigits(wanted);
    const found = numbers.filter(({ phone }) => phone !== null && phone === digits);
    if (found[0] !== undefined) return found[0];
    throw new UsageError(`the project of this API key has no number ${wanted.slice(0, 40)}`, { hint: listed });
  }
  if (prompts === null) {
    if (numbers.length === 1) return first;
    throw new UsageError('the project of this API key has several numbers', { hint: `Give --number. ${listed}` });
  }
  if (numbers.length === 1 && (await prompts.yes(`Use the number ${describe(first)}?`, true))) return first;
  const choices: Choice<string>[] = numbers.map(number => ({ value: number.id, text: describe(number) }));
  const id = await prompts.choose('Which number?', choices, first.id);
  return numbers.find(number => number.id === id) ?? first;
}

/** It is the business's own number, which it publishes. */
function describe({ id, phone, name }: BusinessNumber): string {
  return `${phone === null ? id : `+${phone}`}${name === null ? '' : ` (${name})`}`;
}

async function askForId({ prompts, settings }: Interview): Promise<void> {
  if (prompts === null) throw new UsageError('the number is not known', { hint: 'Give --phone-number-id' });
  const wrong = (answer: string) => wrongFor('kapso.phoneNumberId', answer);
  settings.set('kapso.phoneNumberId', await prompts.ask('The phone number id, as Kapso shows it', { wrong }));
}
