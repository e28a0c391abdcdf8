/** Each command of the skill is run as the agent runs it, and Kapso takes what it sends. */
import { execFile } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readHinted } from '../../src/delivery/reply-hint.ts';
import { type KapsoSimulator, startKapsoSimulator } from '../../src/simulator/kapso.ts';
import { bundle } from '../cli/program.ts';
import { root } from './pages.ts';

const skill = readFileSync(join(root, 'skills/kapso-whatsapp/SKILL.md'), 'utf8');
const block = /^```sh\n(.*?)^```$/ms.exec(skill)?.[1] ?? '';
const commands = block.split('\n').filter(line => line !== '');
const run = promisify(execFile);

let dir: string;
let workspace: string;
let kapso: KapsoSimulator;
/** The id of a message of the customer. */
let asked: string;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'kapso-skill-'));
  workspace = join(dir, 'workspace');
  mkdirSync(workspace);
  // By these an agent's workspace is known, from which it may send files.
  for (const name of ['AGENTS.md', 'SOUL.md']) writeFileSync(join(workspace, name), '');
  const media = join(root, 'test/fixtures/media');
  copyFileSync(join(media, 'picture.png'), join(workspace, 'plan.png'));
  copyFileSync(join(media, 'opus-mono.ogg'), join(workspace, 'greeting.ogg'));
  writeFileSync(join(workspace, 'offer.pdf'), '%PDF-1.4\n%%EOF\n');
  writeFileSync(
    join(workspace, 'ada.vcf'),
    'BEGIN:VCARD\nVERSION:3.0\nFN:Ada Lovelace\nTEL;TYPE=CELL:+15551234567\nEND:VCARD\n',
  );
  writeFileSync(join(dir, 'kapso-whatsapp-cli'), `#!/bin/sh\nexec '${process.execPath}' '${bundle}' "$@"\n`);
  chmodSync(join(dir, 'kapso-whatsapp-cli'), 0o755);
  kapso = await startKapsoSimulator({ settings: { enforceWindow: true } });
  await control('templates', {
    name: 'appointment',
    language: 'en',
    parameter_format: 'NAMED',
    components: [{ type: 'BODY', text: 'Dear {{name}}, we expect you on {{time}}.' }],
  });
  const customers = [{ from: '+15551234567' }, { from: '+15550002222', group: 'Y2FwaV9ncm91cDox' }];
  const { ids } = (await control('inbound', {
    messages: customers.map(customer => ({ ...customer, text: 'At what time?' })),
  })) as { ids: string[] };
  asked = ids[0] ?? '';
});

afterAll(async () => {
  await kapso.close();
  rmSync(dir, { recursive: true, force: true });
});

async function control(path: string, body: unknown): Promise<unknown> {
  const answer = await fetch(`${kapso.url}/__sim/${path}`, { method: 'POST', body: JSON.stringify(body) });
  expect(answer.status, await answer.clone().text()).toBe(200);
  return answer.json();
}

/** Runs a command as the gateway runs one of the agent. */
const asAgent = (command: string) =>
  run('/bin/sh', ['-c', command.replaceAll('wamid.A1', asked)], {
    cwd: workspace,
    env: {
      PATH: `${dir}:${process.env.PATH}`,
      HOME: dir,
      OPENCLAW_SHELL: 'exec',
      KAPSO_API_KEY: kapso.apiKey,
      KAPSO_PHONE_NUMBER_ID: kapso.phoneNumberId,
      KAPSO_BASE_URL: kapso.url,
    },
  });

describe('a command of the skill', () => {
  it('stands there for each kind of message of its table', () => {
    expect(commands.length).toBeGreaterThan(10);
    expect(commands.every(line => line.startsWith('kapso-whatsapp-cli send --'))).toBe(true);
    const table = skill.slice(skill.indexOf('## What to do'), skill.indexOf('## The command'));
    const named = new Set(table.match(/--[a-z][a-z-]*/g));
    named.delete('--video');
    expect([...named].filter(option => !block.includes(option))).toEqual([]);
  });

  it.each(commands)('is taken by Kapso: %s', async command => {
    const { stdout, stderr } = await asAgent(command);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^wamid\.\S+\n$/);
  });

  it.each(commands)('is shown, and not sent, with --dry-run: %s', async command => {
    const before = kapso.sent().length;
    const { stdout } = await asAgent(`${command} --dry-run`);
    expect(JSON.parse(stdout)).toMatchObject({ dryRun: true });
    expect(kapso.sent()).toHaveLength(before);
  });
});

it('each block that the skill shows for a final text is taken by the bridge', async () => {
  const section = skill.slice(skill.indexOf('## Your final text'), skill.indexOf('## The command'));
  const shown = await readHinted(/^````text\n(.*?)^````$/ms.exec(section)?.[1] ?? '');
  expect(shown).toMatchObject({ problem: null, hint: { tap: {} } });
  expect(shown.text).toContain('\nMEDIA:./plan.png');
  const fields = [...section.matchAll(/`((?:buttons|list|cta|askLocation|location|reaction): [^`]+)`/g)].map(
    ([, one]) => one,
  );
  expect(fields).toHaveLength(6);
  for (const field of fields) {
    const { hint, problem } = await readHinted(`Shall we?\n\`\`\`whatsapp\n${field}\n\`\`\``);
    expect([field, problem, Object.keys(hint)]).toEqual([field, null, [expect.any(String)]]);
  }
});

it('the exit codes of the skill are those of the page', () => {
  const codes = [...skill.matchAll(/^\| ([\d, ]+) \|/gm)].flatMap(([, list = '']) => list.split(', '));
  const page = readFileSync(join(root, 'docs/reference/exit-codes.md'), 'utf8');
  expect(codes.filter(code => !page.includes(`\n## ${code}\n`))).toEqual([]);
  expect(codes).toEqual(['64', '69', '75', '77', '78']);
});

it('what the skill shows of a turn is what the bridge writes', async () => {
  const { agentMessage } = await import('../../src/domain/prompt.ts');
  const sent = Date.UTC(2026, 10, 22, 19, 31);
  const shown = agentMessage(
    {
      ...{
        id: 'wamid.A1',
        account: '1',
        conversationId: null,
        timestamp: Date.UTC(2026, 10, 22, 19, 40),
        type: 'text',
      },
      ...{ sender: { phone: '15551234567', userId: null, name: 'Ada', username: null }, media: null },
      text: '[in reply to message wamid.B2]\nAt what time?',
    },
    {
      ...{ context: [], omitted: 0, age: 0 },
      references: [{ id: 'wamid.B2', by: 'us', at: sent, words: 'The workshop is on Friday.' }],
    },
  );
  expect(skill).toContain(shown.replace(/^(?=.)/gm, '    '));
});
