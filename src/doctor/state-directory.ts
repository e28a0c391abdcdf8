import { accessSync, constants, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { onNetwork, writableByOthers } from '../state/directory.ts';
import { StateError } from '../state/errors.ts';
import { stateFiles } from '../state/files.ts';
import { isLocked } from '../state/lock.ts';
import { readStatusFile } from '../state/status-file.ts';
import { openStore } from '../store/open.ts';
import { checkInbox } from '../store/sqlite/check.ts';
import { version } from '../version.ts';
import type { Report } from './finding.ts';

/** Bytes. Below the first nothing is sure to be kept any more; below the second somebody should know. */
const space = { least: 100e6, low: 1e9 };
/** Bytes of an inbox up to which it is read as a whole. */
const checkedUpTo = 2e9;

/** Looks at the directory, its file system, the inbox in it, and whether a poller works there. */
export async function checkStateDirectory(dir: string, report: Report, clock: Clock): Promise<void> {
  if (!checkPlace(dir, report)) return;
  checkSpace(dir, report);
  const running = isLocked(dir);
  const status = running ? readStatusFile(dir) : null;
  if (!running)
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
  await checkKept(dir, report, clock);
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
  for (const finding of unsafe) {
    const [says = finding, todo = 'Put it on a local disk'] = finding.split(/; (?=run: |put it )/);
    report.fail(says, todo);
  }
  if ((stats.mode & 0o077) !== 0 && (stats.mode & 0o022) === 0) {
    report.warn(`other users can read ${dir}, and so customers' messages`, `Run: chmod 700 ${dir}`);
  }
  if (unsafe.length === 0) report.ok(`the state directory is ${dir}`);
  return true;
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

async function checkKept(dir: string, report: Report, clock: Clock): Promise<void> {
  const inbox = join(dir, stateFiles.inbox);
  try {
    const store = await openStore({ dir, clock, readOnly: true });
    try {
      const { byState } = await store.counts();
      const answers = await store.outbox.counts();
      const waiting = byState.pending + byState.sending;
      report.ok(`the inbox holds ${waiting} messages that wait, and ${byState.settled} that are done`);
      if (byState.failed > 0) {
        report.warn(
          `${byState.failed} messages were given up`,
          'See kapso-whatsapp-cli inbox list --state failed, then inbox retry or drop',
        );
      }
      if (answers.failed > 0) {
        report.warn(
          `${answers.failed} answers were given up`,
          'See kapso-whatsapp-cli outbox list --state failed, then outbox retry or drop',
        );
      }
      if (byState.unpaired > 0) {
        report.warn(
          `${byState.unpaired} messages wait for the approval of their senders`,
          'See kapso-whatsapp-cli access list',
        );
      }
    } finally {
      await store.close();
    }
  } catch (error) {
    if (error instanceof StateError && error.code === 'STORE_MISSING') {
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
