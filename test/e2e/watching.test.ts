import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createProgram, type Program } from './program.ts';
import { apiKey, bundles, createStage, type Stage } from './programs.ts';

const customer = '+15550104477';

function watching(stage: Stage, ...args: string[]): Program {
  const program = createProgram({
    name: args.join(' '),
    args: () => [bundles.cli, ...args],
    env: stage.env,
    cwd: stage.dir,
    ready: null,
  });
  onTestFinished(async () => {
    await program.end('SIGKILL');
  });
  return program;
}

test('a person follows messages, over kills and starts of the poller, and sees the life of each', async () => {
  const stage = createStage();
  const runtime = join(stage.dir, 'run');
  mkdirSync(runtime, { mode: 0o700 });
  stage.env.XDG_RUNTIME_DIR = runtime;
  const sockets = () => readdirSync(join(runtime, 'kapso-whatsapp'));
  const kapso = await stage.startKapso();
  await stage.startGateway();
  const poller = await stage.startPoller();

  const tail = watching(stage, 'inbox', 'tail', '-f', '--json');
  await tail.start();
  await tail.says('"watching":"the poller"');
  const status = watching(stage, 'status', '--watch', '--json');
  await status.start();
  await status.says('"running":true');
  const lines = watching(stage, 'status', '--watch');
  await lines.start();
  await lines.says('runs, gateway connected; messages 0 pending');
  // A reader that goes away ends it.
  const cut = createProgram({
    name: 'tail | head',
    args: () => [],
    under: ['sh', '-c', `"$0" '${bundles.cli}' inbox tail -f --json | head -n 1`],
    env: stage.env,
    cwd: stage.dir,
    ready: null,
  });
  await cut.start();
  await cut.says('watching');

  const [first = ''] = await kapso.receive([{ from: customer, text: 'the first words' }]);
  poller.signal('SIGUSR2');
  await tail.says('"outcome":"answered"');
  expect(await cut.ended()).toMatchObject({ code: 0 });

  const { stdout } = await stage.run('cli', ['trace', first.slice(-12)]);
  const steps = [
    ...['written', 'received by polling', 'the gateway has taken its run', 'its run has ended', 'settled: answering'],
    ...['was handed to Kapso', 'was taken by Kapso'],
  ];
  expect(stdout).toMatch(new RegExp(steps.join('.*'), 's'));
  expect(stdout).toContain('the run has answered');
  expect(stdout).not.toMatch(/15550104477|first words/);
  const full = JSON.parse((await stage.run('cli', ['trace', first, '--full', '--json'])).stdout);
  expect(full).toMatchObject({ from: 'poller', message: { id: first, text: 'the first words' } });
  const [answer] = full.answers;
  for (const id of [answer.id, answer.sentId, answer.sentId.slice(-12)]) {
    expect(JSON.parse((await stage.run('cli', ['trace', id, '--json'])).stdout).steps).toHaveLength(full.steps.length);
  }
  expect(await stage.run('cli', ['trace', 'nothing-ends-so'])).toMatchObject({ code: 64 });

  await lines.says('answers 0 pending, 0 sending, 0 failed');
  await poller.end('SIGKILL');
  await Promise.all([status.says('"running":false'), lines.says('does not run; messages')]);
  await tail.says('"watching":"the inbox"');
  expect(sockets()).toHaveLength(1);
  const kept = await stage.run('cli', ['trace', first.slice(-12)]);
  expect(kept.stdout).toMatch(/received by polling.*its run 1 began.*settled: answered.*No poller answers/s);
  const listed = await stage.run('cli', ['inbox', 'tail', '-n', '5']);
  expect(listed.stdout.trim().split('\n')).toHaveLength(1);
  expect(listed).toMatchObject({ code: 0, stderr: expect.stringContaining('No poller answers') });

  const before = tail.lines.length;
  const known = status.lines.length;
  const [second = ''] = await kapso.receive([{ from: customer, text: 'the second words' }]);
  await poller.start();
  await tail.says('"watching":"the poller"', before);
  await status.says('"running":true', known);
  await tail.says('"outcome":"answered"', before);
  expect(tail.lines.slice(before).join('\n')).toContain(JSON.stringify(second.slice(-12)).slice(1, -1));
  expect(sockets()).toHaveLength(1);

  const after = tail.lines.length;
  await poller.end();
  await tail.says('"watching":"the inbox"', after);
  expect(sockets()).toEqual([]);
  for (const one of [tail, status, lines]) expect(await one.end('SIGINT')).toEqual({ code: 0, signal: null });
  const shown = [tail, status, lines].flatMap(one => one.lines).join('\n');
  expect(shown).not.toMatch(new RegExp(`words|15550104477|${apiKey}|gateway-token`));
});

/** Runs a program on a terminal of its own, which util-linux makes. */
const terminal = existsSync('/usr/bin/script');

test.runIf(terminal)('status --watch draws on a terminal, without texts, and gives it back as it was', async () => {
  const stage = createStage();
  const kapso = await stage.startKapso();
  await stage.startGateway();
  const poller = await stage.startPoller();
  const child = spawn('script', ['-qefc', `exec '${process.execPath}' '${bundles.cli}' status --watch`, '/dev/null'], {
    cwd: stage.dir,
    env: { ...stage.env, TERM: 'xterm' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let seen = '';
  child.stdout.setEncoding('utf8').on('data', text => {
    seen += text;
  });
  const says = async (text: string | RegExp) => {
    while (seen.search(text) < 0) await once(child.stdout, 'data');
  };
  await says(/\[\?1049h.*told by the poller; Ctrl-C ends.*No messages\./s);
  await kapso.receive([{ from: customer, text: 'not for passers-by' }]);
  poller.signal('SIGUSR2');
  await says(/\+1555…77 .* answered by relay, sent/);
  await poller.end('SIGKILL');
  await says(/by its files: no poller answers.*does not run/s);
  child.stdin.write('\u0003');
  expect(await once(child, 'close')).toEqual([0, null]);
  expect(seen.trimEnd().endsWith('\u001b[?25h\u001b[?1049l')).toBe(true);
  expect(seen).not.toMatch(/passers-by|15550104477/);
});
