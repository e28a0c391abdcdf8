import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../../clock.ts';
import type { CommandEffect, Commands, GivenCommand, Mute, StoppedRun } from '../commands.ts';
import type { Outgoings } from './outbox.ts';
import { prepareAll } from './prepare.ts';
import { sessionOf } from './queries.ts';
import { wholeMilliseconds } from './time.ts';
import type { Transactions } from './transactions.ts';

const session = `coalesce(entries.session, entries.lane)`;

const statements = {
  add: `INSERT INTO commands (id, text, state) VALUES (?, ?, 'pending')`,
  settle: `UPDATE entries SET state = 'settled', outcome = 'command'
    WHERE id IN (SELECT id FROM commands INDEXED BY commands_pending WHERE state = 'pending') AND state = 'pending' RETURNING id`,
  anyPending: `SELECT 1 AS found FROM commands INDEXED BY commands_pending WHERE state = 'pending' LIMIT 1`,
  pending: `SELECT commands.id, text, account, contact, coalesce(conversation, lane) AS conversation, lane,
      occurred_at AS occurredAt, target, target_run AS targetRun, target_session AS targetSession
    FROM commands INDEXED BY commands_pending JOIN entries ON entries.id = commands.id
    WHERE commands.state = 'pending' AND outcome = 'command' AND account = +? ORDER BY occurred_at, batch, position`,
  running: `SELECT one.id AS message, one.run_key AS runKey,
      ${sessionOf('one')} AS session
    FROM entries AS command JOIN entries AS one ON one.lane = command.lane
    WHERE command.id = +? AND one.state = 'sending' AND one.run_key IS NOT NULL
      AND coalesce(one.conversation, one.lane) = coalesce(command.conversation, command.lane)
    ORDER BY one.carried_by IS NOT NULL, one.begun_at DESC LIMIT 1`,
  aim: `UPDATE commands SET target = :message, target_run = :runKey, target_session = :session
    WHERE id = :id AND state = 'pending'`,
  finish: `UPDATE commands SET state = 'done', target = iif(:stops, target, NULL) WHERE id = :id AND state = 'pending'`,
  explain: 'UPDATE entries SET reason = :reason, updated_at = :at WHERE id = :id',
  stopped: `SELECT target AS message, target_run AS runKey, target_session AS session
    FROM commands INDEXED BY commands_aimed JOIN entries ON entries.id = target
    WHERE target IS NOT NULL AND account = +? AND entries.state IN ('pending', 'sending')`,
  mutes: `SELECT account, conversation, since, until FROM mutes
    WHERE account = +:account AND (until IS NULL OR until > +:now) ORDER BY since, conversation`,
  endMutes: 'DELETE FROM mutes WHERE until <= +:now',
  anyMute: 'SELECT 1 AS found FROM mutes LIMIT 1',
  mute: `INSERT INTO mutes (account, conversation, since, until)
    SELECT account, :conversation, :at, :until FROM entries WHERE id = :id
    ON CONFLICT (account, conversation) DO UPDATE SET until = excluded.until`,
  unmute:
    'DELETE FROM mutes WHERE account = (SELECT account FROM entries WHERE id = :id) AND conversation = :conversation',
  renew: `INSERT INTO renewed_sessions (account, session, number)
    SELECT account, ${session}, 2 FROM entries WHERE id = :id
    ON CONFLICT (account, session) DO UPDATE SET number = number + 1 RETURNING account, session, number`,
  // Those behind the command that have not begun. They are in its lane: a session has one.
  renewWaiting: `UPDATE entries SET session_number = :number FROM entries AS command
    WHERE command.id = +:id AND entries.lane = command.lane AND ${session} = +:session AND entries.account = +:account
      AND entries.state IN ('held', 'pending') AND entries.run_number = 0 AND entries.open_run IS NULL
      AND (entries.occurred_at, entries.batch, entries.position) > (command.occurred_at, command.batch, command.position)`,
  renewed: 'SELECT account, session, number FROM renewed_sessions',
  setNumber: 'UPDATE entries SET session_number = ? WHERE id = ?',
};

