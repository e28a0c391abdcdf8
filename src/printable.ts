/**
 * Characters that move the cursor, that some readers take for a line break, or that turn the text around: C0 and C1
 * controls, line and paragraph separators, and Unicode's bidirectional marks, embeddings, overrides and isolates. Text
 * of others is never passed on with them.
 */
const c0 = '\\u0000-\\u001f';
const others = '\\u007f-\\u009f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069';
const each = new RegExp(`[${c0}${others}]`, 'gu');
const eachInJson = new RegExp(`[${others}]`, 'gu');
const runs = new RegExp(`[${c0}${others}]+`, 'gu');

/** Returns one line in which each such character is an escape. Nothing of the text is lost. */
export function escapeControls(text: string): string {
  return text.replace(each, escaped);
}

/**
 * Does the same for JSON text, whose parser reads the escapes as the characters. C0 controls stay: JSON escapes them in
 * strings, and they may stand between tokens.
 */
export function escapeControlsInJson(json: string): string {
  return json.replace(eachInJson, escaped);
}

/** Returns one line in which a blank replaces each run of such characters, for sentences. */
export function blankControls(text: string): string {
  return text.replace(runs, ' ');
}

/** Returns the beginning of an address as ASCII, to quote it: an invisible character may be what is wrong with it. */
export function inAscii(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 60);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
