import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { sleep, systemClock } from '../clock.ts';
import { UsageError } from '../errors.ts';
import { exitCode } from '../exit-codes.ts';
import { stateFiles } from '../state/files.ts';
import { isBusy, isLocked } from '../state/lock.ts';
import type { Footprint } from '../store/forgetting.ts';
import type { StorePlace } from '../store/open.ts';
import { accountOption } from './account-option.ts';
import { storePlaceFor, textOption } from './arguments.ts';
import type { CliContext, CommandArguments } from './command.ts';
import { contactOf } from './contact-of.ts';
import { forgetFiles, type PersonalFiles } from './forget-files.ts';
import { columns, toJson } from './format.ts';
import { type StoredCommand, withStore } from './stored.ts';
import { undisturbed } from './undisturbed.ts';

/**
 * Bytes of an inbox that is made anew while a poller runs. It takes half a second, and the poller, which waits for two,
 * cannot write meanwhile.
 */
const mostBesidePoller = 64 * 1024 * 1024;

/** `forget`: deletes a person's data everywhere it is in the state directory. */
export const forget: StoredCommand = async (args, terminal, context) => {
  const who = textOption(args, 'contact');
  if ((who === undefined) === (args.compact !== true)) throw new UsageError('give a contact, or --compact');
  const place = await storePlaceFor(args, context);
  const { dir } = place;
  if (who === undefined) {
    const compacted = await compact(args, context, place);
    terminal.out(args.json ? `${toJson({ compacted })}\n` : compacted ? 'The inbox was made anew.\n' : laterText);
    return compacted ? exitCode.ok : exitCode.tryAgain;
  }
  const found = await find(who, args, context);
  const report = (files: PersonalFiles, ended: Ended) =>
    terminal.out(
      args.json ? `${toJson(jsonOf(found, files, { ...ended, dir }))}\n` : textOf(found, files, { ...ended, place }),
    );
  if (args['dry-run'] === true) {
    report(await forgetFiles(dir, found, { remove: false }), { forgotten: false, compacted: false });
    return exitCode.ok;
  }
  if (args.yes !== true) {
    throw new UsageError('what is forgotten cannot be brought back', {
      hint: 'Add --yes to confirm; --dry-run shows what it is',
    });
  }
  const { account, contact } = found;
  let files: PersonalFiles = { media: 0, marks: 0, transcripts: 0 };
  // Files go first: without the rows nobody would find them after an interruption.
  const before = async (what: Footprint) => {
    files = await forgetFiles(dir, what, { remove: true });
  };
  const done = await undisturbed(args, context, { account, contacts: [contact] }, (store, alone) =>
    store.forgetting.forget(account, contact, { alone, before }),
  );
  if (!done.done) {
    if (done.why !== 'busy') throw new UsageError('another process has forgotten it at this moment');
    const why = 'a message is with the agent, or its answer is being sent; try again when that is over';
    terminal.out(args.json ? `${toJson({ forgotten: false, why })}\n` : `Not forgotten: ${why}.\n`);
    return exitCode.tryAgain;
  }
  const compacted = await compact(args, context, place);
  // A file of a message that waited may have come meanwhile.
  await forgetFiles(dir, done.found, { remove: true });
  report(files, { forgotten: true, compacted });
  return compacted ? exitCode.ok : exitCode.tryAgain;
};

async function find(who: string, args: CommandArguments, context: CliContext): Promise<Footprint> {
  const named = await accountOption(args, context);
  return withStore(args, context, true, async store => {
    const { account, contact } = contactOf(who, await store.contacts.list(named));
    const found = await store.forgetting.footprint(account, contact);
    if (found === null) throw new UsageError('nobody is known by this name');
    return found;
  });
}

/** Milliseconds to wait for those who read in the log, and between two attempts. */
const patience = { all: 5000, pause: 100 };

/** Makes the inbox anew where that holds up nobody, and empties its log. Returns whether nothing is left of what was deleted. */
async function compact(args: CommandArguments, context: CliContext, { dir, database }: StorePlace): Promise<boolean> {
  // A server uses the place of what was deleted again. Only --compact makes tables anew, which holds up all pollers.
  if (database !== undefined)
    return withStore(args, context, false, store => store.forgetting.compact(args.compact ? 'all' : 'log'));
  const isLarge = statSync(join(dir, stateFiles.inbox)).size > mostBesidePoller;
  const part = isLarge && isLocked(dir) ? 'log' : 'all';
  try {
    return await withStore(args, context, false, async store => {
      const until = systemClock.monotonic() + patience.all;
      for (let step: 'all' | 'log' = part; !(await store.forgetting.compact(step)); step = 'log') {
        if (systemClock.monotonic() >= until) return false;
        await sleep(systemClock, patience.pause, new AbortController().signal);
      }
      return part === 'all';
    });
  } catch (error) {
    if (isBusy(error)) return false;
    throw error;
  }
}

interface Ended {
  forgotten: boolean;
  compacted: boolean;
}

/** Directories of earlier restores: what is in them is not touched. */
function asideIn(dir: string): string[] {
  return readdirSync(dir).filter(name => name.startsWith('replaced-'));
}

function jsonOf(found: Footprint, files: PersonalFiles, { dir, ...ended }: Ended & { dir: string }): object {
  const { account, contact, identities, entries, outgoing, sessions, access, muted } = found;
  return {
    ...{ ...ended, account, contact, identities, entries: entries.length, outgoing: outgoing.length, ...files },
    ...{ access, muted, sessions, notTouched: asideIn(dir).map(name => join(dir, name)) },
  };
}

const laterText =
  'What was deleted before may have left copies in free parts of the inbox, which is too large to be made anew while the ' +
  'poller runs, or is in use: stop the poller and run kapso-whatsapp-cli forget --compact\n';

function textOf(found: Footprint, files: PersonalFiles, { place, ...ended }: Ended & { place: StorePlace }): string {
  const { dir, database } = place;
  const rows = [
    ['messages', String(found.entries.length)],
    ['answers', String(found.outgoing.length)],
    ['addresses', found.identities.join(', ')],
    ['files', String(files.media)],
    ['marks of sends', String(files.marks)],
    ...(files.transcripts > 0 ? [['transcripts', `${files.transcripts}, all that there are: they name nobody`]] : []),
    ...(found.access === null ? [] : [['access', found.access]]),
    ...(found.muted ? [['mute', 'of its conversation']] : []),
  ];
  const own = found.sessions.filter(({ shared }) => !shared).map(({ key }) => key);
  const shared = found.sessions.filter(one => one.shared).map(({ key }) => key);
  const left = [
    ...(own.length > 0 ? [`the gateway's record of its sessions: ${own.join(', ')}`] : []),
    ...(shared.length > 0 ? [`what it wrote in sessions that others share: ${shared.join(', ')}`] : []),
    ...asideIn(dir).map(name => `${join(dir, name)}, which a restore has left`),
    ...(database === undefined ? [] : ['free parts of the tables, until forget --compact, and the log of PostgreSQL']),
    'logs, backups and exports; what Kapso and WhatsApp keep',
  ];
  return (
    `${ended.forgotten ? 'Forgotten' : 'To be forgotten'}:\n${columns(rows)}` +
    `Out of reach:\n${left.map(one => `- ${one}\n`).join('')}` +
    (ended.forgotten && !ended.compacted ? laterText : '')
  );
}
