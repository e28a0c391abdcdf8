import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import type { AccountConfig, ConfiguredAccount } from '../config/load.ts';
import { counted } from '../counted.ts';
import { isOurs } from '../errors.ts';
import type { GatewayStatus } from '../observe/status.ts';
import { onNetwork, readableByOthers, writableByOthers } from '../state/directory.ts';
import { stateFiles } from '../state/files.ts';
import { isLocked } from '../state/lock.ts';
import { readStatusFile } from '../state/status-file.ts';
import { openStore } from '../store/open.ts';
import { checkInbox } from '../store/sqlite/check.ts';
import { version } from '../version.ts';
import type { Report } from './finding.ts';
import { reportKept } from './kept.ts';

/** Bytes. Below the first nothing is sure to be kept any more; below the second somebody should know. */
const space = { least: 100e6, low: 1e9 };
/** Bytes of an inbox up to which it is read as a whole. */
const checkedUpTo = 2e9;

export interface StateDirectoryOptions {
  clock: Clock;
  isSetup: boolean;
  hasInbox: boolean;
  /** The numbers that are configured. */
  accounts: readonly ConfiguredAccount<AccountConfig>[];
}

/** Looks at the directory, its file system, the inbox where that is in it, and whether a poller works there. */
export async function checkStateDirectory(
  dir: string,
  report: Report,
  { clock, isSetup, hasInbox, accounts }: StateDirectoryOptions,
): Promise<void> {
  if (isSetup && !existsSync(dir)) return report.ok(`${dir} is made by the first start of the poller`);
  if (!checkPlace(dir, report)) return;
  checkSpace(dir, report);
  const running = isLocked(dir);
  const status = running ? readStatusFile(dir) : null;
  if (!running && isSetup) report.ok(`no poller works in ${dir} yet`);
  else if (!running)
    report.warn(
      `no poller works in ${dir}`,
      'Start it: systemctl start kapso-whatsapp-poller, or kapso-whatsapp-poller',
    );
  else if (status !== null && status.version !== version) {
    report.warn(
      `the poller that runs is version ${status.version}, this program is ${version}`,
      'Restart the poller: systemctl restart kapso-whatsapp-poller',
    );
  } else
    report.ok(
      `a poller works in ${dir}${status === null ? '' : ` (process ${status.pid}, version ${status.version})`}`,
    );
  if (status?.gateway?.phase === 'blocked') tellOfBlocked(status.gateway, report);
  if (hasInbox) await checkKept(dir, accounts, report, clock);
  else await checkUnused(dir, report, clock);
}

/** The gateway is looked at with the present settings; the poller has those of its start. */
function tellOfBlocked({ reason }: Partial<GatewayStatus>, report: Report): void {
  const why = (reason ?? 'it does not say why').replace(/\.$/, '');
  const todo = 'When that is put right, restart the poller: systemctl restart kapso-whatsapp-poller';
  report.warn(`the gateway refuses the poller that runs: ${why}`, todo);
}

/** Returns whether there is anything more to look at. */
function checkPlace(dir: string, report: Report): boolean {
  const stats = statSync(dir, { throwIfNoEntry: false });
  if (stats === undefined) {
    report.warn(
      `there is no state directory ${dir} yet`,
      'The first start of the poller makes it. Where one has run, name its directory with --state-dir',
    );
    return false;
  }
  if (!stats.isDirectory()) {
    report.fail(
      `${dir} is no directory`,
      'Move that file away, or choose another state.dir (KAPSO_STATE_DIR)',
      'STORE_IO',
    );
    return false;
  }
  try {
    accessSync(dir, constants.R_OK | constants.X_OK);
  } catch {
    const owner = `the user with the number ${stats.uid}`;
    report.fail(
      `this user may not read ${dir}, which is of ${owner}`,
      'Run this as that user, for example with sudo -u',
      'STORE_IO',
    );
    return false;
  }
  const unsafe = [writableByOthers(dir), onNetwork(dir)].filter(finding => finding !== null);
  for (const finding of unsafe) report.fail(...parted(finding));
  const readable = readableByOthers(dir);
  if (readable !== null) report.warn(...parted(readable));
  if (unsafe.length === 0) report.ok(`the state directory is ${dir}`);
  return true;
}

/** Parts a finding about the directory into what is so and what to do. */
function parted(finding: string): [says: string, todo: string] {
  const [says = finding, todo = 'Put it on a local disk'] = finding.split(/; (?=run: |put it )/);
  return [says, todo];
}

function checkSpace(dir: string, report: Report): void {
  const { bavail, bsize, files, ffree } = statfsSync(dir);
  const free = bavail * bsize;
  const shown = `${free >= 1e9 ? `${(free / 1e9).toFixed(1)} GB` : `${Math.round(free / 1e6)} MB`} are free on its disk`;
  const todo = 'Make space: a full disk stops the intake, and Kapso delivers again only for some minutes';
  if (free < space.least) report.fail(shown, todo, 'STORE_FULL');
  else if (free < space.low) report.warn(shown, todo);
  else if (files > 0 && ffree === 0) report.fail('its disk has no file entries (inodes) left', todo, 'STORE_FULL');
  else report.ok(shown);
}

/** Finds an inbox that was left in the directory when another one came into a database. */
async function checkUnused(dir: string, report: Report, clock: Clock): Promise<void> {
  try {
    const store = await openStore({ dir, clock, readOnly: true });
    const { byState } = await store.counts().finally(() => store.close());
    const waiting = byState.pending + byState.sending;
    report.warn(
      `${join(dir, stateFiles.inbox)} is not used, since state.database is set, and has ` +
        `${counted(waiting, 'message that waits', 'messages that wait')}`,
      'Stop the poller and move it: kapso-whatsapp-cli state migrate --to postgresql. If it is of no use, move that file away',
    );
  } catch (error) {
    // There is none, it was moved, or it is of no use.
    if (!isOurs(error)) throw error;
  }
}

async function checkKept(
  dir: string,
  accounts: StateDirectoryOptions['accounts'],
  report: Report,
  clock: Clock,
): Promise<void> {
  const inbox = join(dir, stateFiles.inbox);
  try {
    const store = await openStore({ dir, clock, readOnly: true });
    try {
      await reportKept(store, accounts, report);
    } finally {
      await store.close();
    }
  } catch (error) {
    if (isOurs(error) && error.code === 'STORE_MISSING') {
      return report.ok('there is no inbox yet: the first start of the poller makes it');
    }
    return report.error(error, `Look at ${inbox}`);
  }
  if ((statSync(inbox, { throwIfNoEntry: false })?.size ?? 0) > checkedUpTo) {
    return report.ok(
      'the inbox is too large to be read as a whole here: sqlite3 inbox.sqlite "PRAGMA quick_check" does it',
    );
  }
  const finding = checkInbox(dir);
  if (finding === null) report.ok('the inbox is sound (SQLite, quick_check)');
  else
    report.fail(
      `the inbox ${inbox} is damaged: ${finding}`,
      'Stop the poller and see docs/guides/upgrade-and-backup.md',
      'STORE_DAMAGED',
    );
}
