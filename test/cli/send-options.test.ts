import { describe, expect, test } from 'vitest';
import type { CommandArguments } from '../../src/cli/command.ts';
import { createProgram } from '../../src/cli/program.ts';
import { parseSend, sendOptions } from '../../src/cli/send-options.ts';

async function parseWithYargs(args: readonly string[]): Promise<CommandArguments | null> {
  let seen: CommandArguments | null = null;
  const unused = async () => {};
  const handlers = {
    send: (given: CommandArguments) => {
      seen = given;
    },
    config: unused,
    status: unused,
    inbox: unused,
    outbox: unused,
    access: unused,
    contacts: unused,
    media: unused,
    read: unused,
    templates: unused,
    webhook: unused,
    demo: unused,
    doctor: unused,
    backup: unused,
    restore: unused,
    forget: unused,
    state: unused,
    explain: unused,
    trace: unused,
    units: unused,
  };
  await createProgram(handlers).parseAsync(['send', ...args], {}, () => {});
  return seen;
}

describe('the two readers of the send command line', () => {
  const values: Record<string, string> = { to: '+15551234567', text: 'Hello', config: '/etc/k.yaml', wait: '5' };
  const names = ['to', 'text', 'markdown', 'json', 'config', 'wait'];
  const all = Object.entries(sendOptions).flatMap(([name, { type }]) => {
    if (!names.includes(name)) return [];
    return type === 'boolean' ? [`--${name}`] : [`--${name}`, values[name] ?? ''];
  });

  test('know every option, by the same name and kind', async () => {
    const quick = parseSend(all);
    const slow = await parseWithYargs(all);
    const read = {
      recipients: [{ to: '+15551234567' }],
      form: { kind: 'text', text: 'Hello', markdown: true },
      dryRun: false,
      json: true,
      config: '/etc/k.yaml',
      wait: 5,
      reachWithin: 5,
    };
    expect(quick).toEqual(read);
    for (const name of names) expect(String(slow?.[name])).toBe(values[name] ?? 'true');
  });

  test('take a group in the place of a person, and not both', async () => {
    expect(parseSend(['--group', 'G1', 'Hello'])).toMatchObject({
      recipients: [{ group: 'G1' }],
      form: { text: 'Hello' },
    });
    expect(await parseWithYargs(['--group', 'G1', 'Hello'])).toMatchObject({ group: 'G1' });
    expect(() => parseSend([...all, '--group', 'G1'])).toThrow('--to and --group are both given');
    expect(() => parseSend(['Hello'])).toThrow('no recipient');
  });

  test('refuse an option that is not declared', async () => {
    expect(() => parseSend([...all, '--other'])).toThrow("unknown option '--other'");
    expect(await parseWithYargs([...all, '--other'])).toBeNull();
  });

  test('wait for a minute, and for ten seconds where nothing answers', () => {
    expect(parseSend(['--to', '+15551234567', 'Hello'])).toMatchObject({ wait: 60, reachWithin: 10 });
  });

  test('take the text as a word', async () => {
    const args = ['--to', '+15551234567', 'Hello'];
    expect(parseSend(args)).toMatchObject({ form: { text: 'Hello' } });
    expect(await parseWithYargs(args)).toMatchObject({ message: 'Hello' });
  });

  test('take a request for help for that, and a text that reads like one for a text', () => {
    expect(parseSend(['--help'])).toBeNull();
    expect(parseSend(['-h', '--to', '+15551234567'])).toBeNull();
    expect(parseSend(['--to', '+15551234567', '--text', '--help'])).toMatchObject({ form: { text: '--help' } });
    expect(parseSend(['--to', '+15551234567', '--', '-h'])).toMatchObject({ form: { text: '-h' } });
  });
});
