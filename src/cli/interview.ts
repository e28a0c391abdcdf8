import { getPath, setPath } from '../config/layer.ts';
import { checkValues } from '../config/schema-findings.ts';
import { UsageError } from '../errors.ts';
import { textOption } from './arguments.ts';
import type { CliContext, CommandArguments } from './command.ts';
import type { Prompts } from './prompts.ts';

/** What is asked of whoever sets the program up, and what was answered. Nothing is written before all is answered. */
export interface Interview {
  args: CommandArguments;
  context: CliContext;
  /** Null where nobody is asked: then options decide, and what is proposed. */
  prompts: Prompts | null;
  /** The configuration file that is being written. */
  path: string;
  /** Whether it is that of the system's units, whose secrets stand elsewhere and are not named. */
  isSystem: boolean;
  /** What the file has now; null for a new one. */
  present: unknown;
  /** Says something, without its full stop, that is no question and no result. */
  notice: (text: string) => void;
  /** Reads standard input to its end. */
  input: () => Promise<string>;
  /** The digits of the number that was chosen; null where Kapso was not asked, or does not say. */
  phone: string | null;
  /** What is to stand in the file, by key; undefined for what is taken out of it. */
  settings: Map<string, unknown>;
  /** The secrets that get files of their own, by the name of the file beside the configuration. */
  secrets: Map<string, string>;
}

/** The value of a key in the file that is changed; undefined in a new one. */
export function presentValue({ present }: Interview, key: string): unknown {
  return present === null ? undefined : getPath(present, key);
}

/** The value of a key as text, after what was answered; '' where there is none. */
export function answered(interview: Interview, key: string): string {
  const value = interview.settings.get(key) ?? presentValue(interview, key);
  return value === undefined || value === null ? '' : String(value);
}

/** Says what is wrong with the value of a setting, as the check of a configuration does; null when it is right. */
export function wrongFor(key: string, value: unknown): string | null {
  const [finding] = findingsOf(key, value);
  return finding === undefined ? null : `It ${finding.message}.`;
}

/** Throws a `UsageError` that names the option when its value is wrong for the setting. */
export function assertRight(option: string, key: string, value: unknown): void {
  const [finding] = findingsOf(key, value);
  if (finding !== undefined) throw new UsageError(`--${option} ${finding.message}`);
}

function findingsOf(key: string, value: unknown) {
  const nested: Record<string, unknown> = {};
  setPath(nested, key, value);
  return checkValues(nested);
}

/**
 * Sets a key to the option, else to what is answered, else to the proposal. In a file that is changed, what it has is the
 * proposal, and stays unless something else is answered.
 */
export async function settle(
  interview: Interview,
  {
    option,
    key,
    proposal,
    ask,
  }: {
    option: string;
    key: string;
    proposal: string;
    ask: (prompts: Prompts, proposal: string) => Promise<string>;
  },
): Promise<string> {
  const { args, prompts, settings } = interview;
  const given = textOption(args, option);
  if (given !== undefined) {
    assertRight(option, key, given);
    settings.set(key, given);
    return given;
  }
  const present = answered(interview, key);
  const answer = prompts === null ? present || proposal : await ask(prompts, present || proposal);
  if (answer !== '' && answer !== present) settings.set(key, answer);
  return answer;
}