/** What others need of this inside their own transactions. */
export interface CommandSteps {
  /** Adds the command of an entry, which waits as any other until `settle`. */
  add(id: string, text: string): void;
  /** Settles the commands among the pending entries, which have their place in the order now. Returns their ids. */
  settle(): string[];
  /** Files a new entry under the session that a command has begun in place of the one that it is filed under. */
  renewSession(entry: { id: string; account: string; session: string }): void;
  /** Whether any conversation may be muted. */
  mayMute(): boolean;
}

export function createCommands(
  db: DatabaseSync,
  { read, write }: Transactions,
  { outgoings, clock }: { outgoings: Pick<Outgoings, 'add'>; clock: Clock },
): { steps: CommandSteps; commands: Commands } {
  const sql = prepareAll(db, statements);
  const nameOf = (account: unknown, name: unknown) => `${account}\n${name}`;
  const readNumbers = () =>
    new Map(sql.renewed.all().map(row => [nameOf(row.account, row.session), Number(row.number)] as const));
  // Hardly any session was ever renewed, and hardly ever is anybody muted: no entry asks the database for it.
  let numbers = readNumbers();
  let mayPend = sql.anyPending.get() !== undefined;
  let mayMute = sql.anyMute.get() !== undefined;

  function apply(id: string, effect: CommandEffect, at: number): void {
    sql.endMutes.run({ now: wholeMilliseconds(clock.now(), 'the clock') });
    if (effect.do === 'mute') {
      const until = effect.until === null ? null : wholeMilliseconds(effect.until, 'the end of the mute');
      sql.mute.run({ id, conversation: effect.conversation, until, at });
    }
    if (effect.do === 'unmute') sql.unmute.run({ id, conversation: effect.conversation });
    if (effect.do !== 'renew session') return;
    const renewed = sql.renew.get({ id });
    if (renewed !== undefined)
      sql.renewWaiting.run({ id, ...(renewed as Record<'account' | 'session' | 'number', string>) });
  }

  return {
    steps: {
      add(id, text) {
        sql.add.run(id, text);
        mayPend = true;
      },
      settle: () => (mayPend ? sql.settle.all().map(row => String(row.id)) : []),
      renewSession({ id, account, session: name }) {
        const number = numbers.size === 0 ? undefined : numbers.get(nameOf(account, name));
        if (number !== undefined) sql.setNumber.run(number, id);
      },
      mayMute: () => mayMute,
    },
    commands: {
      pending: account => read(() => sql.pending.all(account).map(toCommand)),
      running: id => read(() => (sql.running.get(id) as StoppedRun | undefined) ?? null),
      aim: (id, run) => write(() => sql.aim.run({ id, ...run }).changes === 1),
      async finish(id, { effect, outgoing, reason }) {
        const isDone = await write(at => {
          if (sql.finish.run({ id, stops: Number(effect.do === 'stop') }).changes !== 1) return false;
          apply(id, effect, at);
          sql.explain.run({ id, reason, at });
          outgoings.add(outgoing, at);
          return true;
        });
        numbers = readNumbers();
        mayPend = sql.anyPending.get() !== undefined;
        mayMute = sql.anyMute.get() !== undefined;
        return isDone;
      },
      stopped: account => read(() => sql.stopped.all(account) as unknown as StoppedRun[]),
      mutes: account => read(() => sql.mutes.all({ account, now: clock.now() }) as unknown as Mute[]),
    },
  };
}

function toCommand({ target, targetRun, targetSession, ...command }: Record<string, unknown>): GivenCommand {
  const run =
    target === null ? null : { message: String(target), runKey: String(targetRun), session: String(targetSession) };
  return { ...(command as unknown as Omit<GivenCommand, 'run'>), run };
}
