import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { pages, root } from './pages.ts';

const mostColumns = 132;

/** Folders and files whose lines are written by hand. */
const written = [
  'src',
  'schema',
  'test',
  'nix',
  'packaging',
  'checkout',
  '.ci',
  'build.ts',
  'vitest.config.ts',
  'flake.nix',
];

/** Files whose lines are not broken by hand: made by a program, recorded, no text, or made of long descriptions. */
const unbroken = [
  /\.generated\./,
  /^test\/fixtures\//,
  /^schema\/.*\.json$/,
  /^nix\/OPTIONS\.md$/,
  /^CHANGELOG\.md$/,
  /\.ogg$/,
  /(^|\/)node_modules\//,
];

/** A line of a table or with an address cannot be broken. */
function mayBeLong(line: string): boolean {
  return line.startsWith('|') || /https?:\/\/\S{60}/.test(line);
}

function filesBelow(path: string): string[] {
  if (path.includes('.') && !path.startsWith('.')) return [path];
  return readdirSync(join(root, path), { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name).slice(root.length + 1));
}

/** The lines that are too long, each with its place. A character outside of the basic plane counts once. */
function longLines(file: string, text: string): string[] {
  return text
    .split('\n')
    .flatMap((line, at) =>
      [...line].length > mostColumns && !mayBeLong(line) ? [`${file}:${at + 1} has ${[...line].length} columns`] : [],
    );
}

test(`no line of the sources and pages has more than ${mostColumns} columns`, () => {
  const files = [...written.flatMap(filesBelow), ...pages].filter(file => !unbroken.some(kind => kind.test(file)));
  expect(files.length).toBeGreaterThan(500);
  expect(files.flatMap(file => longLines(file, readFileSync(join(root, file), 'utf8')))).toEqual([]);
});

test('a line that is too long is found, and named with its place', () => {
  const long = 'x'.repeat(mostColumns + 1);
  expect(longLines('a.ts', `short\n${long}\n${'👍'.repeat(mostColumns)}`)).toEqual(['a.ts:2 has 133 columns']);
  expect(longLines('a.ts', `| ${long} |`)).toEqual([]);
});
