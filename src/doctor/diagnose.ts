/**
 * Looks at everything that a poller needs, one thing after the other, and says of each whether it is so and what to do.
 * It changes nothing: the poller may run meanwhile.
 */
import { type Clock, sleep } from '../clock.ts';
import { createReport, type Finding, type Report } from './finding.ts';

export interface Check {
  /** The word before each of its findings. */
  name: string;
  /** Rejects only on a defect. `signal` aborts when it has taken too long. */
  run(report: Report, signal: AbortSignal): Promise<void>;
}

/** Milliseconds for one check. */
export const patience = 20_000;

/** Runs the checks and calls back with each finding as it comes. A check that ends by an error, or not in time, has failed. */
export async function diagnose(
  checks: readonly Check[],
  { clock, limit = patience, onFinding }: { clock: Clock; limit?: number; onFinding: (finding: Finding) => void },
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { name, run } of checks) {
    let isOver = false;
    const report = createReport(name, finding => {
      // What a check says after its time would stand between those of another one.
      if (isOver) return;
      findings.push(finding);
      onFinding(finding);
    });
    const stop = new AbortController();
    const late = sleep(clock, limit, stop.signal).then(
      () =>
        report.fail(`no end after ${limit / 1000} s`, 'Something between here and there takes all and answers nothing'),
      () => undefined,
    );
    const done = run(report, stop.signal).catch(error => {
      if (!stop.signal.aborted) report.error(error, 'Report it, with the whole message');
    });
    await Promise.race([done, late]);
    isOver = true;
    stop.abort(new Error('the check has taken too long'));
  }
  return findings;
}
