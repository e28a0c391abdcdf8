import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import { type Readable, Writable } from 'node:stream';
import { childEnvironment } from './child-environment.ts';
import type { Clock } from './clock.ts';
import { waits } from './waits.ts';

/**
 * Ties a child process to this one. `exec` makes the shell become the program, so pid, exit status and signals are the
 * program's own. A watcher stays behind and reads a pipe whose other end is ours. The kernel closes that end when we
 * die, by whatever cause and at whatever instant. The watcher then kills its process group: itself, the program and the
 * program's children. The watcher survives a SIGTERM to the group, since the program may too.
 */
const watched = `(trap '' HUP INT TERM; read -r _ <&3; kill -KILL 0) </dev/null >/dev/null 2>&1`;
const script = `exec 3<&0 </dev/null; ${watched} & exec "$@" 3<&-`;
/** The same for a program that has an input, which is our descriptor 4. The watcher must not hold that open. */
const scriptWithInput = `exec 3<&0 0<&4 4<&-; ${watched} & exec "$@" 3<&-`;

/**
 * Characters of the output's end to keep, unless the caller wants fewer. The status of a tailnet of thousands has some
 * megabytes.
 */
const keptOutput = 16 * 1024 * 1024;

export interface TiedOptions {
  clock: Clock;
  /** Gets all output so far, of both streams, whenever there is more. */
  onOutput?: (stdoutAndStderr: string) => void;
  /** What the program reads on its standard input, to the end. Without it, it has none. */
  input?: string;
  /** Variables for it alone. */
  env?: Readonly<Record<string, string>>;
  /** Characters of the end of each stream to keep. */
  keep?: number;
}

/** The shell's exit status when it cannot find, or cannot run, the program. */
export const notFoundStatus = 127;
export const notExecutableStatus = 126;

export interface TiedExit {
  /** The exit status; null when a signal ended it. */
  status: number | null;
  signal: NodeJS.Signals | null;
  /** The end of its standard output. */
  stdout: string;
  stderr: string;
}

/** A child process that cannot outlive this one. */
export interface TiedProcess {
  readonly pid: number | undefined;
  /** Resolves when it has ended and its output is complete, or a second after its end. Never rejects. */
  readonly exited: Promise<TiedExit>;
  /** Sends SIGTERM now and SIGKILL after `grace` milliseconds, to it and all its children. Resolves when it has ended. */
  stop(grace: number): Promise<void>;
}

/** Returns how a program ended that has failed, as the end of a sentence about it; null when it ended well. */
export function failureOf({ status, signal }: Pick<TiedExit, 'status' | 'signal'>): string | null {
  if (status === 0) return null;
  if (status === notFoundStatus) return 'was not found';
  if (status === notExecutableStatus) return 'cannot be run';
  return signal === null ? `ended with status ${status}` : `was ended by ${signal}`;
}

/**
 * Starts a program without a terminal. It ends when this process does, even when this process is
 * killed while it starts the program. Needs /bin/sh.
 */
export function startTied(
  command: string,
  args: readonly string[],
  { clock, onOutput, input, env = {}, keep = keptOutput }: TiedOptions,
): TiedProcess {
  // It has its own process group: the watcher kills that, and a Ctrl+C in a terminal reaches only us.
  const child = spawn('/bin/sh', ['-c', input === undefined ? script : scriptWithInput, 'sh', command, ...args], {
    detached: true,
    env: { ...childEnvironment(process.env), ...env },
    stdio: ['pipe', 'pipe', 'pipe', ...(input === undefined ? [] : (['ignore', 'pipe'] as const))],
  }) as ChildProcessByStdio<Writable, Readable, Readable>;
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8');
    child[name].on('data', (text: string) => {
      output[name] = (output[name] + text).slice(-keep);
      onOutput?.(output.stdout + output.stderr);
    });
  }
  // The watcher may end first.
  child.stdin.on('error', () => {});
  if (input !== undefined) give(child, input);
  // The program ended by itself. The watcher, and what the program may have left running, end with it.
  child.once('exit', () => {
    child.stdin.destroy();
    // Not what it started in a session of its own, which may hold its output open. `close` would wait for that.
    const cancel = clock.after(waits.outputAfterExit.within, () => {
      child.stdout.destroy();
      child.stderr.destroy();
    });
    child.once('close', cancel);
  });

  const exited = new Promise<TiedExit>(resolve => {
    child.once('error', error => resolve({ status: notFoundStatus, signal: null, stdout: '', stderr: error.message }));
    child.once('close', (status, signal) => resolve({ status, signal, ...output }));
  });

  return {
    pid: child.pid,
    exited,
    stop: async grace => {
      signalGroup(child, 'SIGTERM');
      const cancel = clock.after(grace, () => signalGroup(child, 'SIGKILL'));
      await exited;
      cancel();
    },
  };
}

/** A program need not read what it is given, nor to the end. */
function give({ stdio: [, , , , to] }: ChildProcess, input: string): void {
  if (!(to instanceof Writable)) return;
  to.on('error', () => {});
  to.end(input);
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    // It has just ended by itself.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
