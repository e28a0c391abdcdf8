import type { CommandEffect, Commands, GivenCommand, Mute, StoppedRun } from '../commands.ts';
import type { Transaction } from './driver.ts';
import type { Outgoings } from './outbox.ts';
import { provided } from './provided.ts';
import { sessionOf } from './queries.ts';
import { answered, type PrepareAll, type Step } from './step.ts';
import { wholeMilliseconds } from './time.ts';
import type { Transactions } from './transactions.ts';

const session = `coalesce(entries.session, entries.lane)`;

const statements = {
  add: `INSERT INTO commands (id, text, state) VALUES (?, ?, 'pending')`,
  settle: `UPDATE entries SET state = 'settled', outcome = 'command'
    WHERE id IN (SELECT id FROM commands INDEXED BY commands_pending WHERE state = 'pending') AND state = 'pending' RETURNING id`,
  any: `SELECT EXISTS (SELECT 1 FROM commands INDEXED BY commands_pending WHERE state = 'pending') AS pending,
    EXISTS (SELECT 1 FROM mutes) AS mutes, EXISTS (SELECT 1 FROM renewed_sessions) AS renewed`,
  pending: `SELECT commands.id, text, account, contact, coalesce(conversation, lane) AS conversation, lane,
      occurred_at AS occurredAt, target, target_run AS targetRun, target_session AS targetSession
    FROM commands INDEXED BY commands_pending JOIN entries ON entries.id = commands.id
    WHERE commands.state = 'pending' AND outcome = 'command' AND account = +? ORDER BY occurred_at, batch, position`,
  running: `SELECT one.id AS message, one.run_key AS runKey,
      ${sessionOf('one')} AS session
    FROM entries AS command JOIN entries AS one ON one.lane = command.lane
    WHERE command.id = +? AND one.state = 'sending' AND one.run_key IS NOT NULL
      AND coalesce(one.conversation, one.lane) = coalesce(command.conversation, command.lane)
    ORDER BY one.carried_by IS NOT NULL, one.begun_at DESC NULLS LAST LIMIT 1`,
  aim: `UPDATE commands SET target = :message, target_run = :runKey, target_session = :session
    WHERE id = :id AND ${provided(`state = 'pending'`)}`,
  finish: `UPDATE commands SET state = 'done', target = CASE WHEN :stops <> 0 THEN target END
    WHERE id = :id AND ${provided(`state = 'pending'`)}`,
  explain: 'UPDATE entries SET reason = :reason, updated_at = :at WHERE id = :id',
  stopped: `SELECT target AS message, target_run AS runKey, target_session AS session
    FROM commands INDEXED BY commands_aimed JOIN entries ON entries.id = target
    WHERE target IS NOT NULL AND account = +? AND entries.state IN ('pending', 'sending')`,
  mutes: `SELECT account, conversation, since, until FROM mutes
    WHERE account = +:account AND (until IS NULL OR until > +:now) ORDER BY since, conversation`,
  endMutes: 'DELETE FROM mutes WHERE until <= +:now',
  mute: `INSERT INTO mutes (account, conversation, since, until)
    SELECT account, :conversation, :at, :until FROM entries WHERE id = :id
    ON CONFLICT (account, conversation) DO UPDATE SET until = excluded.until`,
  unmute:
    'DELETE FROM mutes WHERE account = (SELECT account FROM entries WHERE id = :id) AND conversation = :conversation',
  renew: `INSERT INTO renewed_sessions (account, session, number)
    SELECT account, ${session}, 2 FROM entries WHERE id = :id
    ON CONFLICT (account, session) DO UPDATE SET number = renewed_sessions.number + 1 RETURNING account, session, number`,
  // Those behind the command that have not begun. They are in its lane: a session has one.
  renewWaiting: `UPDATE entries SET session_number = :number FROM entries AS command
    WHERE command.id = +:id AND entries.lane = command.lane AND ${session} = +:session AND entries.account = +:account
      AND entries.state IN ('held', 'pending') AND entries.run_number = 0 AND entries.open_run IS NULL
      AND (entries.occurred_at, entries.batch, entries.position) > (command.occurred_at, command.batch, command.position)`,
  renewed: 'SELECT account, session, number FROM renewed_sessions',
  setNumber: 'UPDATE entries SET session_number = ? WHERE id = ?',
};

/** An entry, and the name of the session that it is filed under. */
interface Named {
  id: string;
  account: string;
  session: string;
}

interface Remembered {
  /** The transaction in which it was read. */
  group: object;
  /** The numbers of sessions that were renewed. */
  numbers: ReadonlyMap<string, number>;
  /** Whether any command may be pending, and any conversation muted. */
  mayPend: boolean;
  mayMute: boolean;
}

