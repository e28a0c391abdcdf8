import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { formatListenAddress } from '../config/listen-address.ts';
import { readAssets } from '../page/assets.ts';
import { createFeed } from '../page/feed.ts';
import { startPage } from '../page/server.ts';
import { createPageActions } from './page-actions.ts';
import { openSite } from './site.ts';
import { createStage, customer } from './stage.ts';

export interface PageDemoOptions {
  /** 0 for any free port. */
  port: number;
  /** The user's own gateway; null for the simulated one. */
  gateway: { url: string; token: string } | null;
}

export interface PageDemo {
  /** The page's address, with its token. */
  url: string;
  logFile: string;
  /** Resolves when the programs run. Rejects when one of them does not start. */
  ready: Promise<void>;
  /** Ends every program, removes the directory, and closes the page. */
  close(): Promise<void>;
}

/** Milliseconds that a run of the echo agent takes, so that it can be seen. */
const agentDelay = 700;

/** Serves the demo's page on this machine, and starts its programs behind it. Rejects when the port is taken. */
export async function startPageDemo({ port, gateway }: PageDemoOptions): Promise<PageDemo> {
  const [kapsoPort = 0, gatewayPort = 0, webhookPort = 0] = await freePorts(3);
  const site = await openSite({
    kapso: directory => ['--port', String(kapsoPort), '--state', join(directory, 'kapso.jsonl')],
    gateway: directory => [
      ...['--port', String(gatewayPort), '--state', join(directory, 'gateway')],
      ...['--agent-delay', String(agentDelay)],
    ],
    onEnd: (_program, sentence) => stage.ended(sentence),
  });
  const feed = createFeed();
  const stage = createStage({
    ...{ site, feed, ownGateway: gateway?.url ?? null },
    ports: { kapso: kapsoPort, gateway: gatewayPort, webhook: webhookPort },
    verifyToken: randomBytes(16).toString('hex'),
    webhookSecret: randomBytes(16).toString('hex'),
  });
  if (gateway !== null) {
    // The agent of an own gateway has a command line of its own, which leads to its own Kapso and not to this one.
    Object.assign(site.env, {
      ...{ OPENCLAW_TOKEN: gateway.token, KAPSO_REPLY_VIA: 'relay' },
      // Nobody but the phone on the page reaches a real agent.
      ...{ KAPSO_ACCESS_POLICY: 'allowlist', KAPSO_ALLOWED_NUMBERS: customer.phone },
    });
  }
  try {
    const directory = pageDirectory();
    const { actions, file } = createPageActions(stage, readFileSync(join(directory, 'voice-message.ogg')));
    const token = randomBytes(24).toString('base64url');
    const page = await startPage({
      ...{ feed, actions, file, token },
      listen: { host: '127.0.0.1', port },
      listener: { name: 'the page', setting: '--port' },
      assets: readAssets(directory, 'demo.html', ['demo.js', 'page.css', 'theme.js', 'icon.svg']),
    });
    const ready = stage.start();
    // Whoever waits for it gets the error; nobody has to.
    ready.catch(() => undefined);
    const url = `http://${formatListenAddress(page.address)}/#token=${token}`;
    const close = async () => {
      await Promise.all([page.close(), ready.catch(() => undefined)]);
      await stage.close();
    };
    return { url, logFile: site.logFile, ready, close };
  } catch (error) {
    await stage.close();
    throw error;
  }
}

/** The page's files, which build.ts has written. */
function pageDirectory(): string {
  const here = import.meta.dirname;
  return import.meta.filename.endsWith('.ts') ? join(here, '../../dist/page') : join(here, 'page');
}

/** Finds ports that nobody has now, for programs that are ended and started again on the same ones. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      server =>
        new Promise<number>((resolve, reject) => {
          server.once('error', reject).listen(0, '127.0.0.1', () => {
            const address = server.address();
            resolve(typeof address === 'object' && address !== null ? address.port : 0);
          });
        }),
    ),
  );
  await Promise.all(servers.map(server => new Promise(resolve => server.close(resolve))));
  return ports;
}
