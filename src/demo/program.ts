import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** How a process is started. */
export interface Launch {
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  cwd: string;
  /** Where its standard error goes. */
  errors: number | 'inherit';
}

/** A program of the demo, which can be ended and started again. It ends with this process, even when this is killed. */
export interface Program {
  /** In sentences. */
  readonly name: string;
  /** The process; null while there is none. */
  readonly pid: number | null;
  /** Resolves when it is ready, with the line that it prints then. Rejects when it ends before. */
  start(): Promise<Readonly<Record<string, unknown>>>;
  /** Sends the signal. Resolves when the process is gone, at once when there is none. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

/**
 * @param launch asked at each start
 * @param onEnd called when it ends though nobody has ended it, with a sentence that says so
 */
export function createProgram(
  name: string,
  launch: () => Launch,
  onEnd: (sentence: string) => void = () => undefined,
): Program {
  let running: { child: ChildProcess; pid: number; gone: Promise<void>; ending: boolean } | null = null;

  const start = async () => {
    const { args, env, cwd, errors } = launch();
    const child = spawn(process.execPath, args, { env, cwd, stdio: ['pipe', 'pipe', errors] });
    child.stdin?.on('error', () => undefined);
    const { promise: gone, resolve: left } = Promise.withResolvers<void>();
    const present = { child, pid: child.pid ?? 0, gone, ending: false };
    running = present;
    const ready = Promise.withResolvers<Record<string, unknown>>();
    child.once('error', ready.reject);
    child.once('exit', (code, signal) => {
      if (running === present) running = null;
      left();
      const sentence = `${name} ended by itself (${signal ?? `exit code ${code}`})`;
      ready.reject(new Error(sentence));
      if (!present.ending) onEnd(sentence);
    });
    if (child.stdout) createInterface(child.stdout).once('line', line => ready.resolve(JSON.parse(line)));
    const line = await ready.promise;
    // What is kept by another process says its own id.
    present.pid = Number(line.pid);
    return line;
  };

  return {
    name,
    get pid() {
      return running?.pid ?? null;
    },
    start,
    end: async signal => {
      if (running === null) return;
      const { child, pid, gone } = running;
      running.ending = true;
      if (signal === 'SIGTERM') child.stdin?.end();
      signalProcess(signal === 'SIGKILL' ? pid : (child.pid ?? 0), signal);
      await gone;
    },
  };
}

function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    if (pid > 0) process.kill(pid, signal);
  } catch (error) {
    // It has just ended.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
