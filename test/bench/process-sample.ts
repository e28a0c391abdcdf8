/** What Linux knows of a process: proc(5). */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

export interface Memory {
  /** Everything resident, shared program text included, bytes. */
  rss: number;
  /** Of that, what belongs to this process alone and has no file behind it. */
  anonymous: number;
  /** The most that was resident since the start or since `resetPeak`. */
  peak: number;
}

export function memoryOf(pid: number): Memory {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const bytes = (field: string) => {
    const kibibytes = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1];
    if (kibibytes === undefined) throw new Error(`/proc/${pid}/status has no ${field}: the process has ended`);
    return Number(kibibytes) * 1024;
  };
  return { rss: bytes('VmRSS'), anonymous: bytes('RssAnon'), peak: bytes('VmHWM') };
}

export function resetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

export interface Activity {
  /** Time on a processor, all threads, milliseconds. */
  cpu: number;
  /** How often a thread gave up the processor of itself, to be woken again: voluntary context switches, all threads. */
  wakeUps: number;
}

/** Since the start of the process; of threads that have ended nothing is counted. */
export function activityOf(pid: number): Activity {
  let cpu = 0;
  let wakeUps = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const task = `/proc/${pid}/task/${thread}`;
    cpu += Number(readFileSync(`${task}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
    const status = readFileSync(`${task}/status`, 'utf8');
    wakeUps += Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(status)?.[1] ?? 0);
  }
  return { cpu, wakeUps };
}
