import type { Mode, PartName, PartView } from '../page/shape.ts';
import type { Sight } from './sight.ts';
import type { Site } from './site.ts';

/** What the page shows of the programs. */
export function partsOf(all: {
  site: Site;
  seen: Sight;
  mode: Mode;
  ownGateway: string | null;
  busy: boolean;
}): PartView[] {
  const { site, seen, mode, ownGateway, busy } = all;
  const part = (name: PartName, running: string, stopped: string): PartView => {
    const runs = site[name].pid !== null;
    return {
      name,
      phase: runs ? 'running' : busy ? 'starting' : 'stopped',
      says: runs ? running : stopped,
      todo: null,
    };
  };
  const way = mode === 'polling' ? 'polls every 5 s' : 'waits for Kapso’s webhooks';
  return [
    part('kapso', 'Online', 'Away'),
    pollerView(part('poller', `Runs, ${way}`, 'Does not run'), seen, site.poller.pid),
    ownGateway === null ? part('gateway', 'Runs an echo agent', 'Does not run') : ownView(ownGateway, seen, busy),
  ];
}

/** A poller that runs and cannot reach the gateway says why. It has started when its status is of its own process. */
function pollerView(view: PartView, { status }: Sight, pid: number | null): PartView {
  const { phase, reason, hint } = status?.gateway ?? {};
  if (view.phase === 'running' && status?.pid !== pid) return { ...view, phase: 'starting' };
  if (view.phase !== 'running' || reason === null || reason === undefined || phase === 'connected') return view;
  return {
    ...view,
    phase: 'trouble',
    says: 'Runs, and waits for the gateway',
    todo: phase === 'blocked' ? (hint ?? null) : null,
  };
}

function ownView(address: string, { status }: Sight, busy: boolean): PartView {
  const { phase, reason = null, hint = null } = status?.gateway ?? {};
  if (phase === 'connected') return { name: 'gateway', phase: 'running', says: `Your own, at ${address}`, todo: null };
  if (reason === null || phase === undefined) {
    return { name: 'gateway', phase: busy ? 'starting' : 'trouble', says: `Connecting to ${address}`, todo: null };
  }
  return { name: 'gateway', phase: 'trouble', says: reason, todo: hint };
}
