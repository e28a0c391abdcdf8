/** How the status is printed. */

import { maskNumbers } from '../mask.ts';
import { numbersOf } from '../observe/account-status.ts';
import type { DatabaseStatus, PollingStatus, Status } from '../observe/status.ts';
import type { Known } from '../problems/assess.ts';
import { span } from '../span.ts';
import { type EntryState, entryStates } from '../store/new-entry.ts';
import { outgoingStates } from '../store/outbox.ts';
import type { Counts } from '../store/store.ts';
import type { OutboxCounts, Report } from '../views/report.ts';
import { iso } from '../views/times.ts';
import { columns } from './format.ts';

/** The status, a line for each thing that is known. `now`: milliseconds since the epoch. */
export function statusText(
  { running, problems, warnings, stateDir, poller, queue, outbox, instances }: Report,
  now: number,
): string {
  const ago = (at: number | null | undefined) => (at ? `${span(Math.max(0, now - at))} ago` : 'never');
  /** What a poller that does not run has said last is not so any more. */
  const was = running ? '' : 'was ';
  const rows: string[][] = [];
  const row = (name: string, text: string) => rows.push([name, maskNumbers(text)]);
  const { webhook, tunnel, gateway } = poller ?? {};
  const numbers = numbersOf(poller ?? {}).map(({ account, of }) => numberRows(of, { account, running, now, ago }));
  const add = (part: keyof NumberRows) => rows.push(...numbers.flatMap(number => number[part]));

  rows.push(['State directory', stateDir]);
  if (running && poller?.startedAt) {
    const { version = '', pid, startedAt, mode = 'unknown' } = poller as Partial<Status>;
    rows.push(['Poller', `runs for ${span(now - (startedAt ?? now))} (version ${version}, pid ${pid}, mode ${mode})`]);
  } else row('Poller', running ? 'runs' : `does not run; last sign of life ${ago(poller?.updatedAt as number)}`);
  const { database } = poller ?? {};
  if (running && database?.name) row('Database', databaseText(database, now));
  rows.push(...instanceRows(instances, { here: poller?.roles?.owner, ago }));
  for (const { role, since, reason } of (running && poller?.roles?.givenUp) || []) {
    rows.push(['Given up', `${role}, ${ago(since)}, to others: ${maskNumbers(reason)}`]);
  }
  add('ways');
  if (webhook) {
    const signature = webhook.signature ? 'signed' : 'signatures not required';
    const counts = `${webhook.accepted ?? 0} accepted, ${webhook.rejected ?? 0} rejected${refusalsOf(webhook.refusals)}`;
    row('Webhook', `${running ? '' : 'was at '}${webhook.address}, ${signature}, ${counts}`);
    if (webhook.otherNumber) {
      const known = numbers.length > 1 ? 'those in accounts' : 'kapso.phoneNumberId';
      row('Not kept', `${webhook.otherNumber} for another phone number id than ${known}`);
    }
    if (webhook.failedSends) {
      row('Not delivered', `${webhook.failedSends} that were sent: WhatsApp could not deliver them; the log says why`);
    }
    if (webhook.publicUrl) row('Public address', webhook.publicUrl);
  }
  add('registration');
  if (tunnel) row('Tunnel', was + [tunnel.phase, tunnel.url].filter(Boolean).join(', '));
  if (gateway) {
    const since = running ? ` for ${span(Math.max(0, now - (gateway.since ?? now)))}` : '';
    row('Gateway', `${was}${gateway.phase}${since}, ${gateway.url}`);
  }
  row('Queue', queue ? describeQueue(queue, ago) : 'no inbox yet');
  const failed = queue?.byState.failed ?? 0;
  if (failed > 0) row('Failed', `${failed}; see why with kapso-whatsapp-cli inbox list --state failed`);
  const unpaired = queue?.byState.unpaired ?? 0;
  if (unpaired > 0)
    row('Unpaired', `${unpaired}; let their senders in, or keep them out: kapso-whatsapp-cli access list`);
  if (outbox) row('Outbox', describeOutbox(outbox, now));
  const lost = outbox?.byState.failed ?? 0;
  if (lost > 0) row('Failed answers', `${lost}; see why with kapso-whatsapp-cli outbox list --state failed`);
  add('contacts');
  if (running && poller?.alerts) {
    const { ways = [], open = [] } = poller.alerts;
    row('Alerts', `by ${ways.join(' and ')}; ${open.length} given and not over`);
  }
  add('last');
  for (const problem of problems) row('Problem', problem);
  for (const warning of warnings) rows.push(['Warning', warning]);
  return columns(rows);
}

