import { type ChildProcess, spawn } from 'node:child_process';
import { childEnvironment } from '../../child-environment.ts';
import type { Clock } from '../../clock.ts';

/**
 * `exec` makes the shell become the program, so its pid, its exit status and the signals to it are the program's own.
 * What stays behind is a watcher that reads a pipe of which we hold the other end. The kernel closes that end when we
 * die, by whatever cause and at whatever instant, and the watcher then kills its process group: itself, the program and
 * the program's children. The watcher outlives a SIGTERM to the group, for the case that the program does too. Killing the tailscale CLI is enough to close the tunnel: tailscaled drops a foreground
 * funnel when the connection of the CLI that asked for it ends. (The CLI itself does not look at its standard input.)
 */
const script = `exec 3<&0 </dev/null; (trap '' HUP INT TERM; read -r _ <&3; kill -KILL 0) >/dev/null 2>&1 & exec "$@" 3<&-`;

/** As much of the output's end as is kept, characters: the status of a tailnet of thousands is some megabytes. */
const keptOutput = 16 * 1024 * 1024;

/** What the shell exits with when it cannot find, or cannot run, the program. */
export const notFoundStatus = 127;
export const notExecutableStatus = 126;

export interface TiedExit {
  /** Null when a signal ended it. */
  status: number | null;
  signal: NodeJS.Signals | null;
  /** The end of what it wrote. */
  stdout: string;
  stderr: string;
}

/** A child process that cannot outlive this one. */
export interface TiedProcess {
  readonly pid: number | undefined;
  /** Resolves when it is gone and its output is complete. Never rejects. */
  readonly exited: Promise<TiedExit>;
  /** SIGTERM now, SIGKILL after `grace` milliseconds, to it and all its children; resolves when it is gone. */
  stop(grace: number): Promise<void>;
}

/**
 * Starts a program without a terminal and without input that ends when this process does, even when that is killed
 * while starting the program. Needs /bin/sh.
 */
export function startTied(
  command: string,
  args: readonly string[],
  { clock, onOutput }: { clock: Clock; onOutput?: (stdoutAndStderr: string) => void },
): TiedProcess {
  // A process group of its own: the watcher kills that, and a Ctrl+C in a terminal reaches only us.
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
  // The watcher may be gone first.
  child.stdin.on('error', () => {});
  // The program has ended by itself: the watcher, and what the program may have left running, end with it.
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
    // It has ended by itself in this moment.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
