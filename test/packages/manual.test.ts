import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { commandTable, pollerTable } from '../../schema/command-table.ts';
import { readSchema } from '../../schema/schema.ts';
import { leavesOf } from '../../src/config/schema-node.ts';
import { testWith } from './programs.ts';

const root = join(import.meta.dirname, '../..');
const dir = join(root, 'dist/man');
const pages = readdirSync(dir).sort();
/** A page as a reader sees it, each run of blanks as one. */
const shown = (page: string) =>
  execFileSync('mandoc', ['-T', 'utf8', '-O', 'width=900', join(dir, page)], { encoding: 'utf8' })
    .replaceAll(/.\x08/g, '')
    .replaceAll(/\s+/g, ' ');

test('package.json names every manual page that the build writes, so that npm links them', () => {
  const { man } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  expect(man.map((path: string) => path.replace('dist/man/', '')).sort()).toEqual(pages);
});

describe('the manual pages', () => {
  testWith('mandoc')('are right by mandoc, without a word', () => {
    for (const page of pages) {
      const { stdout, stderr, status } = spawnSync('mandoc', ['-T', 'lint', '-W', 'all', join(dir, page)], {
        encoding: 'utf8',
      });
      expect({ page, said: stdout + stderr, status }).toEqual({ page, said: '', status: 0 });
    }
  });

  testWith('mandoc')('name every command, option and choice of the CLI, and every option of the poller', () => {
    const cli = shown('kapso-whatsapp-cli.1');
    for (const { words, groups } of commandTable()) {
      expect(cli).toContain(words.join(' '));
      for (const { name, value, choices } of groups.flatMap(({ options }) => options)) {
        if (name === 'version') continue;
        expect(cli).toContain(value === undefined ? `--${name}` : `--${name} ${value}`);
        expect(cli).toContain(choices.join(', '));
      }
    }
    const poller = shown('kapso-whatsapp-poller.1');
    for (const { name } of pollerTable().groups.flatMap(({ options }) => options))
      expect(poller).toContain(`--${name}`);
    expect(poller).toContain('Signals: SIGTERM and SIGINT end it');
  });

  testWith('mandoc')('say what is copied from them as it was written', () => {
    const cli = shown('kapso-whatsapp-cli.1');
    expect(cli).toContain(`kapso-whatsapp-cli send --to +15551234567 --react 👍 --to-message wamid.HBg…`);
    expect(cli).toContain(`eval "$(kapso-whatsapp-cli completion)"`);
    expect(cli).toContain('(0600)');
  });

  testWith('mandoc')('name every setting with its variable and what is known of its value', () => {
    const configuration = shown('kapso-whatsapp.5');
    for (const { key, node } of leavesOf(readSchema())) expect(configuration).toContain(`${key}, ${node['x-env']} `);
    expect(configuration).toMatch(
      /polling\.interval, KAPSO_POLL_INTERVAL .*? From 5 to 86400 seconds\. Default: 30 seconds\./,
    );
    expect(configuration).toMatch(/mode, KAPSO_MODE .*? One of polling, tailscale, domain\. Default: polling\./);
    expect(configuration).not.toMatch(/`|\]\(/);
  });
});
