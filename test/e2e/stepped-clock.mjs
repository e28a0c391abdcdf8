/**
 * Loaded into a program with Node's `--import`: its time of day is the machine's plus what stands in the file that CLOCK_OFFSET_FILE
 * names, in milliseconds, read anew each time. What nobody can set (`performance.now`, timers) goes on as it is.
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
