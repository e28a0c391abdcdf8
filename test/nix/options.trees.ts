import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import schema from '../../schema/kapso-whatsapp.schema.json' with { type: 'json' };
import { settings } from '../../src/config/config.generated.ts';
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
      return !name.includes('._') && (!description || value === null || example === null);
    });
    expect(bare.map(({ name }) => name)).toEqual([]);
  });

  test('have an example that is not the default, and that is Nix', async () => {
    const options = await nixValue<DocumentedOption[]>('documented (nixos [ ])');
    const own = options.filter(({ name }) => !name.includes('._'));
    expect(own.filter(({ default: value, example }) => value === example).map(({ name }) => name)).toEqual([]);
    const texts = own.flatMap(({ default: value, defaultIsProse, example }) => [
      defaultIsProse ? 'null' : value,
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
    const flat = Object.entries(found).flatMap(([section, value]) =>
      typeof value === 'object' && value !== null
        ? Object.entries(value).map(([name, inner]) => [`${section}.${name}`, inner] as const)
        : [[section, value] as const],
    );
    const plain = settings.filter(({ secret, fileOf }) => !secret && !fileOf);
    expect(Object.fromEntries(flat)).toEqual(
      Object.fromEntries(plain.map(({ key, default: value }) => [key, value ?? null])),
    );
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

  // The schema's patterns are JavaScript's, those of Nix are POSIX's.
  test.each(patterns().map(({ key, pattern, values }) => [key, pattern, values] as const))(
    'take and refuse the same texts as the schema for %s',
    async (key, pattern, values) => {
      const list = values.map(value => nixString(value)).join(' ');
      const taken = await nixValue<boolean[]>(
        `let
          path = lib.splitString "." "${key}";
          settingsWith = value:
            (nixos [ { services.kapso-whatsapp.settings.${key} = value; } ]).config.services.kapso-whatsapp.settings;
        in map (value: (builtins.tryEval (lib.attrByPath path null (settingsWith value))).success) [ ${list} ]`,
      );
      const expected = values.map(value => new RegExp(pattern, 'u').test(value));
      expect(taken).toEqual(expected);
      expect(new Set(expected).size).toBe(2);
    },
  );
});

type Fields = Record<string, unknown>;

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
  const sections = Object.entries(schema.properties as Record<string, { properties?: Record<string, Fields> }>);
  return sections.flatMap(([section, { properties = {} }]) =>
    Object.entries(properties)
      .filter(([, value]) => typeof value.pattern === 'string' && !value['x-secret'] && !value['x-file-of'])
      .map(([name, value]) => ({
        key: `${section}.${name}`,
        pattern: String(value.pattern),
        values: [...texts, ...(value.examples as string[])],
      })),
  );
}

function nixString(text: string): string {
  return JSON.stringify(text).replaceAll('${', '\\${');
}
