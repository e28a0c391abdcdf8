import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { AgentGateway } from '../../src/agents/agent.ts';
import { createHistory, type History } from '../../src/live/history.ts';
import { createLive, type Live } from '../../src/live/live.ts';
import type { SocketDirectory } from '../../src/live/place.ts';
import { type AppEvent, createEvents, type Emit } from '../../src/observe/events.ts';
import { createScrub } from '../../src/observe/scrub.ts';
import { firstStatus } from '../../src/state/status-file.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { type ManualClock, manualClock } from '../manual-clock.ts';

export const at = Date.UTC(2026, 10, 29, 12, 0, 0);

export interface LiveStage {
  dir: string;
  stateDir: string;
  store: Store;
  clock: ManualClock;
  history: History;
  live: Live;
  /** The events of the part itself. */
  told: AppEvent[];
  emit: Emit;
  /** The socket that was opened. */
  socket(): string;
  get(path: string, method?: string): Promise<{ status: number; text: string }>;
  /** A connection by hand, which reads unless it is paused. */
  connection(head?: string): Promise<Connection>;
}

export interface Connection {
  socket: Socket;
  /** All that it has read. */
  seen(): string;
  /** Resolves with that when it contains the text. */
  says(text: string): Promise<string>;
  closed: Promise<unknown>;
}

/** A store and the live view of it, started. */
export async function startLive(
  options: {
    directories?: (dir: string) => readonly SocketDirectory[];
    secrets?: readonly string[];
    stateDir?: string;
    record?: NonNullable<AgentGateway['record']>;
  } = {},
): Promise<LiveStage> {
  const dir = mkdtempSync(join(tmpdir(), 'kapso-live-'));
  const stateDir = join(dir, options.stateDir ?? 'state');
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  const clock = manualClock(at);
  const store = await openStore({ dir: stateDir, clock });
  const scrub = createScrub(options.secrets ?? []);
  const history = createHistory({ clock, scrub });
  const told: AppEvent[] = [];
  const emit = createEvents([event => told.push(event), history.listen]);
  const gateway = { url: 'ws://g', phase: 'connected', since: at, reason: null, hint: null, bootId: 'b' } as const;
  const live = createLive({
    config: { state: { dir: stateDir } },
    store,
    gateway: { state: gateway, ...(options.record && { record: options.record }) },
    status: { current: firstStatus({ version: 'test', mode: 'polling', gateway, clock, dir: stateDir }) },
    history,
    settings: () => ({ config: 'none' }),
    socketDirectories: options.directories?.(dir) ?? [],
    version: 'test',
    scrub,
    clock,
    emit,
  });
  await live.start();
  const socket = () => {
    const opened = told.find(event => event.type === 'live opened');
    if (opened?.type !== 'live opened') throw new Error(`no socket was opened: ${JSON.stringify(told)}`);
    return opened.socket;
  };
  onTestFinished(async () => {
    const stopped = live.stop(0);
    clock.advance(1000);
    await stopped;
    await store.close();
    rmSync(dir, { recursive: true, force: true });
  });
  return {
    ...{ dir, stateDir, store, clock, history, live, told, emit, socket },
    get: (path, method = 'GET') =>
      new Promise((resolve, reject) => {
        const asked = request({ socketPath: socket(), path, method, agent: false }, async response => {
          const chunks: Buffer[] = [];
          for await (const chunk of response) chunks.push(chunk);
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() });
        });
        asked.on('error', reject).end();
      }),
    connection: async head => {
      const one = connect(socket());
      one.on('error', () => {});
      onTestFinished(() => void one.destroy());
      let seen = '';
      one.on('data', chunk => {
        seen += chunk;
      });
      const closed = once(one, 'close');
      await once(one, 'connect');
      if (head !== undefined) one.write(head);
      const says = async (text: string) => {
        while (!seen.includes(text)) await once(one, 'data');
        return seen;
      };
      return { socket: one, seen: () => seen, says, closed };
    },
  };
}

export const follow = 'GET /v1/events HTTP/1.1\r\nHost: p\r\n\r\n';

/** A directory as a login makes it. */
export function runtimeDirectory(path: string, mode = 0o700): string {
  mkdirSync(path, { recursive: true });
  chmodSync(path, mode);
  return path;
}
