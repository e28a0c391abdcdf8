import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** Milliseconds that only a hang reaches. */
export const patience = 40_000;

/** How one life of a program ended. */
export interface Ending {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface Command {
  /** For messages. */
  name: string;
  /** Of this Node. Asked for again at each start. */
  args: () => string[];
  env: Record<string, string>;
  cwd: string;
  /** Whether this line says that the program is ready; null when it says nothing and its being there has to do. */
  ready: ((line: string) => boolean) | null;
  /** Whether this line says that it was worth trying again at once. */
  again?: (line: string) => boolean;
  /** Runs the command under another one, e.g. `unshare`. */
  under?: readonly string[];
}

/** Starts of one program in a row that may fail for a reason worth trying again. */
const mostTries = 50;

/** A program that can be killed and started again; its lines are kept over all its lives. */
export interface Program {
  /** Of the present life. */
  readonly pid: number;
  /** Everything it wrote, in order, both streams. */
  readonly lines: readonly string[];
  /** Whether the present life has said that it is ready. */
  readonly ready: boolean;
  /** How its lives ended so far. */
  readonly endings: readonly Ending[];
  /** Starts it and resolves when it is ready; rejects when it ends before, unless it was killed meanwhile. */
  start(): Promise<void>;
  signal(name: NodeJS.Signals): void;
  /** Sends the signal and resolves when the process is gone; resolves with its last ending when there is none. */
  end(signal?: NodeJS.Signals): Promise<Ending>;
  /** Resolves when the present life ends. */
  ended(): Promise<Ending>;
  /** Resolves with the index of the first line from `from` on that contains the text; rejects when the program ends before. */
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

  const watch = (from: number, found: (line: string) => boolean, what: string): Promise<number> => {
    const known = lines.findIndex((line, index) => index >= from && found(line));
    if (known >= 0) return Promise.resolve(known);
    if (child === null) return Promise.reject(new Error(`${command.name} does not run. ${tail()}`));
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const watcher = { from, found, resolve, reject };
    watchers.add(watcher);
    const limit = setTimeout(
      () => reject(new Error(`${command.name} did not ${what} within ${patience / 1000} s. ${tail()}`)),
      patience,
    );
    return promise.finally(() => {
      clearTimeout(limit);
      watchers.delete(watcher);
    });
  };

  const start = async (tries = 1): Promise<void> => {
    if (child !== null) throw new Error(`${command.name} runs already`);
    killed = false;
    const from = lines.length;
    const [program = process.execPath, ...before] = [...(command.under ?? []), process.execPath];
    const born = spawn(program, [...before, ...command.args()], {
      cwd: command.cwd,
      env: command.env,
      // Open for as long as this process lives: a simulator that outlives it ends with it.
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
        // Its last lines are still on their way.
        setImmediate(() => {
          for (const { reject } of watchers) reject(new Error(`${command.name} ended (${how}). ${tail()}`));
          resolve(ending);
        });
      };
      born.once('error', error => end({ code: null, signal: null }, error.message));
      // Not `close`: what a killed program has started may hold its streams open.
      born.once('exit', (code, signal) => end({ code, signal }, signal ?? `exit code ${code}`));
    });
    try {
      if (command.ready) await watch(from, command.ready, 'get ready');
      ready = true;
    } catch (error) {
      if (killed) return;
      if (tries === mostTries || !lines.slice(from).some(line => command.again?.(line))) throw error;
      endings.pop();
      await start(tries + 1);
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
    start: () => start(),
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
