import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { settings } from '../../src/config/config.generated.ts';
import { nixExamples } from './documented-examples.ts';

const root = join(import.meta.dirname, '../..');
const read = (name: string) => readFileSync(join(root, name), 'utf8');

test('the reference of the Nix options has every setting, every secret, and no others', () => {
  const named = [...read('nix/OPTIONS.md').matchAll(/^\| `(settings|secrets)\.([\w.]+)`/gm)].map(match =>
    match.slice(1),
  );
  const keys = (kind: string) => named.filter(([section]) => section === kind).map(([, name]) => name);
  const plain = settings.filter(({ secret, fileOf }) => !secret && !fileOf);
  // The numbers of one poller have no variable, and settings of their own within each.
  expect(keys('settings').sort()).toEqual([...plain.map(({ key }) => key), 'accounts'].sort());
  const secrets = settings.filter(({ secret }) => secret).map(({ env }) => env);
  expect(keys('secrets').sort()).toEqual(secrets.sort());
});

test('each Nix example of docs/guides/nix.md says which file it is, so that it can be evaluated', () => {
  const examples = nixExamples(read('docs/guides/nix.md'));
  expect(new Set(examples.map(({ file }) => file))).toEqual(new Set(['home.nix', 'configuration.nix', 'flake.nix']));
  expect(() => nixExamples('```nix\n{ }\n```\n')).toThrow('line 1');
});
