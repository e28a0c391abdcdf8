import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** Milliseconds that only a hang reaches. */
export const patience = 40_000;

/** How one process of a program ended. */
export interface Ending {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface Command {
  /** The program's name in messages. */
  name: string;
  /** Arguments of this Node. The function is called at each start. */
  args: () => string[];
  env: Record<string, string>;
  cwd: string;
  /** Whether this line says that the program is ready. Null when it writes no such line: then it is ready when it runs. */
  ready: ((line: string) => boolean) | null;
  /** Whether this line says that another attempt at once is worthwhile. */
  again?: (line: string) => boolean;
  /** Runs the command under another one, e.g. `unshare`. */
  under?: readonly string[];
}

/** How often one start is repeated for such a reason. */
const mostTries = 50;

/** A program that can be killed and started again. Its lines are kept over all its processes. */
export interface Program {
  /** The pid of the present process. */
  readonly pid: number;
  /** Everything it wrote to both streams, in order. */
  readonly lines: readonly string[];
  /** Whether the present process has said that it is ready. */
  readonly ready: boolean;
  /** How its processes ended so far. */
  readonly endings: readonly Ending[];
  /**
   * Starts the program and resolves when it is ready. Rejects when it ends before, unless the test killed it, and when it is
   * not ready within so many milliseconds.
   */
  start(within?: number): Promise<void>;
  signal(name: NodeJS.Signals): void;
  /** Sends the signal and resolves when the process is gone. Resolves with its last ending when none runs. */
  end(signal?: NodeJS.Signals): Promise<Ending>;
  /** Resolves when the present process ends. */
  ended(): Promise<Ending>;
  /** Resolves with the index of the first line from `from` on that contains the text. Rejects when the program ends before. */
  says(text: string, from?: number): Promise<number>;
  /** Its last lines, for messages. */
  tail(): string;
}

interface Watcher {
  from: number;
  found: (line: string) => boolean;
  resolve: (index: number) => void;
  reject: (error: Error) => void;
}

export function createProgram(command: Command): Program {
  const lines: string[] = [];
  const endings: Ending[] = [];
  const watchers = new Set<Watcher>();
  let child: ChildProcess | null = null;
  let gone: Promise<Ending> = Promise.resolve({ code: null, signal: null });
  let killed = false;
  let ready = false;

  const tail = () => `The end of what ${command.name} wrote:\n${lines.slice(-25).join('\n')}`;

  const take = (line: string) => {
    lines.push(line);
    const index = lines.length - 1;
    for (const watcher of watchers) if (index >= watcher.from && watcher.found(line)) watcher.resolve(index);
  };

  const watch = (from: number, found: (line: string) => boolean, what: string, within = patience): Promise<number> => {
    const known = lines.findIndex((line, index) => index >= from && found(line));
    if (known >= 0) return Promise.resolve(known);
    if (child === null) return Promise.reject(new Error(`${command.name} does not run. ${tail()}`));
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const watcher = { from, found, resolve, reject };
    watchers.add(watcher);
    const limit = setTimeout(
      () => reject(new Error(`${command.name} did not ${what} within ${within / 1000} s. ${tail()}`)),
      within,
    );
    return promise.finally(() => {
      clearTimeout(limit);
      watchers.delete(watcher);
    });
  };

  const start = async (within?: number, tries = 1): Promise<void> => {
    if (child !== null) throw new Error(`${command.name} runs already`);
    killed = false;
    const from = lines.length;
    const [program = process.execPath, ...before] = [...(command.under ?? []), process.execPath];
    const born = spawn(program, [...before, ...command.args()], {
      cwd: command.cwd,
      env: command.env,
      // The pipe is open as long as this process lives, so that a simulator ends with it.
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    child = born;
    born.stdin.on('error', () => {});
    for (const stream of [born.stdout, born.stderr]) createInterface(stream).on('line', take);
    gone = new Promise(resolve => {
      const end = (ending: Ending, how: string) => {
        child = null;
        ready = false;
        endings.push(ending);
        // Its last lines have not been read yet.
        setImmediate(() => {
          for (const { reject } of watchers) reject(new Error(`${command.name} ended (${how}). ${tail()}`));
          resolve(ending);
        });
      };
      born.once('error', error => end({ code: null, signal: null }, error.message));
      // Not `close`: children of a killed program may hold its streams open.
      born.once('exit', (code, signal) => end({ code, signal }, signal ?? `exit code ${code}`));
    });
    try {
      if (command.ready) await watch(from, command.ready, 'get ready', within);
      ready = true;
    } catch (error) {
      if (killed) return;
      if (tries === mostTries || !lines.slice(from).some(line => command.again?.(line))) throw error;
      endings.pop();
      await start(within, tries + 1);
    }
  };

  return {
    get pid() {
      if (child?.pid === undefined) throw new Error(`${command.name} does not run. ${tail()}`);
      return child.pid;
    },
    get ready() {
      return ready;
    },
    lines,
    endings,
    start: within => start(within),
    signal: name => {
      child?.kill(name);
    },
    end: (signal = 'SIGTERM') => {
      killed = true;
      child?.kill(signal);
      return gone;
    },
    ended: () => gone,
    says: (text, from = 0) => watch(from, line => line.includes(text), `say "${text}"`),
    tail,
  };
}
