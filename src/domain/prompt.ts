import { asLabel, isVisible } from '../narrow.ts';
import { type Attached, attachedLines, withoutLink } from './attached.ts';
import { type InboundMessage, replyAddress } from './message.ts';
import type { Reference } from './reference.ts';

/** What is sent to the agent with a message. */
export interface Companions {
  /** Earlier messages of the conversation that started no run, the oldest first. */
  context: readonly InboundMessage[];
  /** How many further ones there were. */
  omitted: number;
  /** The message's age in milliseconds when it is sent. A message older than an hour says so. */
  age: number;
  /** The messages that its sender wrote right after it, in order, with their ages: they are one turn with it. */
  following?: readonly { message: InboundMessage; age: number }[];
  /** The earlier messages that those of the turn speak of. */
  references?: readonly Reference[];
  /** What became of the media of messages, by their ids. */
  attached?: ReadonlyMap<string, Attached>;
  /** Returns the role that the operator gave the writer of a message; null, like without the function, for none. */
  roleOf?: (message: InboundMessage) => string | null;
}

/** Characters to show of a notice. WhatsApp's own notices are one line. */
const noticeLength = 500;
/** Characters to show of what somebody wrote in a group before the message. */
const remarkLength = 4096;

/**
 * Returns what the agent is given for one WhatsApp message, or for several of one sender in a row.
 *
 * The text of the message is a stranger's. Three things keep it data. The gateway's `agent` method runs no commands
 * found in it. The first line is ours, so no command can start the message. Every line of the sender's text begins with
 * `> `, so no line of it can pass for the header, for a system note or for another person's words. Earlier notices are
 * quoted in the same way, under lines of ours, and so is what the messages speak of, and what was read in their files.
 * What others wrote in a group stands below such a header each.
 */
export function agentMessage(message: InboundMessage, companions: Companions = alone): string {
  const following = (companions.following ?? []).map(
    one => `${header(one.message, one.age, companions)}\n\n${wholeMessage(one.message, companions)}`,
  );
  return [firstBlock(message, companions), ...following].join('\n\n');
}

function header(message: InboundMessage, age: number, { roleOf }: Companions): string {
  const { groupId, id, sender, timestamp } = message;
  const where = groupId === undefined ? 'on WhatsApp' : `on WhatsApp in the group ${groupName(groupId)}`;
  const role = roleOf?.(message) ?? null;
  const who = role === null ? replyAddress(sender) : `${replyAddress(sender)}, role ${role}`;
  return `From: ${displayName(sender.name)} (${who}) ${where} at ${iso(timestamp)}${ago(age)}, id ${asWord(id)}`;
}

/** Returns a group's id as one harmless word. It is as Kapso gives it, and no member can choose it. */
export function groupName(groupId: string): string {
  return asWord(groupId).slice(0, 128);
}

function asWord(id: string): string {
  return id.replace(/[^\w.+/=@~-]/g, '?');
}

function firstBlock(message: InboundMessage, companions: Companions): string {
  const { context, omitted, age, references = [] } = companions;
  const first = header(message, age, companions);
  const text = wholeMessage(message, companions);
  if (context.length === 0 && references.length === 0) return `${first}\n\n${text}`;
  const notices = context.map(notice => earlier(notice, companions));
  const left = omitted > 0 ? [`(${omitted} earlier ones are left out)`] : [];
  const noted = notices.length > 0 ? [[notedBefore, ...left, ...notices].join('\n')] : [];
  const quoted = references.map(one => referredTo(one, message.groupId !== undefined));
  return [first, ...noted, ...quoted, `${theMessage}\n${text}`].join('\n\n');
}

/** What a message says, and what became of its medium. */
function wholeMessage(message: InboundMessage, { attached }: Companions): string {
  const medium = attached?.get(message.id);
  if (medium === undefined) return shown(message, message.text);
  const text = shown(message, medium.kind === 'file' ? withoutLink(message) : message.text);
  return `${text}\n\n${attachedLines(medium, imagesIn(attached), quote)}`;
}

function imagesIn(attached: Companions['attached']): number {
  return [...(attached?.values() ?? [])].filter(one => one.kind === 'file' && one.image !== undefined).length;
}