function databaseText({ name, server, error, since }: Partial<DatabaseStatus>, now: number): string {
  return error ? `${name}: away for ${span(Math.max(0, now - (since ?? now)))}` : `${name}, ${server}`;
}

/** `here`: the name of the process of this state directory. Numbers of accounts stand in the rows whole. */
function instanceRows(
  instances: Report['instances'],
  { here, ago }: { here: string | undefined; ago: (at: number) => string },
): string[][] {
  if (instances === null) return [];
  const alive = instances.seen.filter(one => one.alive);
  const rows = [['Instances', alive.length === 0 ? 'none is seen: nobody works on the inbox' : `${alive.length} seen`]];
  for (const { name, alive: isThere, renewedAt, roles } of instances.seen) {
    const who = name === here ? `${name}, this one` : name;
    const does = roles.length === 0 ? 'no role' : roles.join(', ');
    rows.push([
      'Instance',
      isThere
        ? `${who}, seen ${ago(renewedAt)}: ${does}`
        : `${who}, last seen ${ago(renewedAt)}: it ended without a word`,
    ]);
  }
  if (instances.free.length > 0) rows.push(['Free roles', `${instances.free.join(', ')}: nobody does that at present`]);
  return rows;
}

/** What is said of one number, by the places where it stands. */
type NumberRows = Record<'ways' | 'registration' | 'contacts' | 'last', string[][]>;

function numberRows(
  of: ReturnType<typeof numbersOf<Known>>[number]['of'],
  {
    account,
    running,
    now,
    ago,
  }: {
    account: string | null;
    running: boolean;
    now: number;
    ago: (at: number | null | undefined) => string;
  },
): NumberRows {
  const row = (name: string, text: string) => [account === null ? name : `${name} of ${account}`, maskNumbers(text)];
  const { access, polling, registration, lastError } = of;
  const limited = (of.limited ?? []) as NonNullable<Status['limited']>;
  const named = limited.slice(-3).map(({ contact, since }) => `${contact} (for ${span(Math.max(0, now - since))})`);
  const more = limited.length > named.length ? ` and ${limited.length - named.length} more` : '';
  const muted = (of.muted ?? []) as NonNullable<Status['muted']>;
  return {
    ways: [
      ...(running && access?.policy ? [row('Access', access.policy)] : []),
      ...(polling ? [row(...pollingText(polling, { running, ago }))] : []),
    ],
    registration: registration?.webhook
      ? [[...row('Registration', '').slice(0, 1), `${registration.webhook}, checked ${ago(registration.checkedAt)}`]]
      : [],
    contacts: [
      ...(limited.length > 0
        ? [row('Limited', `${named.join(', ')}${more}: written more than access.limits allows`)]
        : []),
      ...muted.map(({ contact, until }) =>
        row('Muted', `${contact}, ${until === null ? 'until !unmute' : `until ${iso(until)}`}: what comes waits`),
      ),
    ],
    last: [
      row('Last message', ago(of.lastMessageAt as number | null | undefined)),
      row('Last handled', ago(of.lastDeliveredAt as number | null | undefined)),
      ...(lastError ? [row('Last error', `${ago(lastError.at)}: ${lastError.message}`)] : []),
    ],
  };
}

/** Where messages come by webhook and nothing is polled beside it, the only passes are those of the catch-up at the start. */
function pollingText(
  { interval, lastSuccess, catchUp }: Partial<PollingStatus>,
  { running, ago }: { running: boolean; ago: (at: number | null | undefined) => string },
): [string, string] {
  const success = `last success ${ago(lastSuccess)}`;
  if (catchUp) return ['Catch-up', `${running ? 'of what came before the start' : 'was not complete'}, ${success}`];
  return ['Polling', `${running ? '' : 'was '}every ${interval} s, ${success}`];
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
