import type { Clock } from '../clock.ts';
import type { AccountConfig } from '../config/load.ts';
import { isOurs } from '../errors.ts';
import { describeError } from '../observe/log.ts';
import { runCommand } from './by-command.ts';
import { giveByWhatsapp, type WhatsappParts } from './by-whatsapp.ts';
import { type Pending, toJson, toVariables } from './note.ts';

export interface AttemptOptions extends WhatsappParts {
  version: string;
  settings: () => AccountConfig['alerts'];
  scrub: (text: string) => string;
  clock: Clock;
}

/** Why an attempt failed, and whether another one may help. */
export interface Failure {
  reason: string;
  /** `counted`: tried again a few times. `waits`: the store is to blame, so it is tried as long as it takes. */
  again: 'counted' | 'waits' | null;
}

/**
 * Gives one alert by its way; null when it was given. Never rejects but with the signal's reason: what is wrong with an
 * alert must end nothing else.
 */
export async function attempt(options: AttemptOptions, one: Pending, signal: AbortSignal): Promise<Failure | null> {
  try {
    const reason = await (one.way === 'command' ? run(options, one, signal) : send(options, one));
    return reason === null ? null : { reason, again: one.way === 'command' ? 'counted' : null };
  } catch (error) {
    signal.throwIfAborted();
    return { reason: options.scrub(describeError(error)), again: isOurs(error) ? 'waits' : null };
  }
}

async function send(options: AttemptOptions, one: Pending): Promise<string | null> {
  const settings = options.settings();
  const { whatsapp } = settings;
  return whatsapp === undefined ? null : giveByWhatsapp(one, { ...settings, whatsapp }, options);
}

async function run(options: AttemptOptions, { note }: Pending, signal: AbortSignal): Promise<string | null> {
  const { clock, version, account, scrub } = options;
  const { command, timeout } = options.settings();
  if (command.length === 0) return null;
  const input = toJson(note, { version, number: account() });
  const program = { words: command, input, variables: toVariables(note), timeout: timeout * 1000 };
  const reason = await runCommand({ ...program, clock, signal });
  return reason === null ? null : scrub(reason);
}