/** What others need of this inside their own transactions. */
export interface CommandSteps {
  /** Adds the command of an entry, which waits as any other until `settle`. */
  add(id: string, text: string, transaction: Transaction): Step<void>;
  /** Settles the commands among the pending entries, which have their place in the order now. Returns their ids. */
  settle(transaction: Transaction): Step<string[]>;
  /** Files a new entry under the session that a command has begun in place of the one that it is filed under. */
  renewSession(entry: Named, transaction: Transaction): Step<void>;
  /** Asks for what all of these need, where it is not known. */
  look(transaction: Transaction): Step<void>;
  /** What the first of these asks for in a transaction. */
  ahead(): Step<unknown>;
  /** Whether any conversation may be muted. It can be asked outside of transactions. */
  mayMute(): boolean;
}

export function createCommands(
  prepareAll: PrepareAll,
  { read, operate }: Transactions,
  { outgoings, shared }: { outgoings: Pick<Outgoings, 'add'>; shared: boolean },
): { steps: CommandSteps; commands: Commands } {
  const sql = prepareAll(statements);
  const nameOf = (account: unknown, name: unknown) => `${account}\n${name}`;
  // Hardly any session was ever renewed, and hardly ever is anybody muted: no entry asks the database for it.
  let remembered: Remembered | null = null;
  /** What changed what is remembered: until it ended, that may yet be undone. */
  let changing: object | null = null;

  function known({ group }: Transaction): Remembered | null {
    return shared && remembered?.group !== group ? null : remembered;
  }

  function* remember({ group }: Transaction): Step<Remembered> {
    const any = yield* sql.any.get();
    const numbers = any?.renewed ? yield* sql.renewed.all() : [];
    const found = {
      group,
      numbers: new Map(numbers.map(row => [nameOf(row.account, row.session), Number(row.number)] as const)),
      mayPend: Boolean(any?.pending),
      mayMute: Boolean(any?.mutes),
    };
    if (group !== changing) remembered = found;
    return found;
  }

  function* apply(id: string, effect: CommandEffect, at: number, now: number): Step<void> {
    yield* sql.endMutes.run({ now });
    if (effect.do === 'mute') {
      const until = effect.until === null ? null : wholeMilliseconds(effect.until, 'the end of the mute');
      yield* sql.mute.run({ id, conversation: effect.conversation, until, at });
    }
    if (effect.do === 'unmute') yield* sql.unmute.run({ id, conversation: effect.conversation });
    if (effect.do !== 'renew session') return;
    const renewed = yield* sql.renew.get({ id });
    if (renewed !== undefined)
      yield* sql.renewWaiting.run({ id, ...(renewed as Record<'account' | 'session' | 'number', string>) });
  }

  function* look(transaction: Transaction): Step<void> {
    yield* remember(transaction);
  }

  function* settle(transaction: Transaction): Step<string[]> {
    if (!(known(transaction) ?? (yield* remember(transaction))).mayPend) return [];
    return (yield* sql.settle.all()).map(row => String(row.id));
  }

  function* renewSession({ id, account, session: name }: Named, transaction: Transaction): Step<void> {
    const { numbers } = known(transaction) ?? (yield* remember(transaction));
    const number = numbers.get(nameOf(account, name));
    if (number !== undefined) yield* sql.setNumber.send(number, id);
  }

  return {
    steps: {
      *add(id, text, transaction) {
        yield* sql.add.run(id, text);
        (known(transaction) ?? (yield* remember(transaction))).mayPend = true;
      },
      look: transaction => (known(transaction) ? answered(undefined) : look(transaction)),
      settle: transaction => (known(transaction)?.mayPend === false ? answered([]) : settle(transaction)),
      renewSession: (entry, transaction) =>
        known(transaction)?.numbers.size === 0 ? answered(undefined) : renewSession(entry, transaction),
      ahead: () => sql.any.get(),
      mayMute: () => shared || remembered === null || remembered.mayMute,
    },
    commands: {
      pending: account =>
        read(function* () {
          return (yield* sql.pending.all(account)).map(toCommand);
        }),
      running: id =>
        read(function* () {
          return ((yield* sql.running.get(id)) as unknown as StoppedRun | undefined) ?? null;
        }),
      aim: (id, run) =>
        operate(function* () {
          return (yield* sql.aim.run({ id, ...run })) === 1;
        }),
      finish: (id, { effect, outgoing, reason }) =>
        operate(function* (at, { group }, now) {
          remembered = null;
          changing = group;
          if ((yield* sql.finish.run({ id, stops: Number(effect.do === 'stop') })) !== 1) return false;
          yield* apply(id, effect, at, now);
          yield* sql.explain.run({ id, reason, at });
          yield* outgoings.add(outgoing, at);
          return true;
        }),
      stopped: account => read(() => sql.stopped.all(account) as unknown as Step<StoppedRun[]>),
      mutes: account => read(now => sql.mutes.all({ account, now }) as unknown as Step<Mute[]>),
    },
  };
}

function toCommand({ target, targetRun, targetSession, ...command }: Record<string, unknown>): GivenCommand {
  const run =
    target === null ? null : { message: String(target), runKey: String(targetRun), session: String(targetSession) };
  return { ...(command as unknown as Omit<GivenCommand, 'run'>), run };
}
