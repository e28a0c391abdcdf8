import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { createLogOutput } from '../../src/observe/log-output.ts';
import { manualClock } from '../manual-clock.ts';

const { O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;

function directory(): string {
  const dir = mkdtempSync(join(tmpdir(), 'kapso-log-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** A named pipe whose reader can go away and come back. */
function pipe() {
  const path = join(directory(), 'log');
  execFileSync('mkfifo', [path]);
  let reader: number | null = openSync(path, O_RDONLY | O_NONBLOCK);
  const fd = openSync(path, O_WRONLY | O_NONBLOCK);
  const leave = () => {
    if (reader !== null) closeSync(reader);
    reader = null;
  };
  onTestFinished(() => {
    leave();
    closeSync(fd);
  });
  return {
    fd,
    leave,
    come: () => {
      reader = openSync(path, O_RDONLY | O_NONBLOCK);
    },
    read: () => {
      let text = '';
      const buffer = Buffer.alloc(65536);
      try {
        for (let size = 1; reader !== null && size > 0; text += buffer.toString('latin1', 0, size)) {
          size = readSync(reader, buffer);
        }
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      }
      return text;
    },
  };
}

function outputTo(fd: number) {
  const clock = manualClock(0);
  const output = createLogOutput({ fd, clock, onResume: lost => output.write(`${lost} lost\n`) });
  return { clock, output };
}

it('a reader that goes away loses the lines of that time and is told how many when another comes', () => {
  const { fd, leave, come, read } = pipe();
  const { output } = outputTo(fd);
  output.write('one\n');
  expect(read()).toBe('one\n');
  leave();
  output.write('two\n');
  output.write('three\n');
  come();
  output.write('four\n');
  expect(read()).toBe('four\n2 lost\n');
  output.write('five\n');
  expect(read()).toBe('five\n');
});

it('a reader that does not read loses only what is above a limit, and gets whole lines in order afterwards', () => {
  const { fd, read } = pipe();
  const { clock, output } = outputTo(fd);
  const line = (n: number) => `${String(n).padStart(999, '0')}\n`;
  for (let n = 0; n < 1000; n++) output.write(line(n));
  // It is tried again while there is something left, and only then.
  expect(clock.pending()).toHaveLength(1);
  let text = '';
  for (let round = 0; round < 10; round++) {
    text += read();
    clock.advance(250);
  }
  expect(clock.pending()).toEqual([]);
  const lines = text.split('\n');
  expect(lines.pop()).toBe('');
  const said = lines.pop();
  expect(lines.map(Number)).toEqual(lines.map((_, n) => n));
  expect(lines.length).toBeGreaterThan(256);
  expect(said).toBe(`${1000 - lines.length} lost`);
});

it('a line that was cut off by the end of its reader does not run into the next one', () => {
  const { fd, leave, come, read } = pipe();
  const { clock, output } = outputTo(fd);
  output.write(`${'x'.repeat(70_000)}\n`);
  leave();
  clock.advance(250);
  come();
  output.write('next\n');
  // What the pipe had taken is there still.
  const before = read();
  clock.advance(250);
  expect(before + read()).toMatch(/^x+\nnext\n1 lost\n$/);
});

it('a socket whose other side is gone, such as the journal, is survived', async () => {
  const path = join(directory(), 'socket');
  const server = createServer().listen(path);
  onTestFinished(() => {
    server.close();
  });
  const accepted = new Promise<Socket>(resolve => server.once('connection', resolve));
  const ours = connect(path);
  onTestFinished(() => {
    ours.destroy();
  });
  const theirs = await accepted;
  const { fd } = (ours as unknown as { _handle: { fd: number } })._handle;
  const { output } = outputTo(fd);
  output.write('one\n');
  expect(String(await new Promise(resolve => theirs.once('data', resolve)))).toBe('one\n');
  theirs.destroy();
  await new Promise(resolve => theirs.once('close', resolve));
  expect(() => {
    for (let n = 0; n < 3; n++) output.write('nobody reads this\n');
  }).not.toThrow();
});

it('a full disk is survived', () => {
  const fd = openSync('/dev/full', O_WRONLY);
  onTestFinished(() => closeSync(fd));
  const { clock, output } = outputTo(fd);
  expect(() => output.write('one\n')).not.toThrow();
  expect(clock.pending()).toEqual([]);
});
