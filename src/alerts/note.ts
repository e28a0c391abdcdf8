/** What is told of a problem, in the forms in which it is told. Everything here is pure. */
import type { AlertWay } from '../observe/status.ts';
import { blankControls } from '../printable.ts';
import type { Incident, Told } from '../problems/incidents.ts';
import { keyOf, problemKinds, todoOf } from '../problems/table.ts';
import { span } from '../span.ts';

/** An alert, or the note that it is over. Times are milliseconds since the epoch. */
export interface Note {
  state: 'problem' | 'over';
  code: string;
  /** Which of several numbers it is about, as people call it. */
  account?: string;
  /** Which of several processes it is about. Absent where there is one, and for what concerns all. */
  instance?: string;
  /** A sentence without its full stop. */
  says: string;
  /** What to do; null when it is over. */
  todo: string | null;
  guide: string;
  count: number;
  since: number;
  at: number;
}

/** A note that one way has yet to give. */
export interface Pending {
  /** The same for the same note and way, over restarts. */
  id: string;
  way: AlertWay;
  note: Note;
  /** How often it was begun. */
  tries: number;
}

/** Characters of what comes from others, such as the reason of a refusal. */
const longest = 500;

/** `instance`: the process, one of several, that it is about; null otherwise. */
export function noteOf({ state, incident }: Told, now: number, instance: string | null = null): Note {
  const { code, account, count, since } = incident;
  const clean = (text: string) => shorten(blankControls(text).replace(/\.$/, ''));
  const over = state === 'over';
  const ofAccount = account === undefined ? '' : `${account}: `;
  return {
    state,
    code,
    ...(account !== undefined && { account }),
    ...(instance !== null && { instance }),
    says: over
      ? `${ofAccount}${problemKinds[code].over}, after ${span(Math.max(0, now - since))}`
      : clean(incident.says),
    todo: over ? null : clean(todoOf(incident)),
    guide: problemKinds[code].guide,
    count,
    since,
    at: now,
  };
}

/** A storm that is told again, and the end of a problem, are notes of their own. */
export function pendingOf(note: Note, { newsAt }: Incident, way: AlertWay): Pending {
  // Two processes may find the same at the same moment.
  const where = note.instance === undefined ? '' : `:${note.instance}`;
  return { id: `alert:${keyOf(note)}:${newsAt}:${note.state}${where}`, way, note, tries: 0 };
}

/** What a program reads. `v` is raised when a field changes its meaning. */
export function toJson(note: Note, from: { version: string; number: string }): string {
  const { state, code, account, instance, says, todo, guide, count } = note;
  const of = { code, ...(account !== undefined && { account }), ...(instance !== undefined && { instance }) };
  const times = { since: iso(note.since), at: iso(note.at) };
  return `${JSON.stringify({ v: 1, program: 'kapso-whatsapp', ...from, state, ...of, says, todo, guide, count, ...times })}\n`;
}

/** What a program has in its environment. */
export function toVariables({ state, code, instance, since, count }: Note): Record<string, string> {
  const where: Record<string, string> = instance === undefined ? {} : { ALERT_INSTANCE: instance };
  return { ALERT_STATE: state, ALERT_CODE: code, ...where, ALERT_SINCE: iso(since), ALERT_COUNT: String(count) };
}

/** What a person reads on the telephone. */
export function toText({ state, instance, says, todo, since }: Note): string {
  const who = instance === undefined ? 'kapso-whatsapp' : `kapso-whatsapp on ${instance}`;
  if (state === 'over') return `${who}, over: ${says}.`;
  const when = iso(since).slice(0, 16).replace('T', ' ');
  return [`${who}, problem: ${says}.`, `Since ${when} UTC.`, `${todo}.`].join('\n');
}

function iso(at: number): string {
  return new Date(at).toISOString();
}

function shorten(text: string): string {
  return text.length <= longest ? text : `${text.slice(0, longest - 1)}…`.toWellFormed();
}
