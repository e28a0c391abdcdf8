import type { RuleBlock } from 'markdown-it/lib/parser_block.mjs';
import type StateBlock from 'markdown-it/lib/rules_block/state_block.mjs';

/** Deeper quotes and lists are text. A list takes two levels. */
export const deepest = 40;
const mostColumns = 40;

/** A line of its own is never taken into the quote or the list item before it: on a phone it is not in there. */
export const ownLine: RuleBlock = (state, line, _end, silent) =>
  silent && (state.parentType === 'blockquote' || (state.sCount[line] ?? 0) < state.blkIndent);

/** WhatsApp's block of code, whose marks stand beside the text. In Markdown such a fence would have no end. */
export const whatsappCode: RuleBlock = (state, line, end, silent) => {
  const start = (state.bMarks[line] ?? 0) + (state.tShift[line] ?? 0);
  if (state.level > 0 || !state.src.startsWith('```', start) || state.src[start + 3] === '`') return false;
  const close = state.src.indexOf('```', start + 3);
  if (close === -1) return false;
  let last = line;
  while (last < end && (state.eMarks[last] ?? 0) < close) last += 1;
  if (last === line || last === end || state.src.slice(start + 3, state.eMarks[line]).trim() === '') return false;
  const lineStart = (state.bMarks[last] ?? 0) + (state.tShift[last] ?? 0);
  if (lineStart === close || state.src.slice(close + 3, state.eMarks[last]).trim() !== '') return false;
  if (silent) return true;
  const token = state.push('whatsapp_code', '', 0);
  token.content = state.src.slice(start, close + 3);
  token.map = [line, last + 1];
  state.line = last + 1;
  return true;
};

/** Takes all that is left in a quote or list as one paragraph where it is nested too deeply. */
export const tooDeep: RuleBlock = (state, line, end, silent) => {
  if (silent || state.level < deepest) return false;
  const open = state.push('paragraph_open', 'p', 1);
  open.map = [line, end];
  const inline = state.push('inline', '', 0);
  inline.content = state.getLines(line, end, state.blkIndent, false).trim();
  inline.map = [line, end];
  inline.children = [];
  state.push('paragraph_close', 'p', -1);
  state.line = end;
  return true;
};

/** A table of more columns than any phone shows is text. The parser fills up its rows, which takes long. */
export const tooWide: RuleBlock = (state, line, end, silent) => {
  if (silent || line + 1 >= end) return false;
  if (state.src.slice(state.bMarks[line + 1], state.eMarks[line + 1]).split('|').length <= mostColumns + 2)
    return false;
  return paragraph(state, line, end);
};

/** A footnote, and a line like `[Total]: 45` to whose label no link refers, is text. */
export const noDefinition: RuleBlock = (state, line, end, silent) => {
  const start = (state.bMarks[line] ?? 0) + (state.tShift[line] ?? 0);
  if (silent || state.src[start] !== '[') return false;
  const label = /^\[([^\]]*)\]:/.exec(state.src.slice(start, state.eMarks[line]))?.[1];
  if (label === undefined) return false;
  const labels: ReadonlySet<string> = state.env.labels;
  if (!label.startsWith('^') && labels.has(label.toLowerCase())) return false;
  return paragraph(state, line, end);
};

/** Applies the parser's last rule, which takes anything. */
function paragraph(state: StateBlock, line: number, end: number): boolean {
  const rule = state.md.block.ruler.getRules('').at(-1);
  return rule?.(state, line, end, false) ?? false;
}
