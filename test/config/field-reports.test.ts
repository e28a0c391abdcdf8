import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { runCli } from '../cli/program.ts';

interface Call {
  args: string[];
  env: Record<string, string | null>;
  code: number;
  /** What must stand on standard error. */
  err: string | null;
}

/** What people of the field reported, as command lines; `@HEX:…@` is a file with these bytes, `@HEX:…:json@` one called so. */
const reports = ['B24-secret-files.json', 'B25-quoted-secrets.json'].map(name => {
  const path = join(import.meta.dirname, '../fixtures/field-reports', name);
  return { name, ...(JSON.parse(readFileSync(path, 'utf8')) as { why: string; calls: Call[] }) };
});
const account = { KAPSO_API_KEY: 'key-7f3a91c2-never-to-be-seen', KAPSO_PHONE_NUMBER_ID: '647000000000001' };

describe.each(reports)('$name: $why', ({ calls }) => {
  test.each(calls)('$args $env ends with $code', async ({ args, env, code, err }) => {
    const dir = mkdtempSync(join(tmpdir(), 'kapso-report-'));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    let files = 0;
    const fill = (text: string) =>
      text.replace(/^@HEX:([0-9a-f]+)(?::(\w+))?@$/, (_, hex: string, extension = 'txt') => {
        files += 1;
        const path = join(dir, `${files}.${extension}`);
        writeFileSync(path, Buffer.from(hex, 'hex'), { mode: 0o600 });
        return path;
      });
    const set = Object.entries({ ...account, ...env }).flatMap(([name, value]) =>
      value === null ? [] : [[name, fill(value)]],
    );
    const ended = await runCli(args.map(fill), { env: Object.fromEntries(set) });
    expect(ended.code, ended.stderr).toBe(code);
    if (err !== null) expect(ended.stderr).toMatch(new RegExp(err.replace('(?i)', ''), 'i'));
    expect(ended.stdout + ended.stderr).not.toMatch(/0123456789|shh-0/);
  });
});
