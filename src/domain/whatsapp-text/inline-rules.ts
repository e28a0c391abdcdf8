import type { RuleInline } from 'markdown-it/lib/parser_inline.mjs';
import type StateInline from 'markdown-it/lib/rules_inline/state_inline.mjs';
import { trimEndOf } from '../../trim-end.ts';
import { after, before, isLetter, isSpace, isWord } from './boundary.ts';

type Scanned = ReturnType<StateInline['scanDelims']>;

/** With the last place of each length of a run of backticks, so that none is looked for in vain. */
type CodeState = StateInline & { lastRuns?: ReadonlyMap<number, number> };

/** With the last place of what stands between a link's text and its address. */
type LinkState = StateInline & { lastLink?: number };

/** `*`, `_` and `~~` are marks where WhatsApp would take them, and `**` between letters too: `un**believ**able`. */
export function scanMarks(text: string, start: number, end: number): Scanned {
  const mark = text.charAt(start);
  let at = start;
  while (at < end && text[at] === mark) at += 1;
  const [last, next] = [before(text, start), at < end ? after(text, at) : ''];
  const double = mark === '*' && at - start === 2;
  return {
    can_open: !isSpace(next) && (!isWord(last) || (double && isLetter(last) && isLetter(next))),
    can_close: !isSpace(last) && (!isWord(next) || (double && isLetter(next) && !/\p{N}/u.test(last))),
    length: at - start,
  };
}

/** An address in the text has no marks in it. */
export const address: RuleInline = (state, silent) => {
  if (!state.src.startsWith('://', state.pos)) return false;
  const scheme = /https?$/i.exec(state.src.slice(Math.max(0, state.pos - 5), state.pos));
  if (scheme === null) return false;
  const pattern = /:\/\/(?:[^\s<>"`*~[\]()]|[*~]+(?=[\w/])|\([^\s<>"`*~[\]()]*\))+/y;
  pattern.lastIndex = state.pos;
  const found = trimEndOf(pattern.exec(state.src)?.[0] ?? '', "_.,;:!?'*~");
  if (found.length <= 3 || state.pos + found.length > state.posMax) return false;
  if (!silent) state.pending += found;
  state.pos += found.length;
  return true;
};

/** A bracket is text where neither an address nor a reference can follow. Each would be looked through to its end. */
export const noLink: RuleInline = (state: LinkState, silent) => {
  const picture = state.src[state.pos] === '!';
  if (state.src[state.pos + (picture ? 1 : 0)] !== '[' || state.env.references !== undefined) return false;
  state.lastLink ??= state.src.lastIndexOf('](');
  if (state.pos < state.lastLink) return false;
  if (!silent) state.pending += state.src.charAt(state.pos);
  state.pos += 1;
  return true;
};

/** As CommonMark has it, but what is in it stays as it is; only one backtick does not go over lines in WhatsApp. */
export const codeSpan: RuleInline = (state: CodeState, silent) => {
  const { src, pos, posMax } = state;
  if (src[pos] !== '`') return false;
  const runEnd = (at: number) => {
    let end = at;
    while (end < posMax && src[end] === '`') end += 1;
    return end;
  };
  const from = runEnd(pos);
  const length = from - pos;
  state.lastRuns ??= new Map(Array.from(src.matchAll(/`+/g), ({ 0: run, index }) => [run.length, index]));
  if ((state.lastRuns.get(length) ?? pos) > pos) {
    for (let at = src.indexOf('`', from); at !== -1 && at < posMax; at = src.indexOf('`', at)) {
      const end = runEnd(at);
      if (end - at === length) {
        if (!silent) {
          const token = state.push('code_inline', 'code', 0);
          token.markup = src.slice(pos, from);
          const content = src.slice(from, at);
          token.content = length === 3 ? content : content.replaceAll('\n', ' ');
        }
        state.pos = end;
        return true;
      }
      at = end;
    }
  }
  if (!silent) state.pending += src.slice(pos, from);
  state.pos = from;
  return true;
};
