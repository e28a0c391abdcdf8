import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type CutProxy, startCutProxy } from '../cut-proxy.ts';
import { addressOf, domainMode, webhookSecret } from '../e2e-webhook/delivery.ts';
import type { Postgres } from '../postgres.ts';
import type { Program } from './program.ts';
import { createStage, type Gateway, type Inbound, type Kapso, type Stage } from './programs.ts';
import { type Asked, startGatewayWitness, startKapsoWitness } from './witness.ts';

/** One of several pollers on one inbox. */
export interface Member {
  readonly name: string;
  readonly program: Program;
  /** Its way to the database. */
  readonly database: CutProxy;
  /** What all its processes have asked of the gateway and of Kapso, in order. */
  asked(kind?: Asked['kind']): Asked[];
  /** Starts it; resolves when it receives. */
  start(): Promise<void>;
  /** Where its present process takes webhooks. */
  webhook(): Promise<string>;
  /** What its present process has claimed, by the database: lanes of the inbox and of the outbox, and roles. */
  holds(): Promise<string[]>;
  /** The ids of the messages in the lanes of the inbox that it has claimed. */
  worksOn(): Promise<string[]>;
}

/** Pollers with state directories of their own, on one database, with one Kapso and one gateway. */
export interface Pollers {
  readonly stage: Stage;
  readonly kapso: Kapso;
  readonly gateway: Gateway;
  readonly members: readonly Member[];
  /** Kapso has the messages, and lists them; nobody is told. Resolves to their ids. */
  receive(messages: readonly Inbound[]): Promise<string[]>;
  /** Kapso delivers these messages to a poller by webhook. Resolves with the status of the answer; null without one in time. */
  deliver(member: Member, ids: readonly string[], timeout?: number): Promise<number | null>;
  /** Rows of a query on the database. */
  query<Row = Record<string, unknown>>(text: string): Promise<Row[]>;
}

export interface PollersOptions {
  count: number;
  /** Added to the environment of each. */
  env?: Record<string, string>;
  /** Added to the environment of one. */
  envOf?: (name: string, stage: Stage) => Record<string, string>;
  gateway?: string[];
}

/** Starts all but the pollers. */
export async function createPollers(postgres: Postgres, options: PollersOptions): Promise<Pollers> {
  const name = await postgres.createDatabase();
  const stage = createStage({ database: postgres.url(name) });
  mkdirSync(stage.stateDir, { mode: 0o700 });
  const kapso = await stage.startKapso();
  const gateway = await stage.startGateway(['--state', join(stage.dir, 'gateway'), ...(options.gateway ?? [])]);
  const query: Pollers['query'] = async text => (await postgres.query(name, text)) as never;
  const portOf = (url: string) => Number(new URL(url).port);

  const createMember = async (memberName: string): Promise<Member> => {
    const database = await startCutProxy(postgres.port);
    const toKapso = await startKapsoWitness(portOf(kapso.url));
    const toGateway = await startGatewayWitness(portOf(gateway.url));
    onTestFinished(async () => {
      for (const one of [database, toKapso, toGateway]) await one[Symbol.asyncDispose]();
    });
    const stateDir = join(stage.dir, memberName);
    const program = stage.poller({
      ...domainMode,
      KAPSO_POLL_FALLBACK: 'true',
      KAPSO_REPLY_VIA: 'relay',
      KAPSO_STATE_DIR: stateDir,
      KAPSO_STATE_DATABASE: postgres.url(name, { host: '127.0.0.1', port: database.port }),
      KAPSO_BASE_URL: `http://127.0.0.1:${toKapso.port}`,
      OPENCLAW_GATEWAY_URL: `ws://127.0.0.1:${toGateway.port}`,
      ...options.env,
      ...options.envOf?.(memberName, stage),
    });
    /** Where the lines of its present process begin. */
    let from = 0;
    const start = program.start;
    program.start = within => {
      from = program.lines.length;
      return start(within);
    };
    return {
      name: memberName,
      program,
      database,
      asked: kind =>
        [...toKapso.asked, ...toGateway.asked]
          .filter(one => kind === undefined || one.kind === kind)
          .sort((one, other) => one.at - other.at),
      webhook: () => addressOf(program, from),
      async start() {
        await program.start();
        await addressOf(program, from);
      },
      holds: async () => (await query<{ lane: string }>(claimsOf(program))).map(({ lane }) => lane),
      worksOn: async () => {
        const text = `SELECT id FROM kapso_whatsapp.entries WHERE lane IN (${claimsOf(program)})`;
        return (await query<{ id: string }>(text)).map(({ id }) => id);
      },
    };
  };
  const members: Member[] = [];
  for (let n = 1; n <= options.count; n += 1) members.push(await createMember(`poller-${n}`));

  return {
    stage,
    kapso,
    gateway,
    members,
    query,
    receive: messages => kapso.receive(messages),
    async deliver(member, ids, timeout = 10_000) {
      const url = await member.webhook();
      const delivery = { url, ids, form: ids.length === 1 ? 'v2' : 'v2-batch', secret: webhookSecret, timeout };
      return (await kapso.control<{ status: number | null }>('POST', 'deliver', delivery)).status;
    },
  };
}

function claimsOf({ pid }: Program): string {
  return `SELECT lane FROM kapso_whatsapp.claims WHERE owner LIKE '%(pid ${pid}, %'`;
}

/** The id of the message for which a run is. */
export function inputOf({ key }: { key: string }): string {
  return key.replace(/:\d+$/, '');
}

/** Milliseconds within which others go on with what a poller had that is gone: its lease, and their next look. */
export const takeOver = 15_000;

export interface Stopwatch {
  /** Milliseconds since the start, less what a busy machine has added to them. */
  stop(): number;
}

/** Milliseconds between two looks of a stopwatch at the machine, and what one may cost beyond that on a quiet machine. */
const look = 50;
const usual = 5;
/** A poller, the database, the gateway and Kapso take part one after the other, each of which is held up as this process is. */
const others = 4;

/**
 * Measures a time that the program promises for a quiet machine. Where the machine is busy, this process is held up as well,
 * and the time is shortened by as much for each that takes part.
 */
export function startStopwatch(): Stopwatch {
  const begun = performance.now();
  let last = begun;
  let heldUp = 0;
  const timer = setInterval(() => {
    const now = performance.now();
    heldUp += others * Math.max(0, now - last - look - usual);
    last = now;
  }, look);
  onTestFinished(() => clearInterval(timer));
  return {
    stop() {
      clearInterval(timer);
      const all = performance.now() - begun;
      if (heldUp > 100) console.log(`${Math.round(all)} ms, of which the machine was busy ${Math.round(heldUp)} ms`);
      return all - heldUp;
    },
  };
}
