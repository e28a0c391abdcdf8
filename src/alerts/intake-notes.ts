/**
 * How receiving fares for each number. Only the process that polls it knows: it notes the problems in the store, for
 * whichever process tells of what concerns all, and for the one that polls after it.
 */
import { isOurs } from '../errors.ts';
import type { Role } from '../instances/roles.ts';
import { asList, asNumber, asRecord, asString } from '../narrow.ts';
import type { AppEvent, Emit } from '../observe/events.ts';
import { scrubbedJson } from '../observe/scrub.ts';
import type { Status } from '../observe/status.ts';
import { type Known, named, problemsOf } from '../problems/assess.ts';
import type { Assessment } from '../problems/incidents.ts';
import { problemsOfMissed } from '../problems/silent-webhook.ts';
import { isProblemCode, keyOf, type Problem, type ProblemCode } from '../problems/table.ts';
import { pollingRole } from '../store/claims.ts';
import type { Notes } from '../store/notes.ts';
import type { MissedDeliveries } from './missed-deliveries.ts';

export interface SharedNumber {
  /** Meta's `phone_number_id`. */
  id: string;
  /** What people call it, where it is one of several; null where it is the only one. */
  label: string | null;
  /** The right to poll it. */
  role: Pick<Role, 'hold' | 'onChange'>;
}

export interface IntakeNotesDeps {
  notes: Pick<Notes, 'get' | 'set'>;
  numbers: readonly SharedNumber[];
  status: () => Pick<Status, 'webhook'>;
  missed: () => readonly MissedDeliveries[];
  /** Removes secrets from others' text. */
  scrub: (text: string) => string;
}

export interface IntakeNotes {
  /** Notes what has changed for the numbers that this process polls. */
  heard: Emit;
  /** What the processes that poll have noted. */
  assess(): Promise<Assessment>;
}

/** What is known of one number; null for what this process has not found out yet. */
interface Found {
  polling: readonly Problem[] | null;
  registration: readonly Problem[] | null;
  missed: readonly Problem[] | null;
}
type Part = keyof Found;
const parts: readonly Part[] = ['polling', 'registration', 'missed'];

const codes: readonly ProblemCode[] = [
  ...(['polling-fails', 'key-refused', 'store-unwritable'] as const),
  ...(['webhook-off', 'webhook-not-registered', 'webhook-silent'] as const),
];

const noteOf = ({ id }: SharedNumber) => `problems of receiving ${id}`;

export function createIntakeNotes(deps: IntakeNotesDeps): IntakeNotes {
  const { notes, numbers } = deps;
  const writers = numbers.map(number => createWriter(number, deps));
  return {
    heard(event) {
      const { of } = event;
      for (const { number, heard } of writers) if (of === undefined || of.id === number.id) heard(event);
    },
    async assess() {
      const assessments = await Promise.all(numbers.map(number => read(number, notes)));
      return {
        problems: assessments.flatMap(({ problems }) => problems),
        undecided: assessments.flatMap(({ undecided }) => undecided),
      };
    },
  };
}

async function read(number: SharedNumber, notes: IntakeNotesDeps['notes']): Promise<Assessment> {
  const { label } = number;
  try {
    const noted = parse(await notes.get(noteOf(number)));
    return { problems: parts.flatMap(part => noted[part]), undecided: [] };
  } catch (error) {
    if (!isOurs(error)) throw error;
    return { problems: [], undecided: codes.map(code => keyOf(label === null ? { code } : { code, account: label })) };
  }
}

/** Notes what one number has, as long as this process polls it. */
function createWriter(number: SharedNumber, { notes, status, missed, scrub }: IntakeNotesDeps) {
  const { id, label, role } = number;
  let found: Found = { polling: null, registration: null, missed: null };
  /** What stands in the note; null where this process has not read it since it polls. */
  let noted: Record<Part, readonly Problem[]> | null = null;
  let writing = false;
  role.onChange(() => {
    found = { polling: null, registration: null, missed: null };
    noted = null;
  });

  const problemsIn = (known: Known) => {
    const problems = problemsOf(JSON.parse(scrubbedJson(known, scrub)) as Known, ['intake']);
    return label === null ? problems : problems.map(problem => named(problem, label));
  };

  /** Whether the event tells something new. */
  function learn(event: AppEvent): boolean {
    switch (event.type) {
      case 'polling changed': {
        const { polling } = event;
        if (polling !== null && polling.lastSuccess === null && polling.lastError === null) return false;
        found.polling = polling === null ? [] : problemsIn({ polling });
        return true;
      }
      case 'webhook registered':
      case 'webhook looked at':
      case 'registration failed':
        found.registration = problemsIn({ registration: event.registration });
        return true;
      case 'pass ended':
      case 'webhook changed': {
        const problems = missed().flatMap(one => (one.account === label ? problemsOfMissed(one.missed, label) : []));
        // No delivery was missed, as far as any has come since the start.
        const isKnown = problems.length > 0 || (status().webhook?.accepted ?? 0) > 0;
        if (isKnown) found.missed = problems;
        return isKnown;
      }
      default:
        return false;
    }
  }

  async function write(): Promise<void> {
    for (;;) {
      const { hold } = role;
      if (hold === null) return;
      const before: NonNullable<typeof noted> = noted ?? parse(await notes.get(noteOf(number)));
      // It may have lost the role meanwhile, and have it again.
      if (role.hold !== hold) continue;
      noted = before;
      const now = { ...before };
      for (const part of parts) now[part] = found[part] ?? before[part];
      const text = JSON.stringify(now);
      if (text === JSON.stringify(before)) return;
      const isWell = parts.every(part => now[part].length === 0);
      await notes.set(noteOf(number), isWell ? null : text, { role: pollingRole(id) });
      if (role.hold === hold) noted = now;
    }
  }

  return {
    number,
    heard(event: AppEvent): void {
      if (role.hold === null || !learn(event) || writing) return;
      writing = true;
      void write()
        .catch(error => {
          // The next event tries it again; another process may poll by now.
          if (!isOurs(error)) throw error;
        })
        .finally(() => {
          writing = false;
        });
    },
  };
}

function parse(text: string | null): Record<Part, readonly Problem[]> {
  const noted = asRecord(readJson(text ?? 'null')) ?? {};
  const problemsIn = (part: Part) => asList(noted[part]).flatMap(one => readProblem(one) ?? []);
  return { polling: problemsIn('polling'), registration: problemsIn('registration'), missed: problemsIn('missed') };
}

/** What cannot be read is nothing: it is noted anew. */
function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function readProblem(value: unknown): Problem | null {
  const { code, account, says, hint, count } = asRecord(value) ?? {};
  const words = asString(says);
  if (!isProblemCode(code) || words === null) return null;
  const of = asString(account);
  return { code, ...(of !== null && { account: of }), says: words, hint: asString(hint), count: asNumber(count) ?? 1 };
}
