import { describe, expect, test } from 'vitest';
import { parseDocument } from 'yaml';
import { commands, helpOf } from '../../schema/commands.ts';
import { checkValues } from '../../src/config/schema-findings.ts';
import { exitCode } from '../../src/exit-codes.ts';
import { pollerHelp } from '../../src/poller-options.ts';
import { type Block, blocksOf, readPage } from './pages.ts';

const named = (blocks: readonly Block[]) =>
  blocks.map(block => [`${block.page}, line ${block.line}`, block.text] as const);

/** What is written into a YAML file by a shell. */
function filesIn(script: string): string[] {
  return [...script.matchAll(/\.yaml <<'(\w+)'\n(.*?)^\1$/gms)].map(([, , text = '']) => text);
}

describe('a configuration in the pages is right by the schema', () => {
  const written = blocksOf('sh').flatMap(block => filesIn(block.text).map(text => ({ ...block, text })));

  test.each(named([...blocksOf('yaml'), ...written]))('%s', (_where, text) => {
    const document = parseDocument(text);
    expect(document.errors).toEqual([]);
    expect(checkValues(document.toJS())).toEqual([]);
  });

  test('are found in the guides, and in what a shell writes', () => {
    expect(blocksOf('yaml').length).toBeGreaterThan(3);
    expect(written.length).toBeGreaterThan(0);
  });
});

/** Those that do something, and not the groups that they stand in. */
const words = commands()
  .map(command => command.join(' '))
  .filter((name, _at, all) => !all.some(other => other.startsWith(`${name} `)));

/** What is wrong with the calls of both programs in a script, a sentence each. */
function wrongCalls(script: string): string[] {
  const lines = script.replaceAll('\\\n', ' ').split('\n');
  const calls = lines.flatMap(line => [
    ...line.replace(/\s#.*/, '').matchAll(/(?<!--cli \S*)kapso-whatsapp-(cli|poller)(?:\.cjs)?( [^|&;>)]*)/g),
  ]);
  return calls.flatMap(([call, program, rest = '']) => {
    const options = [...rest.matchAll(/(?<= )--[a-z-]+/g)].map(([option]) => option);
    const given = rest.trim();
    const command = words.filter(name => `${given} `.startsWith(`${name} `)).sort((a, b) => b.length - a.length)[0];
    if (program === 'poller') return options.filter(option => !pollerHelp.includes(`  ${option} `)).map(String);
    if (command === undefined)
      return /^(completion|--version|--help)?\b/.exec(given)?.[0] ? [] : [`no command: ${call}`];
    const help = helpOf(command.split(' '));
    return options.filter(option => !help.includes(` ${option} `)).map(option => `${command} has no ${option}`);
  });
}

describe('the programs have the commands and options that the pages call them with', () => {
  const scripts = blocksOf('sh').filter(({ text }) => /kapso-whatsapp-(cli|poller)/.test(text));

  test.each(named(scripts))('%s', (_where, text) => {
    expect(wrongCalls(text)).toEqual([]);
  });

  test('a command or option that is not there is found', () => {
    expect(wrongCalls('sudo kapso-whatsapp-cli inbox list --all # comment')).toEqual(['inbox list has no --all']);
    expect(wrongCalls('kapso-whatsapp-cli inbox look')).not.toEqual([]);
    expect(wrongCalls('kapso-whatsapp-cli look')).not.toEqual([]);
    expect(wrongCalls('kapso-whatsapp-poller --twice')).not.toEqual([]);
    expect(wrongCalls('kapso-whatsapp-cli inbox drop --all --yes --state pending')).toEqual([]);
    expect(scripts.length).toBeGreaterThan(10);
  });
});

test('the page of exit codes has each of them, and no other', () => {
  const headings = [...readPage('docs/reference/exit-codes.md').matchAll(/^## (\d+)$/gm)].map(([, code]) =>
    Number(code),
  );
  expect(headings).toEqual(Object.values(exitCode));
});
