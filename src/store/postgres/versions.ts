import type { Answer, Step, Value } from '../sql/step.ts';
import type { Begun } from './change.ts';
import { changesKept } from './scripts.ts';
import type { Command } from './session.ts';

/** Knows whether other processes have changed the database: each transaction that changes something has a number. */
export interface Versions {
  /** See `Driver`. */
  version(): Step<Value>;
  /** See `Driver`. */
  contactsVersion(): Step<Value>;
  /** Call it with each transaction of this process that changes something. */
  begun(begun: Pick<Begun, 'number' | 'others' | 'contacts'>): void;
  /** Answers both within a transaction that changes something: nothing else happens meanwhile. */
  answer(command: Command): Answer | undefined;
  /** Makes the answer to `version` of what the database says. */
  read(command: Command, ask: (command: Command) => Promise<Answer>): Promise<Answer>;
}

/** Numbers of own transactions that are remembered: more than begin while a statement reads. */
const remembered = 1000;

const newest: Command = {
  text: 'SELECT number, owner FROM changes ORDER BY number DESC LIMIT 1',
  parameters: [],
  name: 'newest',
};

/** Nothing asks the database for this: it is known when a transaction has begun. */
const newestOfContacts: Command = { text: '', parameters: [], name: '' };

export function createVersions(owner: string): Versions {
  /** The newest number of another process. */
  let others = 0;
  /** For each own transaction, the newest number of another process before it. */
  const before = new Map<number, number>();
  /** The newest number of another process that has changed contacts. */
  let contacts = 0;
  let last = 0;

  const toAnswer = (version: number): Answer => ({ rows: [{ version }], changes: 0 });

  return {
    *version() {
      return Number((yield newest).rows[0]?.version);
    },
    *contactsVersion() {
      return Number((yield newestOfContacts).rows[0]?.version);
    },
    begun({ number, others: newer, contacts: ofContacts }) {
      others = newer ?? others;
      // The row that would say so may be deleted by now.
      contacts = number - last > changesKept ? number : (ofContacts ?? contacts);
      last = number;
      before.set(number, others);
      before.delete(number - remembered);
    },
    answer(command) {
      if (command === newestOfContacts) return toAnswer(contacts);
      return command === newest ? toAnswer(others) : undefined;
    },
    async read(command, ask) {
      const answer = await ask(command);
      if (command !== newest) return answer;
      const [row] = answer.rows;
      const number = Number(row?.number ?? 0);
      return toAnswer(row?.owner === owner ? (before.get(number) ?? number) : number);
    },
  };
}
