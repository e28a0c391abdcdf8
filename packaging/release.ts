/**
 * `npm run release:check -- TAG` looks whether the version in package.json and package-lock.json, CHANGELOG.md and the tag
 * agree, and prints what CHANGELOG.md says of the version: the text of the release. Where they do not, it says why on
 * standard error and ends with 1.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Release {
  tag: string;
  /** Of package.json. */
  version: string;
  /** Those in package-lock.json: its own, and that of its first package. */
  locked: readonly string[];
  changelog: string;
}

/** A section of the change log: `## [1.2.3] - 2026-11-29`. The date of what is not released is empty. */
interface Section {
  name: string;
  date: string;
  text: string;
}

function sectionsOf(changelog: string): Section[] {
  return changelog
    .split(/^## /m)
    .slice(1)
    .map(part => {
      const [, name = '', date = '', text = ''] = /^\[([^\]]+)\](?: - (\S+))?[^\n]*\n([\s\S]*)$/.exec(part) ?? [];
      return { name, date, text: text.trim() };
    });
}

/** Returns what is wrong, a sentence each, and the text of the release. */
export function checkRelease({ tag, version, locked, changelog }: Release): { problems: string[]; notes: string } {
  const problems: string[] = [];
  const wanted = `v${version}`;
  if (tag !== wanted) problems.push(`The tag is ${tag}, and package.json has ${version}: the tag must be ${wanted}.`);
  for (const other of locked.filter(one => one !== version)) {
    problems.push(`package-lock.json has ${other}, and package.json ${version}: run npm install --package-lock-only.`);
  }
  const sections = sectionsOf(changelog);
  const [unreleased] = sections.filter(({ name }) => name === 'Unreleased');
  if (unreleased !== undefined && unreleased.text !== '') {
    problems.push(`CHANGELOG.md has text under Unreleased: move it under ## [${version}] - DATE.`);
  }
  const [newest] = sections.filter(({ name }) => name !== 'Unreleased');
  if (newest?.name !== version) {
    problems.push(`The newest version in CHANGELOG.md is ${newest?.name ?? 'missing'}: add ## [${version}] - DATE.`);
    return { problems, notes: '' };
  }
  if (!isDate(newest.date))
    problems.push(`CHANGELOG.md has no date for ${version}: write ## [${version}] - YYYY-MM-DD.`);
  if (newest.text === '') problems.push(`CHANGELOG.md says nothing of ${version}.`);
  return { problems, notes: newest.text };
}

function isDate(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text));
}

function main([tag]: readonly string[]): number {
  if (tag === undefined) {
    process.stderr.write('usage: release.ts TAG\n');
    return 64;
  }
  const read = (name: string) => readFileSync(join(import.meta.dirname, '..', name), 'utf8');
  const { version } = JSON.parse(read('package.json'));
  const lock = JSON.parse(read('package-lock.json'));
  const locked = [lock.version, lock.packages[''].version];
  const { problems, notes } = checkRelease({ tag, version, locked, changelog: read('CHANGELOG.md') });
  process.stderr.write(problems.map(problem => `${problem}\n`).join(''));
  if (problems.length > 0) return 1;
  process.stdout.write(`${notes}\n`);
  return 0;
}

if (import.meta.main) process.exitCode = main(process.argv.slice(2));
