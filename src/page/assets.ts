import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Asset {
  /** Its media type. */
  type: string;
  body: Buffer;
}

const types: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
};

/** Reads the files of a page as build.ts wrote them. `html` is served as `/`. Throws what node:fs throws. */
export function readAssets(directory: string, html: string, others: readonly string[]): Map<string, Asset> {
  const read = (name: string): Asset => ({
    type: types[name.split('.').at(-1) ?? ''] ?? 'application/octet-stream',
    body: readFileSync(join(directory, name)),
  });
  return new Map([['/', read(html)], ...others.map(name => [`/${name}`, read(name)] as const)]);
}
