/** The real poller on a broken set-up: what it says of it, until it has said enough or has ended. */
import { type ChildProcess, spawn } from 'node:child_process';
import { bundles, nodeOptions } from '../e2e/programs.ts';

/** Milliseconds that only a hang reaches. */
const patience = 30_000;

export interface Heard {
  output: string;
  /** The exit code; null when it was ended here. */
  code: number | null;
}

/**
 * Starts the poller and resolves when it has ended, or when everything was said: each pattern is found in what it wrote.
 * `onReady` is called when it receives messages.
 */
export async function hear(
  env: NodeJS.ProcessEnv,
  {
    says,
    endsItself,
    onReady,
  }: { says: readonly RegExp[]; endsItself: boolean; onReady: (poller: ChildProcess) => void },
): Promise<Heard> {
  const poller = spawn(process.execPath, [...nodeOptions(bundles.poller), bundles.poller], {
    env: { ...env, KAPSO_LOG_FORMAT: 'text', NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let isReady = false;
  const take = (text: string) => {
    output += text;
    if (!isReady && output.includes('First start: messages from now on')) {
      isReady = true;
      onReady(poller);
    }
    // It ends by itself after a wrong start.
    if (!endsItself && says.every(pattern => pattern.test(output))) poller.kill('SIGKILL');
  };
  poller.stdout.setEncoding('utf8').on('data', take);
  poller.stderr.setEncoding('utf8').on('data', take);
  const limit = setTimeout(() => poller.kill('SIGKILL'), patience);
  const code = await new Promise<number | null>((resolve, reject) => {
    poller.once('error', reject);
    poller.once('close', resolve);
  });
  clearTimeout(limit);
  return { output, code };
}
