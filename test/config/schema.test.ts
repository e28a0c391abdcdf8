import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseDocument } from 'yaml';
import { replaceBlock, staleFiles } from '../../schema/generate.ts';
import { readSchema } from '../../schema/schema.ts';
import { setPath } from '../../src/config/layer.ts';
import { checkValues } from '../../src/config/schema-findings.ts';
import { leavesOf, sectionsOf } from '../../src/config/schema-node.ts';
import { createHome } from './fixture.ts';

const root = join(import.meta.dirname, '../..');
const schema = readSchema();
const leaves = leavesOf(schema);

test('everything generated is up to date', () => {
  expect([...staleFiles().keys()]).toEqual([]);
  execFileSync(process.execPath, ['schema/generate.ts', '--check'], { cwd: root });
});

test('a page without the markers is refused rather than left without its tables', () => {
  expect(() => replaceBlock('# Title', 'environment variables', 'x')).toThrow('begin generated: environment variables');
});

describe('the schema', () => {
  test('is published under its address and closed', () => {
    expect(schema.$id).toMatch(/^https:\/\/.+\/schema\/kapso-whatsapp\.schema\.json$/);
    for (const { node } of sectionsOf(schema)) {
      expect(node).toMatchObject({ type: 'object', additionalProperties: false });
      expect(node.description).toBeTruthy();
    }
  });

  test.each(leaves)('describes $key', ({ node }) => {
    expect(node.title).toBeTruthy();
    expect(node.description).toMatch(/\.$/);
    expect(node.examples?.length).toBeGreaterThan(0);
    expect(node['x-env']).toMatch(/^(KAPSO|OPENCLAW)_[A-Z_]+$/);
  });

  test.each(leaves)('accepts its own examples and default of $key', ({ key, node }) => {
    for (const value of [...(node.examples ?? []), node.default ?? node.examples?.[0]]) {
      const values = {};
      setPath(values, key, value);
      expect(checkValues(values)).toEqual([]);
    }
  });

  test('gives every key a variable of its own, and every secret a file', () => {
    const variables = leaves.map(({ node }) => node['x-env']);
    expect(new Set(variables).size).toBe(variables.length);
    for (const { key, node } of leaves.filter(leaf => leaf.node['x-secret'])) {
      const file = leaves.find(leaf => leaf.key === `${key}File`);
      expect(file?.node).toMatchObject({ 'x-file-of': key, 'x-env': `${node['x-env']}_FILE` });
      expect(node.default).toBeUndefined();
    }
  });
});

describe('the example file', () => {
  const example = readFileSync(join(root, 'kapso-whatsapp.example.yaml'), 'utf8');

  test('begins with the line that tells editors the schema', () => {
    expect(example.split('\n')[0]).toBe(`# yaml-language-server: $schema=${schema.$id}`);
  });

  test('changes nothing: it holds the defaults', async () => {
    const home = createHome();
    const { config: without } = await home.load({ env: {}, need: 'none' });
    const path = home.write('config.yaml', example);
    const { config, file, warnings } = await home.load({ env: {}, need: 'none' });
    expect(file).toBe(path);
    expect(warnings).toEqual([]);
    expect(config).toEqual(without);
  });

  test('has every key, and with the comments taken off it is valid too', () => {
    const names = leaves.map(({ key }) => key.split('.').at(-1)).join('|');
    const full = example.replace(new RegExp(`^( *)# ((${names}): )`, 'gm'), '$1$2');
    const document = parseDocument(full);
    expect(document.errors).toEqual([]);
    const missing = leaves.filter(({ key }) => !document.hasIn(key.split('.')));
    expect(missing.map(({ key }) => key)).toEqual([]);
    expect(checkValues(document.toJS())).toEqual([]);
  });
});

test('a key named like a part of every object is an unknown key', () => {
  for (const name of ['__proto__', 'constructor', 'toString']) {
    expect(checkValues(JSON.parse(`{"kapso":{"${name}":{"x":1}}}`))).toMatchObject([
      { key: 'kapso', path: ['kapso', name], unknown: true },
    ]);
  }
});
