import type { Clock } from '../../clock.ts';
import type { ListenAddress } from '../../config/listen-address.ts';
import type { Log } from '../../observe/log.ts';
import { backoff, waits } from '../../waits.ts';
import { createTailscaleCommand } from './tailscale-command.ts';
import { enableLink, type FunnelProblem, notEnabled, problemOfExit } from './tailscale-problem.ts';

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
  const { command, port, clock } = deps;
  const tailscale = createTailscaleCommand(command, clock);
  const report = createReport(deps);
  const pause = backoff(waits.tunnel, deps.random);
  let cancelRetry: (() => void) | null = null;
  let running: Promise<void> = Promise.resolve();
  let closing = false;
  let failures = 0;

  /** One life of the tunnel: resolves with what ended it, or kept it from opening. */
  async function attempt(): Promise<FunnelProblem> {
    const asked = await tailscale.machineName(port);
    if ('kind' in asked) return asked;
    if (closing) return { kind: 'failed', reason: 'closed', hint: '', link: null };

    const url = `https://${asked.name}${port === 443 ? '' : `:${port}`}${deps.path}`;
    const publicPort = port === 443 ? [] : [`--https=${port}`];
    let openedAt: number | null = null;
    const exit = await tailscale.run(['funnel', ...publicPort, deps.target], (output, answered) => {
      if (openedAt !== null || closing) return;
      if (openMessage.test(output)) {
        answered();
        openedAt = clock.now();
        report.open(url);
        return;
      }
      // The CLI shows a link and, with most tailnets, waits until the operator has followed it.
      const link = enableLink(output);
      if (link === null || report.state.problem?.link === link) return;
      answered();
      report.waiting(notEnabled(link));
    });
    if (openedAt !== null && clock.now() - openedAt >= waits.tunnel.sound) failures = 0;
    return problemOfExit(command, exit, port);
  }

  async function keepOpen(): Promise<void> {
    if (closing) return;
    report.starting();
    const problem = await attempt();
    if (closing) return;
    failures += 1;
    cancelRetry = clock.after(pause(failures), () => {
      running = keepOpen();
    });
    report.waiting(problem);
  }

  return {
    get state() {
      return report.state;
    },
    start: () => {
      running = keepOpen();
    },
    close: async () => {
      if (report.state.phase === 'closed') return;
      closing = true;
      cancelRetry?.();
      await tailscale.stop();
      await running;
      report.closed();
    },
  };
}

/** The tunnel's state, told with every change, and said in the log where it is news. */
function createReport({ clock, log, registers, onState }: Pick<FunnelDeps, 'clock' | 'log' | 'registers' | 'onState'>) {
  let state: FunnelState = { phase: 'starting', since: clock.now(), url: null, problem: null };
  let announced: string | null = null;
  let complained: string | null = null;

  function become(phase: FunnelPhase, url: string | null, problem: FunnelProblem | null): void {
    state = { phase, since: clock.now(), url, problem };
    onState?.(state);
  }

  return {
    get state() {
      return state;
    },
    /** What kept it from being open the last time is shown until it is. */
    starting: () => become('starting', null, state.problem),
    open(url: string): void {
      complained = null;
      const what = registers ? 'the Tailscale tunnel is open' : 'register this webhook URL in Kapso';
      if (url !== announced) log.info({}, `${what}: ${url}`);
      announced = url;
      become('open', url, null);
    },
    waiting(problem: FunnelProblem): void {
      const { kind, reason, hint, link } = problem;
      if (reason !== complained)
        log.warn({ kind, hint, ...(link && { link }) }, `the Tailscale tunnel is not open: ${reason}`);
      complained = reason;
      become('waiting', null, problem);
    },
    closed: () => become('closed', null, null),
  };
}
