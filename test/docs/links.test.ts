import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { pages, readPage, root, withoutCode } from './pages.ts';

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(page: string): string[] {
  const headings = [...withoutCode(readPage(page)).matchAll(/^#{1,6} (.+)$/gm)].map(([, text = '']) =>
    text
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  );
  return headings.map((anchor, at) => {
    const before = headings.slice(0, at).filter(other => other === anchor).length;
    return before === 0 ? anchor : `${anchor}-${before}`;
  });
}

/** Why a relative link leads nowhere; null when it leads somewhere. */
function brokenBecause(page: string, target: string): string | null {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? page : join(dirname(page), path);
  if (!existsSync(join(root, file))) return `${page}: ${target}: there is no ${file}`;
  if (anchor === undefined || anchorsOf(file).includes(anchor)) return null;
  return `${page}: ${target}: ${file} has no heading "${anchor}"`;
}

function linksOf(page: string): string[] {
  const text = withoutCode(readPage(page)).replaceAll(/`[^`\n]*`/g, '');
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
}

test.each(pages)('every link of %s within the project leads to a file and a heading', page => {
  const local = linksOf(page).filter(target => !/^[a-z]+:/.test(target));
  expect(local.map(target => brokenBecause(page, target)).filter(Boolean)).toEqual([]);
});

test('a link to a file or heading that is not there is found', () => {
  expect(brokenBecause('README.md', 'docs/none.md')).toContain('there is no docs/none.md');
  expect(brokenBecause('README.md', 'docs/try-it.md#none')).toContain('has no heading "none"');
  expect(brokenBecause('docs/try-it.md', '../README.md#license')).toBeNull();
});

test.each(pages.filter(page => page !== 'CHANGELOG.md'))('every source that %s names is there', page => {
  const named = [...withoutCode(readPage(page)).matchAll(/`((?:src|schema|test|nix|skills|\.ci)\/[^`\s*]+)`/g)];
  expect(named.map(([, path = '']) => path).filter(path => !existsSync(join(root, path)))).toEqual([]);
});

test.each([
  ['By polling', 9],
  ['By webhook', 9],
  ['From the lane to the gateway', 6],
])('the way of a message, %s, has at most %i functions, each in the file that the page names for it', (part, most) => {
  const page = readPage('docs/explanation/architecture.md');
  const [, way = ''] = new RegExp(`^### ${part}\\n(.*?)^##`, 'ms').exec(page) ?? [];
  const steps = [...way.matchAll(/^\| (\d+) \| `(\w+)` \| `([^`]+)` \|/gm)];
  expect(steps.map(([, number]) => Number(number))).toEqual(steps.map((_, at) => at + 1));
  expect(steps.length).toBeGreaterThan(0);
  expect(steps.length).toBeLessThanOrEqual(most);
  const isIn = (name: string, file: string) =>
    new RegExp(
      `\\b(function|const) ${name}\\b|\\b${name}: (async )?\\(?[\\w,: ]+\\)? =>|\\b${name}: async \\(|\\basync ${name}\\(`,
    ).test(readPage(file));
  expect(steps.filter(([, , name = '', file = '']) => !isIn(name, file)).map(([row]) => row)).toEqual([]);
});

test('the page of the architecture names every folder of src, and no program that is not there', () => {
  const [, tree = ''] = /^src\/\n(.*?)^\w/ms.exec(readPage('docs/explanation/architecture.md')) ?? [];
  const named = [...tree.matchAll(/^ {2,4}([a-z-]+)\//gm)].map(([, name = '']) => name);
  const folders = readdirSync(join(root, 'src'), { withFileTypes: true }).filter(entry => entry.isDirectory());
  expect(folders.map(({ name }) => name).filter(name => !named.includes(name))).toEqual([]);
  const programs = [...tree.matchAll(/\b[a-z-]+\.ts\b/g)].map(([name]) => name);
  expect(programs.length).toBeGreaterThan(2);
  expect(programs.filter(name => !existsSync(join(root, 'src', name)))).toEqual([]);
});

test('every page of docs can be reached from the README', () => {
  const reached = new Set(['README.md']);
  for (const page of reached) {
    const targets = linksOf(page).map(target => join(dirname(page), target.replace(/#.*/, '')));
    for (const target of targets) if (pages.includes(target)) reached.add(target);
  }
  expect(pages.filter(page => !reached.has(page))).toEqual([]);
});

test('the README is an entrance: at most 150 lines', () => {
  expect(readPage('README.md').trimEnd().split('\n').length).toBeLessThanOrEqual(150);
});
