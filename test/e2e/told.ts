import { existsSync, mkdirSync, readFileSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { patience } from './program.ts';
import type { Stage } from './programs.ts';

/** One alert, as the program of the test has read it. */
export interface Read {
  state: string;
  code: string;
  says: string;
  count: number;
  [field: string]: unknown;
  variables: Record<string, string>;
  words: string[];
}

/** The operator's program: it writes down what it reads, its environment and its words. */
export interface Told {
  /** The settings that have the poller run it. */
  env: Record<string, string>;
  all(): Read[];
  /** Each as `state code`. */
  names(): string[];
  /** Resolves when so many were told. */
  reaches(count: number): Promise<Read[]>;
}

const script = `
const fs = require('node:fs');
let input = '';
process.stdin.on('data', text => { input += text; }).on('end', () => {
  const [, , file, ...words] = process.argv;
  fs.appendFileSync(file, JSON.stringify({ ...JSON.parse(input), variables: process.env, words }) + '\\n');
});`;

export function createTold(stage: Stage): Told {
  const dir = join(stage.dir, 'told');
  const file = join(dir, 'alerts.jsonl');
  mkdirSync(dir, { recursive: true });
  const program = join(dir, 'tell.cjs');
  writeFileSync(program, script);
  const all = () =>
    existsSync(file)
      ? readFileSync(file, 'utf8')
          .split('\n')
          .filter(Boolean)
          .map(line => JSON.parse(line) as Read)
      : [];
  const names = () => all().map(({ state, code }) => `${state} ${code}`);
  return {
    env: {
      KAPSO_ALERTS_COMMAND: [process.execPath, program, file, '--to', '$(id) `id`; id'].join('\n'),
      KAPSO_ALERTS_AFTER: '1',
    },
    all,
    names,
    reaches: (count: number) =>
      new Promise((resolve, reject) => {
        const done = (end: () => void) => {
          watcher.close();
          clearTimeout(limit);
          end();
        };
        const look = () => {
          const found = all();
          if (found.length >= count) done(() => resolve(found));
        };
        const watcher = watch(dir, look);
        const limit = setTimeout(
          () => done(() => reject(new Error(`only ${names().join(', ') || 'nothing'} was told of ${count}`))),
          patience,
        );
        look();
      }),
  };
}
