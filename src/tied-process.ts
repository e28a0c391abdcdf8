import { type ChildProcess, spawn } from 'node:child_process';
import { childEnvironment } from './child-environment.ts';
import type { Clock } from './clock.ts';

/**
 * Ties a child process to this one. `exec` makes the shell become the program, so pid, exit status and signals are the
 * program's own. A watcher stays behind and reads a pipe whose other end is ours. The kernel closes that end when we
 * die, by whatever cause and at whatever instant. The watcher then kills its process group: itself, the program and the
 * program's children. The watcher survives a SIGTERM to the group, since the program may too.
 */
const script = `exec 3<&0 </dev/null; (trap '' HUP INT TERM; read -r _ <&3; kill -KILL 0) >/dev/null 2>&1 & exec "$@" 3<&-`;

/** Characters of the output's end to keep. The status of a tailnet of thousands has some megabytes. */
const keptOutput = 16 * 1024 * 1024;

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
  /** Resolves when it has ended and its output is complete. Never rejects. */
  readonly exited: Promise<TiedExit>;
  /** Sends SIGTERM now and SIGKILL after `grace` milliseconds, to it and all its children. Resolves when it has ended. */
  stop(grace: number): Promise<void>;
}

/**
 * Starts a program without a terminal and without input. It ends when this process does, even when this process is
 * killed while it starts the program. Needs /bin/sh.
 */
export function startTied(
  command: string,
  args: readonly string[],
  { clock, onOutput }: { clock: Clock; onOutput?: (stdoutAndStderr: string) => void },
): TiedProcess {
  // It has its own process group: the watcher kills that, and a Ctrl+C in a terminal reaches only us.
  const child = spawn('/bin/sh', ['-c', script, 'sh', command, ...args], {
    detached: true,
    env: childEnvironment(process.env),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8');
    child[name].on('data', (text: string) => {
      output[name] = (output[name] + text).slice(-keptOutput);
      onOutput?.(output.stdout + output.stderr);
    });
  }
  // The watcher may end first.
  child.stdin.on('error', () => {});
  // The program ended by itself. The watcher, and what the program may have left running, end with it.
  child.once('exit', () => child.stdin.destroy());

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

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    // It has just ended by itself.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
