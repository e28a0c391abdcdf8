import type { Setting } from './setting.ts';

/**
 * Invisible characters: control and format characters, those that Unicode lets a font leave out, line and paragraph
 * separators, the blank of Braille, and the replacement character for bytes that are no UTF-8.
 */
const invisible = /[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}\u2800\ufffd]/u;
/** A path may have these on purpose: Persian and Indian words and emoji use them. */
const joiners = /\u200c|\u200d|\ufe0f/g;
/** Blanks that no keyboard types, such as the non-breaking one. */
const oddBlank = /[^\S \t]/u;

/**
 * Most values are plain ASCII. This test saves them the expressions above, which take 1 ms to compile at each start of
 * the command line.
 */
const printableAscii = /^[ -~]*$/;

/** Returns the first invisible character or odd blank of a secret as `U+200B`, or null. Plain blanks and tabs are allowed. */
export function invisibleCharacter(secret: string): string | null {
  return named(invisible.exec(secret.replaceAll('\t', ' ')) ?? oddBlank.exec(secret));
}

function named(found: RegExpExecArray | null): string | null {
  const code = found?.[0].codePointAt(0);
  return code === undefined ? null : `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}

/**
 * Says what is wrong with the characters of a value, or returns null. The value itself is not repeated. Wrong are
 * blanks at its ends, carriage returns and invisible characters.
 *
 * @param raw for the environment and secret files, which keep quotes, a comment and an assignment as part of the value:
 * those are wrong too
 */
export function textDefect(setting: Setting, value: string, raw: boolean): string | null {
  for (const line of setting.type === 'list' ? value.split('\n') : [value]) {
    const defect = edges(setting, line) ?? hiddenCharacter(setting, line) ?? (raw ? leftovers(setting, line) : null);
    if (defect !== null) return defect;
  }
  return null;
}

/** Whether a value ends with a blank. The blank is kept where the other side may have it too. */
export function endsWithBlank(value: string): boolean {
  return /[ \t]$/.test(value);
}

function edges({ key }: Setting, line: string): string | null {
  if (/\r$/.test(line))
    return 'ends with a carriage return (CR), as a file with Windows line ends leaves it; take it off';
  if (/^[ \t]+$/.test(line)) return null;
  if (/^[ \t]/.test(line)) return `begins with a ${nameOf(line[0])}; take it off`;
  if (endsWithBlank(line) && key !== 'webhook.secret') return `ends with a ${nameOf(line.at(-1))}; take it off`;
  return null;
}

function nameOf(character: string | undefined): string {
  return character === '\t' ? 'tab' : 'blank';
}

/** Says which invisible character a text has, or returns null. */
export function hiddenCharacter({ secret }: Setting, line: string): string | null {
  if (line.includes('\r')) return 'has a carriage return (CR) in it; take it out';
  // A second line is found by other checks. Its line break is not reported as an invisible character.
  const text = line.replace(/[\n\t]/g, ' ');
  if (printableAscii.test(text)) return null;
  const character = secret ? invisibleCharacter(text) : named(invisible.exec(text.replace(joiners, '')));
  if (character === null) return null;
  return `has an invisible character in it (${character}), as copying from a page or a chat leaves it; type it anew`;
}

function leftovers({ key }: Setting, line: string): string | null {
  const meant = `; where it is meant so, ${key === '--config' ? 'name it with --config' : `set ${key} in the configuration file`}`;
  if (
    /^(["'`]).*\1$/.test(line) ||
    /^[\u201c\u201d\u201e\u2018\u2019\u00ab].*[\u201c\u201d\u2018\u2019\u00bb]$/.test(line)
  ) {
    return `stands in quotes, which are taken as a part of it (Docker's env files keep them); take them off${meant}`;
  }
  if (/\s#/.test(line)) {
    return `has a blank and a # in it: a comment behind a value is taken as a part of it; put it on a line of its own${meant}`;
  }
  const assigned = /^(?:export\s+|set\s+)?((?:KAPSO|OPENCLAW)_[A-Z_]+)\s*=/.exec(line)?.[1];
  if (assigned !== undefined)
    return `begins with "${assigned}=", which is taken as a part of it; leave the value alone`;
  return null;
}
