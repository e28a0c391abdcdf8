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
import { openStore } from '../store/open.ts';
import { type Counts, type Entry, entryStates } from '../store/store.ts';
import { FileError } from '../text-file.ts';
import { stateDirFor } from './arguments.ts';
import type { CliContext, CommandArguments } from './command.ts';
import { columns, span, toJson } from './format.ts';
import { timesOf, viewOf } from './inbox-view.ts';
import { refsOf } from './refs.ts';
import type { Terminal } from './terminal.ts';

/** The status as any version of the poller may have written it. */
type Known = { readonly [K in keyof Status]?: Partial<NonNullable<Status[K]>> | Status[K] | null };

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
  const { counts, failing } = await readInbox(dir, clock);
  const problems = running
    ? [...silence(poller, clock.now()), ...problemsOf(poller), ...failingProblems(failing, clock.now())]
    : [poller || counts ? 'the poller does not run' : neverRan];
  return {
    running,
    healthy: problems.length === 0,
    problems,
    warnings: [onNetwork(dir)].filter(warning => warning !== null),
    stateDir: dir,
    poller,
    queue: counts,
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

/** A message that failed this often is a problem. At most this many are named. */
const failingProblem = { attempts: 2, named: 3 };

async function readInbox(dir: string, clock: Clock): Promise<{ counts: Counts | null; failing: Entry[] }> {
  try {
    const store = await openStore({ dir, clock, readOnly: true });
    try {
      const { attempts, named } = failingProblem;
      return { counts: await store.counts(), failing: await store.failing({ attempts, limit: named + 1 }) };
    } finally {
      await store.close();
    }
  } catch (error) {
    if (error instanceof StateError && error.code === 'STORE_MISSING') return { counts: null, failing: [] };
    throw error;
  }
}

/** Returns a sentence for each message that keeps failing. Its conversation may wait behind it. */
function failingProblems(failing: readonly Entry[], now: number): string[] {
  const named = failing.slice(0, failingProblem.named);
  const refs = refsOf(named.map(({ id }) => id));
  const problems = named.map(entry => {
    const { from, reason, retryAt } = viewOf(entry, { ref: refs.get(entry.id) ?? entry.id, full: false });
    const first = entry.firstAttemptAt ?? now;
    const since = `since ${new Date(first).toISOString()} (${span(Math.max(0, now - first))} ago)`;
    const again = retryAt === null ? '' : `; it is tried again at ${retryAt}`;
    const which = `a message of ${from ?? 'an unknown sender'} (${refs.get(entry.id)})`;
    return `${which} has failed ${timesOf(entry.attempts)} ${since}: ${reason ?? 'it is being tried again'}${again}`;
  });
  return failing.length > named.length
    ? [...problems, 'more messages fail; see kapso-whatsapp-cli inbox list']
    : problems;
}

/** How long a poll may be overdue before its silence is a problem, milliseconds. */
const overdueAfter = 30_000;

/** Returns a sentence when the poller should have written its status since: the disk may be full, and it hides that. */
function silence(poller: Known | null, now: number): string[] {
  const overdue = now - (poller?.polling?.nextAt ?? now);
  if (overdue < overdueAfter) return [];
  const since = `the poller was to poll ${span(overdue)} ago, and has written no status since`;
  return [`${since}: its disk may be full, or it hangs; see its log`];
}

function problemsOf(poller: Known | null): string[] {
  if (!poller) return ['the poller has written no status'];
  const { polling, webhook, tunnel, gateway, registration, clock, delivery } = poller;
  const problems: string[] = [];
  if (gateway && gateway.phase !== 'connected') {
    const why = [gateway.reason, gateway.hint].filter(Boolean).join('; ');
    problems.push(`the gateway is ${gateway.phase ?? 'in an unknown state'}${why ? `: ${why}` : ''}`);
  }
  if (typeof clock?.ahead === 'number') {
    const way = clock.ahead > 0 ? 'ahead of' : 'behind';
    problems.push(
      `this machine's clock is ${span(Math.abs(clock.ahead))} ${way} Kapso's: set it (timedatectl set-ntp true)`,
    );
  }
  if (delivery?.reason) {
    problems.push(`the gateway takes no messages: ${[delivery.reason, delivery.hint].filter(Boolean).join('; ')}`);
  }
  if (polling?.lastError) problems.push(`polling fails: ${polling.lastError}`);
  if (webhook?.lastError) problems.push(`the webhook server fails: ${webhook.lastError}`);
  if (tunnel?.reason) problems.push(`the tunnel fails: ${[tunnel.reason, tunnel.hint].filter(Boolean).join('; ')}`);
  if (registration?.reason) {
    const why = [registration.reason, registration.hint].filter(Boolean).join('; ');
    problems.push(`the webhook is not registered: ${why}`);
  }
  return problems.map(maskNumbers);
}

function describe({ running, problems, warnings, stateDir, poller, queue }: Report, now: number): string {
  const ago = (at: number | null | undefined) => (at ? `${span(Math.max(0, now - at))} ago` : 'never');
  const rows: string[][] = [];
  const row = (name: string, text: string) => rows.push([name, maskNumbers(text)]);
  const { polling, webhook, tunnel, registration, gateway, lastError } = poller ?? {};

  rows.push(['State directory', stateDir]);
  if (running && poller?.startedAt) {
    const { version = '', pid, startedAt, mode = 'unknown' } = poller as Partial<Status>;
    rows.push(['Poller', `runs for ${span(now - (startedAt ?? now))} (version ${version}, pid ${pid}, mode ${mode})`]);
  } else row('Poller', running ? 'runs' : `does not run; last sign of life ${ago(poller?.updatedAt as number)}`);
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

function describeQueue({ byState, oldestUndelivered }: Counts, ago: (at: number) => string): string {
  const numbers = entryStates.map(state => `${byState[state]} ${state}`).join(', ');
  return oldestUndelivered === null ? numbers : `${numbers}; the oldest not handled came ${ago(oldestUndelivered)}`;
}
