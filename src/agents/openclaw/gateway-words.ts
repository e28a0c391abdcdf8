import { trimEndOf } from '../../trim-end.ts';
import type { MediaReference } from '../agent.ts';

/**
 * An agent's words for its gateway, not for a reader (OpenClaw: silent replies, heartbeats, media, reply tags): a word
 * for silence, a line that attaches a file, a tag that controls the delivery. The gateway removes them from a run's
 * text. A text that is sent in another way, by the command line or by a relay, must lose them here.
 */
export type Utterance =
  /** The text for the reader, and the removed words as written, in their order. */
  | { kind: 'text'; text: string; takenOff: readonly string[] }
  /** The agent chose silence. */
  | { kind: 'silence'; word: string }
  /** The text has only instructions to the gateway. */
  | { kind: 'instructions'; takenOff: readonly string[] };

const mayHaveOne = /NO\\?_REPLY|HEARTBEAT\\?_OK|MEDIA:|\[\[/i;

type Grammar = ReturnType<typeof createGrammar>;

/** Built only for a text that may need it: most have none of these words, and the expressions take a millisecond of each start. */
function createGrammar() {
  // Markdown may escape the underscore.
  const silence = String.raw`(NO\\?_REPLY|HEARTBEAT\\?_OK)`;
  // What may surround a word that is alone: blanks, markup, quotes, punctuation, invisible characters. No emoji: they
  // have a meaning.
  const around = String.raw`(?:[\s\p{P}\p{Cf}~^|+=$<>${'`'}]|</?[a-z]{1,6}>)*`;
  // The word must not be part of a longer name or an address. A capitalised word may follow at once, as models write it.
  const ends = String.raw`(?:(?![\p{L}\p{N}_@]|-[\p{L}\p{N}]|\.[\p{Ll}\p{N}])|(?=\p{Lu}\p{Ll}))`;
  const tag = String.raw`\[\[\s*(?:reply_to_current|reply_to\s*:[^\]\n]{0,512}|audio_as_voice|/?tts(?:\s*:[^\]\n]{0,512})?)\s*\]\]`;
  return {
    silenceAlone: new RegExp(`^${around}${silence}${around}$`, 'iu'),
    silenceFirst: new RegExp(`^${around}${silence}${ends}`, 'u'),
    /** A word in quotes, in code or before a question mark is only mentioned. */
    silenceLast: new RegExp(String.raw`(?<=\s)[*_~]*${silence}[*_~\s.!\u2026]*$`, 'u'),
    tagFirst: new RegExp(`^${tag}`, 'i'),
    tagLast: new RegExp(`${tag}$`, 'i'),
    mediaLine: /^[`*_"']*(MEDIA:\s*(\S.*))$/,
    mediaLast: /\s(MEDIA:\s*(\S+))$/,
  };
}

/**
 * Removes the gateway's words: a word for silence at the end, lines that attach a file, tags at the beginning or the
 * end of a line. In the middle of a sentence and in a code block they are only mentioned, and stay. With a word for
 * silence at the beginning or alone on a line, nothing is for the reader, whatever follows it.
 */
export function readGatewayWords(text: string): Utterance {
  if (!mayHaveOne.test(text)) return { kind: 'text', text, takenOff: [] };
  const grammar = createGrammar();
  const takenOff: string[] = [];
  // Repeats as long as something was removed: a tag may have been before the word at the end.
  for (let rest = text; ; ) {
    const instructed = takeInstructions(rest, grammar);
    const spoken = takeSilence(instructed.rest, grammar);
    if (spoken.kind !== 'text') return spoken;
    const taken = [...instructed.takenOff, ...spoken.takenOff];
    if (taken.length === 0) return { kind: 'text', text: rest, takenOff: inOrder(takenOff, text) };
    takenOff.push(...taken);
    rest = spoken.text;
    if (rest === '') return { kind: 'instructions', takenOff: inOrder(takenOff, text) };
  }
}

/** What was at the end of the text was taken before what precedes it. */
function inOrder(words: readonly string[], text: string): string[] {
  return words.toSorted((one, other) => text.indexOf(one) - text.indexOf(other));
}

/** The files and addresses that removed words attach. The tag for a voice note concerns all of them. */
export function mediaIn(takenOff: readonly string[]): MediaReference[] {
  const isVoice = takenOff.some(word => /^\[\[\s*audio_as_voice\b/i.test(word));
  return takenOff.flatMap(word => {
    const given = /^MEDIA:\s*(\S.*)$/.exec(word)?.[1];
    return given === undefined ? [] : { source: sourceIn(given), ...(isVoice && { voice: true as const }) };
  });
}

function takeInstructions(text: string, grammar: Grammar): { rest: string; takenOff: string[] } {
  const kept: string[] = [];
  const takenOff: string[] = [];
  for (const { line, inCode } of linesOf(text)) {
    const bare = inCode ? line : withoutTags(line, takenOff, grammar);
    const [, media, source = ''] = inCode ? [] : (grammar.mediaLine.exec(bare.trim()) ?? []);
    if (media !== undefined && isFile(source)) {
      takenOff.push(media);
      continue;
    }
    // A line with only tags leaves no blank line behind.
    if (bare !== '' || line === '') kept.push(bare);
  }
  const rest = kept.join('\n').trim();
  const [, media, source = ''] = grammar.mediaLast.exec(rest) ?? [];
  if (media === undefined || !isFile(source)) return { rest, takenOff };
  return { rest: rest.slice(0, -media.length).trimEnd(), takenOff: [...takenOff, media] };
}

function withoutTags(line: string, takenOff: string[], { tagFirst, tagLast }: Grammar): string {
  let rest = line;
  for (;;) {
    const bare = rest.trim();
    const [found] = tagFirst.exec(bare) ?? tagLast.exec(bare) ?? [];
    if (found === undefined) return rest;
    takenOff.push(found);
    rest = bare.startsWith(found) ? bare.slice(found.length).trim() : bare.slice(0, -found.length).trim();
  }
}

/** Removes words for silence at the end, as long as something is before them. */
function takeSilence(text: string, { silenceFirst, silenceAlone, silenceLast }: Grammar): Utterance {
  const first = silenceFirst.exec(text)?.[1];
  if (first !== undefined) return { kind: 'silence', word: first };
  const takenOff: string[] = [];
  for (let rest = text; ; ) {
    const lines = linesOf(rest);
    const words = lines.map(({ line, inCode }) => (inCode ? undefined : silenceAlone.exec(line)?.[1]));
    const last = words.pop();
    const word = words.find(one => one !== undefined) ?? (words.length === 0 ? last : undefined);
    if (word !== undefined) return { kind: 'silence', word };
    const inLine = silenceLast.exec(rest);
    const taken = last ?? inLine?.[1];
    if (taken === undefined) return { kind: 'text', text: rest, takenOff };
    takenOff.push(taken);
    rest = (last === undefined ? rest.slice(0, inLine?.index) : rest.slice(0, rest.lastIndexOf('\n'))).trimEnd();
  }
}

/** Splits the text into lines and says for each whether it is in a code block. */
function linesOf(text: string): { line: string; inCode: boolean }[] {
  let inCode = false;
  return text.split('\n').map(line => {
    const fence = /^\s*(?:```|~~~)/.test(line);
    if (fence) inCode = !inCode;
    return { line, inCode: inCode || fence };
  });
}

/** What is named, without quotes and brackets around it. */
function sourceIn(given: string): string {
  // Whatever stands between double quotes belongs to the name.
  return /^"([^"]+)"/.exec(given)?.[1] ?? trimEndOf(given.replace(/^[`"'[{(<]+/, ''), `\`"'\\})],>*_`);
}

/** Whether it names a file or an address, as the gateway requires. "MEDIA: we are on air" does not. */
function isFile(given: string): boolean {
  const source = sourceIn(given);
  if (/^(?:https?:|file:|[/~\\]|\.{1,2}[/\\]|[A-Za-z]:[/\\])/i.test(source)) return true;
  return !/\s/.test(source) && /[/\\]|\.\w{1,10}$/.test(source);
}
