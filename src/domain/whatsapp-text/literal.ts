import { after, before, isSpace, isWord, wordJoiner } from './boundary.ts';

/** Stands before a character that the text had escaped. It is a noncharacter, which no text contains. */
export const escapeSign = '\ufdd0';

const marks = '*_~';
/** An escaped character, which is a sign of ASCII; or a mark. */
const signs = new RegExp(`${escapeSign}.|[${marks}]`, 'g');

/**
 * Resolves the escapes of a line. Where the bare character would be taken for markup, by WhatsApp or when the text is
 * converted again, a word joiner (U+2060, which is not seen) goes beside it.
 */
export function resolveEscapes(line: string): string {
  if (!line.includes(escapeSign)) return line;
  let out = '';
  let at = 0;
  /** The code point that was written last. Not read from the end of `out`: looking into a string that grows copies it. */
  let last = '';
  const open = new Set<string>();
  for (const { 0: found, index } of line.matchAll(signs)) {
    if (index > at) last = before(line, index);
    out += line.slice(at, index);
    at = index + found.length;
    const escaped = found.length > 1;
    const character = found.slice(-1);
    const next = after(line, line[at] === escapeSign ? at + 1 : at);
    const mark = marks.includes(character);
    const opens = mark && !isSpace(next) && !isWord(last);
    const closes = mark && open.has(character) && !isSpace(last) && !isWord(next);
    let written = character;
    if (!escaped) {
      if (opens) open.add(character);
    } else if (
      closes ||
      (opens && line.indexOf(character, at) !== -1) ||
      beginsBlock(out, character, () => rest(line, at))
    )
      written = wordJoiner + character;
    else if (goesOn(character, () => rest(line, at))) written = character + wordJoiner;
    out += written;
    last = written.endsWith(wordJoiner) ? wordJoiner : character;
  }
  return out + line.slice(at);
}

/** Of what follows, only the next few characters matter, which may be escaped too. */
function rest(line: string, at: number): string {
  return line.slice(at, at + 40).replaceAll(escapeSign, '');
}

/** Whether the character would begin a heading, a quote, a list or a fence at the end of `out`. */
function beginsBlock(out: string, character: string, rest: () => string): boolean {
  if (out.length > 9) return false;
  if (/^\d+$/.test(out)) return (character === '.' || character === ')') && isSpace(after(rest(), 0));
  if (out !== '') return false;
  if (character === '#') return /^#{0,5}(?:\s|$)/.test(rest());
  if ('+-*'.includes(character)) return isSpace(after(rest(), 0));
  return character === '>' || ('`~'.includes(character) && rest().startsWith(character + character));
}

/** Whether the character and what follows would be a tag, an entity, an escape or a link. */
function goesOn(character: string, rest: () => string): boolean {
  switch (character) {
    case '<':
      return /^[a-z/!?]/i.test(rest());
    case '&':
      return /^#?\w{1,32};/.test(rest());
    case '\\':
      return /^[!-/:-@[-`{-~]/.test(rest());
    case ']':
      return /^[([:]/.test(rest());
    default:
      return false;
  }
}
