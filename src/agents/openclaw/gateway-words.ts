/**
 * What an agent writes to its gateway and not to a reader (OpenClaw: silent replies, heartbeats, media, reply tags): a word for silence,
 * a line that attaches a file, a tag that steers the delivery. The gateway takes them out of a run's text. A text that goes another
 * way, by the command line or by a relay, must lose them here.
 */
export type Utterance =
  /** What is for the reader, and what was taken off as written. */
  | { kind: 'text'; text: string; takenOff: readonly string[] }
  /** The agent said that it says nothing. */
  | { kind: 'silence'; word: string }
  /** Only instructions to the gateway. */
  | { kind: 'instructions'; takenOff: readonly string[] };

const mayHaveOne = /NO\\?_REPLY|HEARTBEAT\\?_OK|MEDIA:|\[\[/i;

type Grammar = ReturnType<typeof createGrammar>;

/** Made for a text that may need it: most have none of these words, and the expressions take a millisecond of each start. */
function createGrammar() {
  // Markdown may escape the underscore.
  const silence = String.raw`(NO\\?_REPLY|HEARTBEAT\\?_OK)`;
  // What may stand around a word that is alone: blanks, markup, quotes, punctuation, characters that nobody sees. No emoji: they say something.
  const around = String.raw`(?:[\s\p{P}\p{Cf}~^|+=$<>${'`'}]|</?[a-z]{1,6}>)*`;
  // Not a part of a longer name or of an address; or a capitalised word that follows at once, as models write it.
  const ends = String.raw`(?:(?![\p{L}\p{N}_@]|-[\p{L}\p{N}]|\.[\p{Ll}\p{N}])|(?=\p{Lu}\p{Ll}))`;
  const tag = String.raw`\[\[\s*(?:reply_to_current|reply_to\s*:[^\]\n]{0,512}|audio_as_voice|/?tts(?:\s*:[^\]\n]{0,512})?)\s*\]\]`;
  return {
    silenceAlone: new RegExp(`^${around}${silence}${around}$`, 'iu'),
    silenceFirst: new RegExp(`^${around}${silence}${ends}`, 'u'),
    /** In quotes, in code or before a question mark it is spoken of. */
    silenceLast: new RegExp(String.raw`(?<=\s)[*_~]*${silence}[*_~\s.!…]*$`, 'u'),
    tagFirst: new RegExp(`^${tag}`, 'i'),
    tagLast: new RegExp(`${tag}$`, 'i'),
    mediaLine: /^[`*_"']*(MEDIA:\s*(\S.*))$/,
    mediaLast: /\s(MEDIA:\s*(\S+))$/,
  };
}

/**
 * Takes off what is the gateway's: a word for silence at the end, lines that attach a file, tags at the beginning or the end of a line. Amid a
 * sentence, and in a block of code, they are spoken of and stay. With a word for silence at the beginning or alone on a line, nothing
 * is for the reader, whatever follows it.
 */
export function readGatewayWords(text: string): Utterance {
  if (!mayHaveOne.test(text)) return { kind: 'text', text, takenOff: [] };
  const grammar = createGrammar();
  const takenOff: string[] = [];
  // Again, as long as something was taken off: a tag may have stood before the word at the end.
  for (let rest = text; ; ) {
    const instructed = takeInstructions(rest, grammar);
    const spoken = takeSilence(instructed.rest, grammar);
    if (spoken.kind !== 'text') return spoken;
    const taken = [...instructed.takenOff, ...spoken.takenOff];
    if (taken.length === 0) return { kind: 'text', text: rest, takenOff };
    takenOff.push(...taken);
    rest = spoken.text;
    if (rest === '') return { kind: 'instructions', takenOff };
  }
}

function takeInstructions(text: string, grammar: Grammar): { rest: string; takenOff: string[] } {
  const kept: string[] = [];
  const takenOff: string[] = [];
  for (const { line, inCode } of linesOf(text)) {
    const [, media, source = ''] = inCode ? [] : (grammar.mediaLine.exec(line.trim()) ?? []);
    if (media !== undefined && isFile(source)) {
      takenOff.push(media);
      continue;
    }
    const bare = inCode ? line : withoutTags(line, takenOff, grammar);
    // A line of tags alone leaves no blank line behind.
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

/** Words for silence at the end are taken off, as long as something stands before them. */
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

/** The lines, and whether they stand in a block of code. */
function linesOf(text: string): { line: string; inCode: boolean }[] {
  let inCode = false;
  return text.split('\n').map(line => {
    const fence = /^\s*(?:```|~~~)/.test(line);
    if (fence) inCode = !inCode;
    return { line, inCode: inCode || fence };
  });
}

/** Whether it names a file or an address, as the gateway asks for; "MEDIA: we are on air" does not. */
function isFile(given: string): boolean {
  const source = given.replace(/^[`"'[{(<]+/, '').replace(/[`"'\\})\],>]+$/, '');
  if (/^(?:https?:|file:|[/~\\]|\.{1,2}[/\\]|[A-Za-z]:[/\\])/i.test(source)) return true;
  return !/\s/.test(source) && /[/\\]|\.\w{1,10}$/.test(source);
}