/** A line of the bridge, which nobody else can write, and what the earlier message said. */
function referredTo({ id, by, at, words, changed }: Reference, inGroup: boolean): string {
  const person = by === 'us' || !inGroup ? 'the sender' : `${displayName(by.name)} (${replyAddress(by)})`;
  const who = by === 'us' ? 'sent by you' : `written by ${person}`;
  const when = at === null ? '' : ` at ${iso(at)}`;
  return `Message ${asWord(id)}, ${who}${when}, ${changed ? 'said before' : 'says'}:\n${quote(words)}`;
}

/** In a group each has its writer; elsewhere all are of the sender of the message. */
function earlier(notice: InboundMessage, companions: Companions): string {
  if (notice.groupId !== undefined && notice.notice !== 'answer-failed') {
    const medium = companions.attached?.get(notice.id);
    const text = quote(shortened(medium?.kind === 'file' ? withoutLink(notice) : notice.text, remarkLength));
    const file = medium ? [attachedLines(medium, imagesIn(companions.attached), quote)] : [];
    return [header(notice, 0, companions), text, ...file].join('\n');
  }
  return shown(notice, `${iso(notice.timestamp)} ${shortened(notice.text, noticeLength)}`);
}

/** Quotes the words of others. The bridge's own notice is one line without a mark, which nobody else can write. */
function shown({ notice }: InboundMessage, text: string): string {
  return notice === 'answer-failed' ? (asLabel(text, noticeLength) ?? '') : quote(text);
}

const alone: Companions = { context: [], omitted: 0, age: 0 };
export const notedBefore = 'Noted before this message:';
export const theMessage = 'The message:';

function iso(at: number): string {
  return new Date(at).toISOString().replace(/\.\d{3}Z$/, 'Z');
}

const hour = 3_600_000;

/** Returns `, 6 days ago` for an age over an hour, else ''. */
function ago(age: number): string {
  if (age <= hour) return '';
  const [count, unit] = age < 24 * hour ? [Math.floor(age / hour), 'hour'] : [Math.floor(age / (24 * hour)), 'day'];
  return `, ${count} ${unit}${count === 1 ? '' : 's'} ago`;
}

function shortened(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`.toWellFormed();
}

/**
 * What is no part of a name, or could make a name look like more of the header: brackets of every script, their pieces
 * and what looks like them, invisible characters, and the separators of our header line with what looks like a colon.
 * Two of those are signs of Indian scripts, and stay after a letter of their own.
 */
const notInName = new RegExp(
  [
    '[\\p{C}\\p{Zl}\\p{Zp}\\p{Ps}\\p{Pe}\\p{Default_Ignorable_Code_Point}\\u2800',
    '\\u239b-\\u23ad\\u23b0\\u23b1\\u23b4-\\u23b6\\u23dc-\\u23e1\\u{1d114}<>"`\\\\',
    ':\\u02d0\\u02f8\\u0589\\u05c3\\u0703\\u0704\\u16ec\\u1803\\u1809\\u205a\\u2236\\u2982\\ua4fd\\ua789]',
    '|(?<!\\p{Script=Devanagari})\\u0903|(?<!\\p{Script=Gujarati})\\u0a83',
  ].join(''),
  'gu',
);

/** Characters of a name to look at, and to show. */
const longestName = { read: 1024, shown: 64 };

/** Returns the sender's chosen name as one harmless group of words. Never empty. */
function displayName(name: string | null): string {
  const begin = (name ?? '').slice(0, longestName.read).toWellFormed();
  const clean = begin.normalize('NFKC').replace(notInName, ' ').replace(/\s+/gu, ' ').trim();
  const shown = Array.from(clean).slice(0, longestName.shown).join('').trim();
  return isVisible(shown) ? shown : 'WhatsApp user';
}

/** Prefixes every line. A line ends at every character that some reader takes for a line break. */
function quote(text: string): string {
  return text
    .replace(/\r\n|[\r\v\f\u001c-\u001e\u0085\u2028\u2029]/gu, '\n')
    .replace(/[\u0000-\u0008\u000e-\u001f\u007f-\u009f]/gu, '')
    .replace(/<{3,}|>{3,}/gu, apart)
    .replace(/\[{2,}/gu, (run, at: number, whole: string) =>
      whole.startsWith('OPENCLAW', at + run.length) ? apart(run) : run,
    )
    .split('\n')
    .map(line => `> ${line}`)
    .join('\n');
}

/** A marker of the gateway that is taken apart is none any more. */
function apart(run: string): string {
  return Array.from(run).join('\u2060');
}
