import type { Clock } from '../clock.ts';
import type { Emit } from '../observe/events.ts';
import type { KapsoTime } from './kapso-time.ts';

/** Milliseconds. Time zones and minutes of difference are common; a difference of more than a day means that a clock is wrong. */
const tolerated = 86_400_000;

/** Compares this machine's clock with Kapso's and WhatsApp's. It reports a difference of more than a day, and its end. */
export function createClockCheck(deps: { kapsoTime: KapsoTime; clock: Clock; emit: Emit }): () => void {
  const { kapsoTime, clock, emit } = deps;
  let wrong = false;
  return () => {
    const ahead = kapsoTime.ahead() ?? 0;
    const isWrong = Math.abs(ahead) > tolerated;
    if (isWrong === wrong) return;
    wrong = isWrong;
    const own = clock.now();
    emit(isWrong ? { type: 'own clock wrong', own, ahead } : { type: 'own clock right', own });
  };
}
