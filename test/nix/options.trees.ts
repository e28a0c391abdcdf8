import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readSchema } from '../../schema/schema.ts';
import { settings } from '../../src/config/config.generated.ts';
import { getPath, setPath } from '../../src/config/layer.ts';
import { leavesOf } from '../../src/config/schema-node.ts';
import { nixValue } from './evaluate.ts';
import { kinds, polling, renderedFile, set } from './modules.ts';
import { type DocumentedOption, optionsReference } from './options-reference.ts';

describe('options', () => {
  test('have the same names, types and defaults in both modules', async () => {
    const [nixos, home] = await Promise.all(
      kinds.map(kind => nixValue<DocumentedOption[]>(`documented (${kind} [ ])`)),
    );
    expect(nixos?.length).toBeGreaterThan(50);
    expect(home).toEqual(nixos);
  });

  test('have a description, a default and an example each', async () => {
    const options = await nixValue<DocumentedOption[]>('documented (nixos [ ])');
    const bare = options.filter(({ name, description, default: value, example }) => {
      // `settings` itself accepts any key. Other keys that are set there have no option.
      // A part of an object may be required.
      const lacksDefault = value === null && !name.includes('.*.');
      return !name.includes('._') && (!description || lacksDefault || example === null);
    });
    expect(bare.map(({ name }) => name)).toEqual([]);
  });

  test('have an example that is not the default, and that is Nix', async () => {
    const options = await nixValue<DocumentedOption[]>('documented (nixos [ ])');
    const own = options.filter(({ name }) => !name.includes('._'));
    expect(own.filter(({ default: value, example }) => value === example).map(({ name }) => name)).toEqual([]);
    const texts = own.flatMap(({ default: value, defaultIsProse, example }) => [
      defaultIsProse ? 'null' : (value ?? 'null'),
      example,
    ]);
    // Nix parses all examples; it evaluates none.
    expect(await nixValue(`builtins.length [ ${texts.map(text => `(${text})`).join('\n')} ]`)).toBe(texts.length);
  });

  test('say nothing of other notations in their types', async () => {
    const options = await nixValue<DocumentedOption[]>('documented (nixos [ ])');
    expect(options.filter(({ type }) => /YAML|quotes/.test(type ?? '')).map(({ name }) => name)).toEqual([]);
  });

  test('are those of nix/OPTIONS.md; else run: npm run test:nix -- --write', async () => {
    const options = await nixValue<DocumentedOption[]>('documented (nixos [ ])');
    const written = readFileSync(join(import.meta.dirname, '../../nix/OPTIONS.md'), 'utf8');
    expect(written === optionsReference(options)).toBe(true);
  });

  test('are the settings of the schema: names, defaults, examples', async () => {
    const found = await nixValue<Record<string, unknown>>('(nixos [ ]).config.services.kapso-whatsapp.settings');
    const defaults = { accounts: [] };
    for (const { key, node } of leavesOf(readSchema())) {
      if (node['x-secret'] || node['x-file-of']) continue;
      setPath(defaults, key, (node['x-default-depends'] ? undefined : node.default) ?? null);
    }
    expect(found).toEqual(defaults);
    const secrets = await nixValue<object>('(nixos [ ]).config.services.kapso-whatsapp.secrets');
    expect(Object.keys(secrets).sort()).toEqual(
      settings
        .filter(({ secret }) => secret)
        .map(({ env }) => env)
        .sort(),
    );
  });

  test('hand over what differs from the defaults, and nothing else', async () => {
    const module = set('settings = { polling.interval = 30; polling.overlap = 600; log.level = "debug"; };');
    expect(JSON.parse(await renderedFile('nixos', polling, module))).toEqual({
      kapso: { phoneNumberId: '647000000000001' },
      log: { level: 'debug' },
      polling: { overlap: 600 },
      state: { dir: '/var/lib/kapso-whatsapp' },
    });
  });

  test('hand over objects without what they do not say, and an empty list of numbers, which says something', async () => {
    const module = set(`settings.access = {
      allowFrom = [ ];
      contacts = [ { id = "+15551234567"; role = "admin"; } ];
      roles.admin.agent = "main";
      pairing.expires = 60;
      limits.waiting = 50;
    };`);
    expect(getPath(JSON.parse(await renderedFile('nixos', polling, module)), 'access')).toEqual({
      allowFrom: [],
      contacts: [{ id: '+15551234567', role: 'admin' }],
      roles: { admin: { agent: 'main' } },
      limits: { waiting: 50 },
    });
  });

  // The schema's patterns are JavaScript's, those of Nix are POSIX's.
  test.each(patterns().map(({ key, pattern, values }) => [key, pattern, values] as const))(
    'take and refuse the same texts as the schema for %s',
    async (key, pattern, values) => {
      const isList = settings.find(setting => setting.key === key)?.type === 'list';
      const list = values.map(value => (isList ? `[ ${nixString(value)} ]` : nixString(value))).join(' ');
      const taken = await nixValue<boolean[]>(
        `let
          path = lib.splitString "." "${key}";
          settingsWith = value:
            (nixos [ { services.kapso-whatsapp.settings.${key} = value; } ]).config.services.kapso-whatsapp.settings;
          given = value: lib.attrByPath path null (settingsWith value);
        in map (value: (builtins.tryEval (builtins.deepSeq (given value) true)).success) [ ${list} ]`,
      );
      const expected = values.map(value => new RegExp(pattern, 'u').test(value));
      expect(taken).toEqual(expected);
      expect(new Set(expected).size).toBe(2);
    },
  );
});

/** Every pattern of a setting, with texts that match it and texts that do not. */
function patterns(): { key: string; pattern: string; values: string[] }[] {
  const texts = [
    '',
    ' ',
    'a b',
    'main',
    'UPPER',
    '647015955153740',
    'https://api.kapso.ai',
    'https://api.kapso.ai/path',
    'https://user@example.com',
    'https://whatsapp.example.com/webhook?x',
    'http://127.0.0.1:8080',
    'v24.0',
    'v24x0',
    'ws://127.0.0.1:18789',
    'wss://gateway.example.com/socket?token=1',
    'kapso:shared',
    ':18790',
    '127.0.0.1:18790',
    '[::1]:18790',
    '::1:18790',
    '[::1',
    'a]:1',
    ':65535',
    ':65536',
    ':99999',
    'unix:/run/webhook.sock',
    'unix:webhook.sock',
    '/webhook',
    '/web hook',
    'tailscale',
  ];
  return leavesOf(readSchema())
    .filter(({ node }) => node.pattern !== undefined && !node['x-secret'] && !node['x-file-of'])
    .map(({ key, node }) => ({
      key,
      pattern: String(node.pattern),
      values: [...texts, ...(node.examples ?? []).flat().map(String)],
    }));
}

function nixString(text: string): string {
  return JSON.stringify(text).replaceAll('${', '\\${');
}
