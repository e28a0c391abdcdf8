/**
 * What moves the cursor, starts another line for some reader, or turns the text around: C0 and C1 controls, line and paragraph separators,
 * and Unicode's bidirectional marks, embeddings, overrides and isolates. Text that others wrote passes none of it on.
 */
const c0 = '\\u0000-\\u001f';
const others = '\\u007f-\\u009f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069';
const each = new RegExp(`[${c0}${others}]`, 'gu');
const eachInJson = new RegExp(`[${others}]`, 'gu');
const runs = new RegExp(`[${c0}${others}]+`, 'gu');

/** As one line in which each of them is an escape: nothing of the text is lost. */
export function escapeControls(text: string): string {
  return text.replace(each, escaped);
}

/** The same for JSON text: a parser reads the escapes as the characters. C0 controls JSON escapes by itself, and has between its tokens. */
export function escapeControlsInJson(json: string): string {
  return json.replace(eachInJson, escaped);
}

/** As one line in which a blank stands for each run of them: for sentences. */
export function blankControls(text: string): string {
  return text.replace(runs, ' ');
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
