import { expect, test } from 'vitest';
import schema from '../../schema/kapso-whatsapp.schema.json' with { type: 'json' };
import type { SchemaNode } from '../../src/config/schema-node.ts';
import { differences, editConfig } from '../../src/setup/edit-config.ts';

const edit = (text: string, settings: [string, unknown][]) =>
  editConfig(schema as unknown as SchemaNode, 'config.yaml', text, new Map(settings));

test('a key without a value is taken out, and all other lines stay', () => {
  const text = "# mine\nkapso:\n    phoneNumberId:  '42'\n    apiKey:   k3y\n    # mine too\n    baseUrl:   http://x\n";
  expect(edit(text, [['kapso.apiKey', undefined]])).toBe(text.replace('    apiKey:   k3y\n', ''));
  expect(edit(text, [['gateway.token', undefined]])).toBe(text);
});

test.each([
  'gateway: {url: "ws://x", token: "never\\x2dshown", tokenFile: a}\n',
  'gateway:\n  token: &name never\n  url: ws://x\n',
  'gateway:\n  token: >-\n    never\n    shown\n  url: ws://x\n',
  'webhook:\n  secret:\n    - never-1\n    - never-2\n  register: true\n',
  'webhook: {secret: [never-1, never-2]}\n',
  'gateway:\n  # token: never-before\n  token: never # mine\n  url: ws://x\n',
])('what differs is shown without secrets: %j', before => {
  for (const after of ['mode: domain\n', `mode: domain\n${before}`]) {
    const shown = differences(before, after);
    expect(shown).toContain('+mode: domain');
    expect(shown).not.toMatch(/never|shown/);
  }
  expect(differences(before, 'mode: domain\n')).toContain('[secret]');
});

test('a new key comes with its explanation in lines that can be read, at its place', () => {
  const edited = edit('kapso:\n  phoneNumberId: "42"\n', [
    ['access.policy', 'pairing'],
    ['kapso.apiKeyFile', '/run/secrets/key'],
  ]);
  const lines = edited.split('\n');
  expect(lines.filter(line => line.length > 120)).toEqual([]);
  expect(lines.filter(line => line.startsWith('  # ')).length).toBeGreaterThan(2);
  expect(edited).toMatch(/\n {2}# Path of a file .*(?:\n {2}# .*)+\n {2}apiKeyFile: /);
});
