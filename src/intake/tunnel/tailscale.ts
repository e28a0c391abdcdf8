import type { Clock } from '../../clock.ts';
import type { ListenAddress } from '../../config/listen-address.ts';
import type { Log } from '../../observe/log.ts';
import { backoff, waits } from '../../waits.ts';
import {
  enableLink,
  type FunnelProblem,
  notEnabled,
  problemOfExit,
  problemOfPort,
  problemOfStatus,
  readStatus,
} from './tailscale-problem.ts';
import { startTied, type TiedProcess } from './tailscale-process.ts';

/**
 * starting  asking for the machine's name, then waiting for the tunnel
 * open      reachable from the internet
 * waiting   not open; it is tried again by itself
 * closed    ended by us
 */
export type FunnelPhase = 'starting' | 'open' | 'waiting' | 'closed';

export interface FunnelState {
  phase: FunnelPhase;
  /** Milliseconds since the epoch. */
  since: number;
  /** What to register in Kapso; set while open. */
  url: string | null;
  /** What keeps it from being open. */
  problem: FunnelProblem | null;
}

export interface FunnelDeps {
  /** The CLI's name or path. */
  command: string;
  /** The public port. */
  port: number;
  /** What the tunnel leads to; see `funnelTarget`. */
  target: string;
  /** Path of the webhook, for the URL that is reported. */
  path: string;
  /** The poller registers the URL by itself: nobody need be asked to. */
  registers?: boolean;
  clock: Clock;
  /** Between 0 and 1, for the jitter of the back-off. */
  random: () => number;
  log: Log;
  onState?: (state: FunnelState) => void;
}

export interface Funnel {
  /** Returns at once; a tunnel that does not open shows in the state and in the log, and never throws. */
  start(): void;
  readonly state: FunnelState;
  /** Resolves when no child is left. */
  close(): Promise<void>;
}

/** A silent CLI is started anew after this, milliseconds; one that asks to enable Funnel may wait for ever. */
const answerWithin = 60_000;
/** From SIGTERM to SIGKILL, milliseconds. */
const stopGrace = 3_000;

/** What the CLI prints when the tunnel is open (Tailscale's `msgFunnelAvailable`). */
const openMessage = /^Available on the internet:/m;

/**
 * The `<target>` of `tailscale funnel` for a server that listens on `address`.
 * The CLI loses the brackets of an IPv6 address, so `localhost` stands for `[::1]`.
 */
export function funnelTarget(address: ListenAddress): string {
  if ('path' in address) return `unix:${address.path}`;
  if (address.host === null || address.host === '127.0.0.1') return String(address.port);
  return address.host === '::1' ? `http://localhost:${address.port}` : `http://${address.host}:${address.port}`;
}

/**
 * Keeps a Tailscale Funnel open in front of the webhook server, as a supervised child in the foreground: the tunnel
 * lives exactly as long as the child, and the child never longer than this process (see `startTied`).
 */
export function createFunnel(deps: FunnelDeps): Funnel {
  const { command, port, clock, log } = deps;
  let state: FunnelState = { phase: 'starting', since: clock.now(), url: null, problem: null };
  let child: TiedProcess | null = null;
  let cancelRetry: (() => void) | null = null;
  let running: Promise<void> = Promise.resolve();
  let closing = false;
  const pause = backoff(waits.tunnel, deps.random);
  let failures = 0;
  let announced: string | null = null;
  let complained: string | null = null;

  function become(phase: FunnelPhase, url: string | null = null, problem: FunnelProblem | null = null): void {
    state = { phase, since: clock.now(), url, problem };
    deps.onState?.(state);
  }

  function complain(phase: FunnelPhase, problem: FunnelProblem): void {
    const { kind, reason, hint, link } = problem;
    if (reason !== complained)
      log.warn({ kind, hint, ...(link && { link }) }, `the Tailscale tunnel is not open: ${reason}`);
    complained = reason;
    become(phase, null, problem);
  }

  function announce(url: string): void {
    complained = null;
    const what = deps.registers ? 'the Tailscale tunnel is open' : 'register this webhook URL in Kapso';
    if (url !== announced) log.info({}, `${what}: ${url}`);
    announced = url;
    become('open', url);
  }

  /** Runs a command to its end; `onOutput` sees all of its output so far whenever there is more. */
  async function run(args: readonly string[], onOutput: (output: string, answered: () => void) => void) {
    const started = startTied(command, args, { clock, onOutput: output => onOutput(output, cancelDeadline) });
    child = started;
    let silent = false;
    const cancelDeadline = clock.after(answerWithin, () => {
      silent = true;
      void started.stop(stopGrace);
    });
    const exit = await started.exited;
    cancelDeadline();
    child = null;
    return silent ? { ...exit, status: null, signal: null, stderr: `${exit.stderr}\nno answer in time` } : exit;
  }

  /** One life of the tunnel: resolves with what ended it, or kept it from opening. */
  async function attempt(): Promise<FunnelProblem> {
    const asked = await runStatus();
    if ('kind' in asked) return asked;
    if (closing) return { kind: 'failed', reason: 'closed', hint: '', link: null };

    const url = `https://${asked.name}${port === 443 ? '' : `:${port}`}${deps.path}`;
    const publicPort = port === 443 ? [] : [`--https=${port}`];
    let openedAt: number | null = null;
    const exit = await run(['funnel', ...publicPort, deps.target], (output, answered) => {
      if (openedAt !== null || closing) return;
      if (openMessage.test(output)) {
        answered();
        openedAt = clock.now();
        announce(url);
        return;
      }
      // The CLI shows a link and, with most tailnets, waits until the operator has followed it.
      const link = enableLink(output);
      if (link === null || state.problem?.link === link) return;
      answered();
      complain('waiting', notEnabled(link));
    });
    if (openedAt !== null && clock.now() - openedAt >= waits.tunnel.sound) failures = 0;
    return problemOfExit(command, exit, port);
  }

  async function runStatus(): Promise<FunnelProblem | { name: string }> {
    const wrong = problemOfPort(port);
    if (wrong) return wrong;
    const exit = await run(['status', '--json'], () => {});
    const status = readStatus(exit.stdout);
    if (!status) return problemOfExit(command, exit, port);
    return problemOfStatus(status, port) ?? { name: status.name ?? '' };
  }

  async function keepOpen(): Promise<void> {
    if (closing) return;
    become('starting', null, state.problem);
    const problem = await attempt();
    if (closing) return;
    failures += 1;
    cancelRetry = clock.after(pause(failures), () => {
      running = keepOpen();
    });
    complain('waiting', problem);
  }

  return {
    get state() {
      return state;
    },
    start: () => {
      running = keepOpen();
    },
    close: async () => {
      if (state.phase === 'closed') return;
      closing = true;
      cancelRetry?.();
      await child?.stop(stopGrace);
      await running;
      become('closed');
    },
  };
}
