import { after, isSpace, isWord, wordJoiner } from './boundary.ts';

/** Stands before a character that the text had escaped. It is a noncharacter, which no text contains. */
export const escapeSign = '\ufdd0';

const marks = '*_~';

/**
 * Resolves the escapes of a line. Where the bare character would be taken for markup, by WhatsApp or when the text is
 * converted again, a word joiner (U+2060, which is not seen) goes beside it.
 */
export function resolveEscapes(line: string): string {
  if (!line.includes(escapeSign)) return line;
  let out = '';
  // Not read from the end of `out`: a string that grows is copied whole whenever one looks into it.
  let last = '';
  let at = 0;
  const open = new Set<string>();
  while (at < line.length) {
    const escaped = line[at] === escapeSign;
    if (escaped) at += 1;
    const character = after(line, at);
    at += character.length;
    // Of what follows, only the next few characters matter, which may be escaped too.
    const rest = line.slice(at, at + 40).replaceAll(escapeSign, '');
    const opens = marks.includes(character) && !isSpace(after(rest, 0)) && !isWord(last);
    const closes = open.has(character) && !isSpace(last) && !isWord(after(rest, 0));
    let written = character;
    if (!escaped) {
      if (opens) open.add(character);
    } else if (closes || (opens && line.indexOf(character, at) !== -1) || beginsBlock(out, character, rest))
      written = wordJoiner + character;
    else if (goesOn(character, rest)) written = character + wordJoiner;
    out += written;
    last = written.endsWith(wordJoiner) ? wordJoiner : character;
  }
  return out;
}

/** Whether the character would begin a heading, a quote, a list or a fence at the end of `out`. */
function beginsBlock(out: string, character: string, rest: string): boolean {
  if (out.length > 9) return false;
  if (/^\d+$/.test(out)) return (character === '.' || character === ')') && isSpace(after(rest, 0));
  if (out !== '') return false;
  if (character === '#') return /^#{0,5}(?:\s|$)/.test(rest);
  if ('+-*'.includes(character)) return isSpace(after(rest, 0));
  return character === '>' || ('`~'.includes(character) && rest.startsWith(character + character));
}

/** Whether the character and what follows would be a tag, an entity, an escape or a link. */
function goesOn(character: string, rest: string): boolean {
  switch (character) {
    case '<':
      return /^[a-z/!?]/i.test(rest);
    case '&':
      return /^#?\w{1,32};/.test(rest);
    case '\\':
      return /^[!-/:-@[-`{-~]/.test(rest);
    case ']':
      return /^[([:]/.test(rest);
    default:
      return false;
  }
}
