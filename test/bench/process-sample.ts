/** What Linux knows of a process (proc(5)). */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

export interface Memory {
  /** Everything resident, shared program text included, in bytes. */
  rss: number;
  /** The part of it that belongs to this process alone and has no file behind it, in bytes. */
  anonymous: number;
  /** The highest resident size since the start or since `resetPeak`, in bytes. */
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
  /** Processor time of all threads, in milliseconds. */
  cpu: number;
  /** How often a thread gave up the processor by itself, to be woken again: voluntary context switches of all threads. */
  wakeUps: number;
}

/** Counts since the start of the process. Threads that have ended are not counted. */
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
