import type { RuleBlock } from 'markdown-it/lib/parser_block.mjs';
import type StateBlock from 'markdown-it/lib/rules_block/state_block.mjs';

/** Deeper quotes and lists are text. A list takes two levels. */
export const deepest = 40;
const mostColumns = 40;
/** Cells that the tables of a text may lack. The parser fills up every row, so a few bars would make many cells. */
const mostMissing = 5000;

/** What the rules know of a text. */
export interface Environment {
  /** The labels that a link may refer to, in small letters. */
  readonly labels: ReadonlySet<string>;
  /** At least so many does the table have that begins at the block at hand. */
  columns: number;
  /** The cells that the rows of tables have lacked so far. */
  missing: number;
}

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

/** A table of more columns than any phone shows is text. */
export const tooWide: RuleBlock = (state, line, end, silent) => {
  if (silent || line + 1 >= end) return false;
  const environment: Environment = state.env;
  environment.columns = countBars(state, line + 1) - 1;
  return environment.columns > mostColumns && paragraph(state, line, end);
};

/** Ends a table where too many cells were missing. What follows is text. */
export const tooEmpty: RuleBlock = (state, line, _end, silent) => {
  // Its types do not have this one.
  if (!silent || (state.parentType as string) !== 'table') return false;
  const environment: Environment = state.env;
  environment.missing += Math.max(0, environment.columns - countBars(state, line) - 1);
  return environment.missing > mostMissing;
};

function countBars({ src, bMarks, eMarks }: StateBlock, line: number): number {
  return src.slice(bMarks[line], eMarks[line]).split('|').length - 1;
}

/** A footnote, and a line like `[Total]: 45` to whose label no link refers, is text. */
export const noDefinition: RuleBlock = (state, line, end, silent) => {
  const start = (state.bMarks[line] ?? 0) + (state.tShift[line] ?? 0);
  if (silent || state.src[start] !== '[') return false;
  const label = /^\[([^\]]*)\]:/.exec(state.src.slice(start, state.eMarks[line]))?.[1];
  if (label === undefined) return false;
  const { labels }: Environment = state.env;
  if (!label.startsWith('^') && labels.has(label.toLowerCase())) return false;
  return paragraph(state, line, end);
};

/** Applies the parser's last rule, which takes anything. */
function paragraph(state: StateBlock, line: number, end: number): boolean {
  const rule = state.md.block.ruler.getRules('').at(-1);
  return rule?.(state, line, end, false) ?? false;
}
