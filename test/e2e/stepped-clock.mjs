/**
 * Loaded into a program with Node's `--import`. It shifts the program's time of day by the milliseconds in the file
 * that CLOCK_OFFSET_FILE names, which is read each time. Clocks that nobody can set (`performance.now`, timers) are
 * unchanged.
 */
import { readFileSync } from 'node:fs';

const RealDate = Date;
const file = process.env.CLOCK_OFFSET_FILE;
const now = () => RealDate.now() + Number(readFileSync(file, 'utf8'));

class SteppedDate extends RealDate {
  constructor(...parts) {
    super(...(parts.length === 0 ? [now()] : parts));
  }
  static now() {
    return now();
  }
}
globalThis.Date = SteppedDate;
