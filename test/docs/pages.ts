import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '../..');

/** Every page for readers, by its path in the repository. */
export const pages: readonly string[] = [
  ...readdirSync(root).filter(name => name.endsWith('.md')),
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.md'))
    .map(name => join('docs', name)),
  'nix/OPTIONS.md',
];

export function readPage(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

export interface Block {
  page: string;
  /** The line in the page where it begins. */
  line: number;
  text: string;
}

const fence = /^( *)```(\w*)\n(.*?)^\1```$/gms;

/** Returns the code blocks of a language in all pages, without the indentation that they have in a list. */
export function blocksOf(language: string): Block[] {
  return pages.flatMap(page => {
    const markdown = readPage(page);
    return [...markdown.matchAll(fence)]
      .filter(([, , name]) => name === language)
      .map(({ index, 1: indent = '', 3: text = '' }) => ({
        page,
        line: markdown.slice(0, index).split('\n').length,
        text: text.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
      }));
  });
}

/** Returns a page without its code, in which `#` and `[` have another meaning. */
export function withoutCode(markdown: string): string {
  return markdown.replaceAll(fence, '').replaceAll(/<!--.*?-->/gs, '');
}
