import { join } from 'node:path';
import { type Clock, systemClock } from '../clock.ts';
import { type ExitCode, exitCode } from '../exit-codes.ts';
import { maskNumbers } from '../observe/mask.ts';
import type { Status } from '../observe/status.ts';
import { onNetwork } from '../state/directory.ts';
import { StateError, toStateError } from '../state/errors.ts';
import { stateFiles } from '../state/files.ts';
import { isLocked } from '../state/lock.ts';
import { readStatusFile } from '../state/status-file.ts';
import { type EntryState, entryStates } from '../store/new-entry.ts';
import { openStore } from '../store/open.ts';
import { type Outgoing, type OutgoingState, outgoingStates } from '../store/outbox.ts';
import type { Counts, Entry } from '../store/store.ts';
import { FileError } from '../text-file.ts';
import { stateDirFor } from './arguments.ts';
import type { CliContext, CommandArguments } from './command.ts';
import { columns, iso, span, toJson } from './format.ts';
import {
  failingProblem,
  failingProblems,
  type Known,
  lateProblem,
  lateProblems,
  problemsOf,
  silence,
} from './status-problems.ts';
import type { Terminal } from './terminal.ts';

interface Report {
  running: boolean;
  healthy: boolean;
  /** Faults, a sentence each. */
  problems: string[];
  /** What may cause trouble later, a sentence each. */
  warnings: string[];
  stateDir: string;
  poller: Known | null;
  queue: Counts | null;
  outbox: OutboxCounts | null;
}

interface OutboxCounts {
  byState: Record<OutgoingState, number>;
  /** When the oldest that waits was made; null when none waits. */
  oldestWaiting: number | null;
}

/** `status`: reports the lock, the status file and the inbox of the state directory. */
export async function status(
  args: CommandArguments,
  terminal: Terminal,
  context: CliContext,
  clock: Clock = systemClock,
): Promise<ExitCode> {
  const report = await readReport(await stateDirFor(args, context), clock);
  terminal.out(args.json ? `${toJson(report)}\n` : describe(report, clock.now()));
  if (report.running) return report.healthy ? exitCode.ok : exitCode.tryAgain;
  return exitCode.unavailable;
}

const neverRan =
  "no poller has run with this state directory; name another with --state-dir (a system service's is /var/lib/kapso-whatsapp)";

async function readReport(dir: string, clock: Clock): Promise<Report> {
  const running = isLocked(dir);
  const poller = readStatus(dir);
  const kept = await readInbox(dir, clock);
  const now = clock.now();
  const problems = running
    ? [
        ...silence(poller, now),
        ...problemsOf(poller),
        ...failingProblems(kept?.failing ?? [], now),
        ...lateProblems(kept?.waiting ?? [], now),
      ]
    : [poller || kept ? 'the poller does not run' : neverRan];
  return {
    running,
    healthy: problems.length === 0,
    problems,
    warnings: [onNetwork(dir), running ? (poller?.access?.warning ?? null) : null].filter(warning => warning !== null),
    stateDir: dir,
    poller,
    queue: kept?.queue ?? null,
    outbox: kept?.outbox ?? null,
  };
}

function readStatus(dir: string): Known | null {
  try {
    return readStatusFile(dir);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    if (!(error instanceof FileError)) throw toStateError(error, join(dir, stateFiles.status));
    throw new StateError('STORE_IO', error.message, { hint: 'Remove it: the poller writes it anew' });
  }
}

/** What the inbox's database says. */
interface Kept {
  queue: Counts;
  failing: Entry[];
  outbox: OutboxCounts;
  /** The oldest outgoing messages that wait. */
  waiting: Outgoing[];
}

/** Resolves to null where there is no inbox yet. */
async function readInbox(dir: string, clock: Clock): Promise<Kept | null> {
  try {
    const store = await openStore({ dir, clock, readOnly: true });
    try {
      const { attempts, named } = failingProblem;
      const waiting = await store.outbox.waiting(lateProblem.looked);
      return {
        queue: await store.counts(),
        failing: await store.failing({ attempts, limit: named + 1 }),
        outbox: { byState: await store.outbox.counts(), oldestWaiting: waiting[0]?.createdAt ?? null },
        waiting,
      };
    } finally {
      await store.close();
    }
  } catch (error) {
    if (error instanceof StateError && error.code === 'STORE_MISSING') return null;
    throw error;
  }
}

