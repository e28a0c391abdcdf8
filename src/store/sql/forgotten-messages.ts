import { createHash } from 'node:crypto';
import type { PrepareAll, Step } from './step.ts';

/** The ids of messages of persons who were forgotten. Each method is a step to run inside a transaction. */
export interface ForgottenMessages {
  has(id: string): Step<boolean>;
  add(message: { id: string; occurredAt: number }, at: number): Step<void>;
}

const day = 86_400_000;

const statements = {
  has: 'SELECT 1 AS found FROM messages_forgotten WHERE digest = ?',
  add: 'INSERT INTO messages_forgotten (digest, happened_at, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
};

export function createForgottenMessages(prepareAll: PrepareAll): ForgottenMessages {
  const sql = prepareAll(statements);
  return {
    *has(id) {
      return (yield* sql.has.get(digestOfMessage(id))) !== undefined;
    },
    *add({ id, occurredAt }, at) {
      // Its day is enough to know when it can be forgotten too.
      yield* sql.add.run(digestOfMessage(id), Math.ceil(occurredAt / day) * day, at);
    },
  };
}

/** An id holds a phone number and 72 random bits or more, so the number cannot be tried out. */
export function digestOfMessage(id: string): string {
  return createHash('sha256').update(`message\n${id}`).digest('base64url').slice(0, 24);
}
