/** What the gateway's record of a run says of the messages that the run sent by the command line. Pure. */
import type { ToolCall } from '../../agents/agent.ts';
import { exitCode } from '../../exit-codes.ts';
import { type Contact, isSame } from './recipients.ts';
import { type SendCommand, sendsIn } from './send-commands.ts';

export interface Recorded {
  /** WhatsApp's ids of the messages that the run sent to the contact. */
  ids: string[];
  /** Sends that may have reached the contact, and whose end the record does not show. */
  open: number;
}

/** Ends of a send that sent nothing to anybody: the command line or the configuration was wrong. */
const notBegun: readonly number[] = [exitCode.usage, exitCode.configuration];
/** Ends of a send to one recipient that sent nothing: that, or the key was wrong, or Kapso refused. */
const sentNothing: readonly number[] = [...notBegun, exitCode.unavailable, exitCode.noPermission];
/** The shell's codes for a program that cannot be run, and for one that is not there. */
const notRun: readonly number[] = [126, 127];

/** @param isOther whether a name in `--from` is that of another number than the one that the contact wrote to */
export function recordedSends(
  calls: readonly ToolCall[],
  contact: Contact,
  isOther: (from: string) => boolean = () => false,
): Recorded {
  const found: Recorded = { ids: [], open: 0 };
  for (const call of calls) {
    const sends = call.command === null || call.refused ? [] : sendsIn(call.command);
    const same = sends.map(({ to, from }) => (from !== null && isOther(from) ? false : isSame(contact, to)));
    // Of no send, too.
    if (same.every(one => one === false)) continue;
    const ids = idsIn(call.output ?? '');
    // Ids of a line that also writes to others may be theirs.
    if (ids.length > 0 && same.every(one => one === true)) found.ids.push(...ids);
    else if (!surelyFailed(call, sends)) found.open += 1;
  }
  return found;
}

function surelyFailed({ exitCode: code, output, failed }: ToolCall, sends: readonly SendCommand[]): boolean {
  // Only one command of a line is its last, to however many recipients.
  if (!sends.every(({ last }) => last)) return false;
  if (code !== null) return (sends.length === 1 ? sentNothing : notBegun).includes(code) || notRun.includes(code);
  return failed === true && /\bcommand not found$/i.test((output ?? '').trimEnd());
}

/** The ids that `send` prints: each on a line of its own, or in JSON. */
function idsIn(output: string): string[] {
  return [...output.matchAll(/(?:^|")(wamid\.[^\s"\\]+)(?="|\s*$)/gm)].map(([, id = '']) => id);
}