function describe({ running, problems, warnings, stateDir, poller, queue, outbox }: Report, now: number): string {
  const ago = (at: number | null | undefined) => (at ? `${span(Math.max(0, now - at))} ago` : 'never');
  const rows: string[][] = [];
  const row = (name: string, text: string) => rows.push([name, maskNumbers(text)]);
  const { polling, webhook, tunnel, registration, gateway, lastError } = poller ?? {};

  rows.push(['State directory', stateDir]);
  if (running && poller?.startedAt) {
    const { version = '', pid, startedAt, mode = 'unknown' } = poller as Partial<Status>;
    rows.push(['Poller', `runs for ${span(now - (startedAt ?? now))} (version ${version}, pid ${pid}, mode ${mode})`]);
  } else row('Poller', running ? 'runs' : `does not run; last sign of life ${ago(poller?.updatedAt as number)}`);
  if (running && poller?.access?.policy) row('Access', poller.access.policy);
  if (polling) row('Polling', `every ${polling.interval} s, last success ${ago(polling.lastSuccess)}`);
  if (webhook) {
    const signature = webhook.signature ? 'signed' : 'signatures not required';
    const counts = `${webhook.accepted ?? 0} accepted, ${webhook.rejected ?? 0} rejected${refusalsOf(webhook.refusals)}`;
    row('Webhook', `${webhook.address}, ${signature}, ${counts}`);
    if (webhook.otherNumber) {
      row('Not kept', `${webhook.otherNumber} for another phone number id than kapso.phoneNumberId`);
    }
    if (webhook.failedSends) {
      row('Not delivered', `${webhook.failedSends} that were sent: WhatsApp could not deliver them; the log says why`);
    }
    if (webhook.publicUrl) row('Public address', webhook.publicUrl);
  }
  if (registration?.webhook) {
    rows.push(['Registration', `${registration.webhook}, checked ${ago(registration.checkedAt)}`]);
  }
  if (tunnel) row('Tunnel', [tunnel.phase, tunnel.url].filter(Boolean).join(', '));
  if (gateway)
    row('Gateway', `${gateway.phase} for ${span(Math.max(0, now - (gateway.since ?? now)))}, ${gateway.url}`);
  row('Queue', queue ? describeQueue(queue, ago) : 'no inbox yet');
  const failed = queue?.byState.failed ?? 0;
  if (failed > 0) row('Failed', `${failed}; see why with kapso-whatsapp-cli inbox list --state failed`);
  const unpaired = queue?.byState.unpaired ?? 0;
  if (unpaired > 0)
    row('Unpaired', `${unpaired}; let their senders in, or keep them out: kapso-whatsapp-cli access list`);
  if (outbox) row('Outbox', describeOutbox(outbox, now));
  const lost = outbox?.byState.failed ?? 0;
  if (lost > 0) row('Failed answers', `${lost}; see why with kapso-whatsapp-cli outbox list --state failed`);
  const limited = (poller?.limited ?? []) as NonNullable<Status['limited']>;
  if (limited.length > 0) {
    const named = limited.slice(-3).map(({ contact, since }) => `${contact} (for ${span(Math.max(0, now - since))})`);
    const more = limited.length > named.length ? ` and ${limited.length - named.length} more` : '';
    row('Limited', `${named.join(', ')}${more}: written more than access.limits allows`);
  }
  const muted = (poller?.muted ?? []) as NonNullable<Status['muted']>;
  for (const { contact, until } of muted) {
    row('Muted', `${contact}, ${until === null ? 'until !unmute' : `until ${iso(until)}`}: what comes waits`);
  }
  row('Last message', ago(poller?.lastMessageAt as number | null | undefined));
  row('Last delivery', ago(poller?.lastDeliveredAt as number | null | undefined));
  if (lastError) row('Last error', `${ago(lastError.at)}: ${lastError.message}`);
  for (const problem of problems) row('Problem', problem);
  for (const warning of warnings) rows.push(['Warning', warning]);
  return columns(rows);
}

/** Returns ` (403: 2, 404: 1)`, or ''. */
function refusalsOf(refusals: Record<string, number> | undefined): string {
  const counts = Object.entries(refusals ?? {}).map(([status, count]) => `${status}: ${count}`);
  return counts.length > 0 ? ` (${counts.join(', ')})` : '';
}

/** States that only some set-ups know. */
const rare: ReadonlySet<EntryState> = new Set(['unpaired', 'denied', 'limited']);

function describeQueue({ byState, oldestUndelivered }: Counts, ago: (at: number) => string): string {
  const shown = entryStates.filter(state => byState[state] > 0 || !rare.has(state));
  const numbers = shown.map(state => `${byState[state]} ${state}`).join(', ');
  return oldestUndelivered === null ? numbers : `${numbers}; the oldest not handled came ${ago(oldestUndelivered)}`;
}

function describeOutbox({ byState, oldestWaiting }: OutboxCounts, now: number): string {
  const numbers = outgoingStates.map(state => `${byState[state]} ${state}`).join(', ');
  return oldestWaiting === null
    ? numbers
    : `${numbers}; the oldest waits for ${span(Math.max(0, now - oldestWaiting))}`;
}
