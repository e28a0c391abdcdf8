import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const program = join(import.meta.dirname, '../../src/simulator/main.ts');

export interface Child {
  url: string;
  port: number;
  process: ChildProcess;
  /** Resolves to the exit code, or to the signal's name. */
  exit: Promise<number | string>;
  stop(signal: NodeJS.Signals): Promise<number | string>;
}

/** Runs the simulator program from its sources. Resolves when it is ready. */
export async function startSimulator(args: string[], env: NodeJS.ProcessEnv = {}): Promise<Child> {
  // It ends with this process's end of the pipe, so that a failed test leaves nothing behind.
  const child = spawn(process.execPath, [program, ...args, '--exit-with-stdin'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  const exit = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string);
  const line = await Promise.race([
    once(createInterface(child.stdout), 'line').then(([text]) => String(text)),
    exit.then(code => Promise.reject(new Error(`the simulator ended (${code}) before it was ready`))),
  ]);
  const { url, port, pid } = JSON.parse(line);
  if (pid !== child.pid) throw new Error(`the ready line names process ${pid}, which is not ${child.pid}`);
  return {
    url,
    port,
    process: child,
    exit,
    stop: signal => {
      child.kill(signal);
      return exit;
    },
  };
}

/** Runs it to its end. */
export async function runSimulator(args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', chunk => (stdout += chunk));
  child.stderr.on('data', chunk => (stderr += chunk));
  const [code] = await once(child, 'close');
  return { code, stdout, stderr };
}
