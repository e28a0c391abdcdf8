import type { Clock } from '../clock.ts';
import type { Log } from '../observe/log.ts';
import type { Status } from '../observe/status.ts';
import type { KapsoTime } from './kapso-time.ts';

/** Milliseconds. Time zones and minutes of difference are common; a difference of more than a day means that a clock is wrong. */
const tolerated = 86_400_000;

/** Compares this machine's clock with Kapso's and WhatsApp's. It reports a difference of more than a day, and its end. */
export function createClockCheck(deps: {
  kapsoTime: KapsoTime;
  clock: Clock;
  log: Log;
  onStatus: (change: Pick<Status, 'clock'>) => void;
}): () => void {
  const { kapsoTime, clock, log, onStatus } = deps;
  let wrong = false;
  return () => {
    const ahead = kapsoTime.ahead() ?? 0;
    const isWrong = Math.abs(ahead) > tolerated;
    if (!isWrong && !wrong) return;
    if (isWrong !== wrong) {
      const own = new Date(clock.now()).toISOString();
      if (isWrong)
        log.error(
          { own, kapso: new Date(clock.now() - ahead).toISOString() },
          "This machine's clock differs from Kapso's by more than a day: set it (timedatectl set-ntp true); " +
            "until then Kapso's times are kept to",
        );
      else log.info({ own }, "This machine's clock agrees with Kapso's again");
      onStatus({ clock: isWrong ? { ahead } : null });
    }
    wrong = isWrong;
  };
}
