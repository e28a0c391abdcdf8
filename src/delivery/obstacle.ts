import type { Emit } from '../observe/events.ts';
import { createOnce } from '../observe/once.ts';

/** Why the gateway takes no run until somebody changes something there, and what to change. */
export interface Obstacle {
  reason: string;
  hint: string | null;
}

/** Reports once for each new reason that the gateway takes no message, and once, with null, that it takes them again. */
export function createObstacleReport(options: { emit: Emit }): (obstacle: Obstacle | null) => void {
  const isNew = createOnce();
  return obstacle => {
    if (isNew(obstacle?.reason ?? null)) options.emit({ type: 'obstacle changed', obstacle });
  };
}
