import type { Log } from '../observe/log.ts';
import { createOnce } from '../observe/once.ts';

/** Why the gateway takes no run until somebody changes something at it, and what that may be. */
export interface Obstacle {
  reason: string;
  hint: string | null;
}

/** Says once for each new reason that the gateway takes no message, and with null, once, that it takes them again. */
export function createObstacleReport(options: {
  log: Log;
  onObstacle?: ((obstacle: Obstacle | null) => void) | undefined;
}): (obstacle: Obstacle | null) => void {
  const isNew = createOnce();
  return obstacle => {
    if (!isNew(obstacle?.reason ?? null)) return;
    if (obstacle) {
      options.log.warn({ ...obstacle }, 'The gateway takes no message at present; all wait for it, and none is lost');
    } else options.log.info({}, 'The gateway takes messages again');
    options.onObstacle?.(obstacle);
  };
}
