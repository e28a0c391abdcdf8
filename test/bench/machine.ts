/** Describes the machine: a number without its machine says nothing. */
import { closeSync, fdatasyncSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { median, monotonic } from './measurement.ts';
import { workRoot } from './stage.ts';

/** Returns a paragraph of Markdown: processor, kernel, Node, the disk below the state directories, and the present load. */
export function describeMachine(): string {
  const [load = 0] = loadavg();
  const busy = load > 0.5 ? ' **Something else was running: expect worse numbers than the program deserves.**' : '';
  return [
    `${availableParallelism()} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${Math.round(totalmem() / 1e9)} GB;`,
    `Linux ${release()}; Node.js ${process.version};`,
    `state directories below ${workRoot} on ${fileSystemOf(workRoot)}, where 4 KiB and an fdatasync take`,
    `${syncTime().toFixed(2)} ms (median of 50). Load average before the start: ${load.toFixed(2)}.${busy}`,
    'All programs, load generators included, share this machine. MB is 10⁶ bytes.',
  ].join(' ');
}

function fileSystemOf(path: string): string {
  const mounts = readFileSync('/proc/self/mounts', 'utf8')
    .trim()
    .split('\n')
    .map(line => line.split(' '))
    .map(([, point = '', type = 'unknown']) => ({ point, type }))
    .filter(({ point }) => point === '/' || path === point || path.startsWith(`${point}/`))
    .sort((a, b) => a.point.length - b.point.length);
  return mounts.at(-1)?.type ?? 'unknown';
}

function syncTime(): number {
  const dir = mkdtempSync(join(workRoot, 'kapso-whatsapp-bench-'));
  const file = openSync(join(dir, 'sync'), 'w');
  const block = Buffer.alloc(4096, 1);
  const times: number[] = [];
  try {
    for (let i = 0; i < 50; i += 1) {
      const begun = monotonic();
      writeSync(file, block);
      fdatasyncSync(file);
      times.push(monotonic() - begun);
    }
  } finally {
    closeSync(file);
    rmSync(dir, { recursive: true, force: true });
  }
  return median(times);
}
