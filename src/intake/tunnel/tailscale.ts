import type { Clock } from '../../clock.ts';
import type { ListenAddress } from '../../config/listen-address.ts';
import type { AppEvent, Emit } from '../../observe/events.ts';
import { createOnce } from '../../observe/once.ts';
import type { TunnelStatus } from '../../observe/status.ts';
import { backoff, waits } from '../../waits.ts';
import { createTailscaleCommand } from './tailscale-command.ts';
import { enableLink, type FunnelProblem, notEnabled, problemOfExit } from './tailscale-problem.ts';

/**
 * The state of the tunnel.
 *
 * - `starting`: asks for the machine's name, then waits for the tunnel.
 * - `open`: reachable from the internet.
 * - `waiting`: not open; another attempt follows by itself.
 * - `closed`: ended by us.
 */
export type FunnelPhase = 'starting' | 'open' | 'waiting' | 'closed';

export interface FunnelState {
  phase: FunnelPhase;
  /** Milliseconds since the epoch. */
  since: number;
  /** The URL to register in Kapso; null while not open. */
  url: string | null;
  /** Why it is not open; null when nothing is known to be wrong. */
  problem: FunnelProblem | null;
}

export interface FunnelDeps {
  /** The CLI's name or path. */
  command: string;
  /** The public port. */
  port: number;
  /** Where the tunnel leads; see `funnelTarget`. */
  target: string;
  /** The webhook's path, for the reported URL. */
  path: string;
  /** The poller registers the URL by itself, so nobody is asked to. */
  registers?: boolean;
  clock: Clock;
  /** 0 ≤ x < 1, for the jitter of the back-off. */
  random: () => number;
  emit: Emit;
  onState?: (state: FunnelState) => void;
}

export interface Funnel {
  /** Returns at once and never throws. The state and the events show a tunnel that does not open. */
  start(): void;
  readonly state: FunnelState;
  /** Resolves when no child is left. */
  close(): Promise<void>;
}

/** The CLI's output when the tunnel is open (Tailscale's `msgFunnelAvailable`). */
const openMessage = /^Available on the internet:/m;

/**
 * The `<target>` of `tailscale funnel` for a server that listens on `address`. The CLI drops the brackets of an IPv6
 * address, so `localhost` replaces `[::1]`.
 */
export function funnelTarget(address: ListenAddress): string {
  if ('path' in address) return `unix:${address.path}`;
  if (address.host === null || address.host === '127.0.0.1') return String(address.port);
  return address.host === '::1' ? `http://localhost:${address.port}` : `http://${address.host}:${address.port}`;
}

/**
 * Keeps a Tailscale Funnel open in front of the webhook server, as a supervised child in the foreground. The tunnel
 * lives as long as the child, and the child never longer than this process (see `startTied`).
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

  /** Runs the tunnel once. Resolves with what ended it, or what kept it from opening. */
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
        openedAt = clock.monotonic();
        report.open(url);
        return;
      }
      // The CLI shows a link. With most tailnets it then waits until the operator has followed it.
      const link = enableLink(output);
      if (link === null || report.state.problem?.link === link) return;
      answered();
      report.waiting(notEnabled(link));
    });
    if (openedAt !== null && clock.monotonic() - openedAt >= waits.tunnel.sound) failures = 0;
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

type ReportDeps = Pick<FunnelDeps, 'clock' | 'emit' | 'registers' | 'onState'>;

/** Keeps the tunnel's state and tells of every change. */
function createReport({ clock, emit, registers = false, onState }: ReportDeps) {
  let state: FunnelState = { phase: 'starting', since: clock.now(), url: null, problem: null };
  const isNewProblem = createOnce();
  const isNewUrl = createOnce();

  function become(
    phase: FunnelPhase,
    url: string | null,
    problem: FunnelProblem | null,
    eventOf: (tunnel: TunnelStatus) => AppEvent = tunnel => ({ type: 'tunnel changed', tunnel }),
  ): void {
    state = { phase, since: clock.now(), url, problem };
    emit(eventOf({ phase, url, reason: problem?.reason ?? null, hint: problem?.hint ?? null }));
    onState?.(state);
  }

  return {
    get state() {
      return state;
    },
    /** The last problem is shown until the tunnel is open. */
    starting: () => become('starting', null, state.problem),
    open(url: string): void {
      isNewProblem(null);
      const repeated = !isNewUrl(url);
      become('open', url, null, tunnel => ({ type: 'tunnel opened', tunnel, url, registers, repeated }));
    },
    waiting(problem: FunnelProblem): void {
      const { kind, reason, link } = problem;
      const repeated = !isNewProblem(reason);
      become('waiting', null, problem, tunnel => ({ type: 'tunnel failed', tunnel, kind, link, repeated }));
    },
    closed: () => become('closed', null, null),
  };
}
