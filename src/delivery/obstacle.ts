import type { Clock } from '../clock.ts';
import type { Emit } from '../observe/events.ts';
import { createOnce } from '../observe/once.ts';
import { waits } from '../waits.ts';

/** Why the gateway takes no run until somebody changes something there, and what to change. */
export interface Obstacle {
  reason: string;
  hint: string | null;
}

/**
 * Reports once for each new reason that the gateway takes no message, and once, with null, that it takes them again.
 * `agent`: only messages for that one are held up, which an operator has laid down for some contacts; null for all.
 */
export type ReportObstacle = (obstacle: Obstacle | null, agent: string | null) => void;

export function createObstacleReport({ clock, emit }: { clock: Clock; emit: Emit }): ReportObstacle {
  const isNew = createOnce();
  const known = new Map<string | null, Obstacle & { until: number }>();
  return (obstacle, agent) => {
    if (obstacle === null) known.delete(agent);
    // Of messages that have gone elsewhere nothing more is heard.
    else known.set(agent, { ...obstacle, until: clock.monotonic() + 2 * waits.unready.longest });
    for (const [of, { until }] of known) if (until <= clock.monotonic()) known.delete(of);
    const [of, present] = [...known].toSorted(([one]) => (one === null ? -1 : 1))[0] ?? [null, null];
    if (!isNew(present && `${of}: ${present.reason}`)) return;
    const { reason = '', hint = null } = present ?? {};
    emit({ type: 'obstacle changed', obstacle: present && { reason, hint, ...(of !== null && { agent: of }) } });
  };
}
