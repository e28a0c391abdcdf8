import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { deliveryRequest, webhookEnv } from '../bench/delivery.ts';
import { judged, type Measurement, median, monotonic, noted } from '../bench/measurement.ts';
import { openConnection } from '../bench/raw-connection.ts';
import { openStage, pollerProgram } from '../bench/stage.ts';

const activations = 15;
const idleSeconds = 1;

/** A program of the package systemd that does for one service what a socket unit does. */
const activator = 'systemd-socket-activate';

/**
 * On-demand operation: the program runs only from a webhook until nothing has happened for a while. Measured is the
 * time from the connection of the first webhook, which starts the program on an existing inbox, to its answer 200. Then
 * the message is on disk.
 */
export const activation: Measurement = {
  name: 'activation',
  about: 'from the first webhook to its answer, where the socket starts the poller',
  async run() {
    await using stage = openStage();
    await stage.startKapso();
    const gateway = await stage.startGateway();
    const times: number[] = [];
    let refused = 0;
    for (let number = -1; number < activations; number += 1) {
      const held = await hold({ ...stage.env, ...webhookEnv, KAPSO_STATE_DIR: stage.dir });
      const ended = once(held.child, 'exit');
      try {
        const begun = monotonic();
        const connection = await openConnection(held.port);
        const status = await connection.request(
          deliveryRequest({ id: `wamid.activation${number}`, from: '15550100000' }),
        );
        // The first one creates the inbox.
        if (number >= 0) times.push(monotonic() - begun);
        if (status !== 200) refused += 1;
        connection.close();
        const [code] = await ended;
        if (code !== 0) refused += 1;
      } finally {
        held.child.kill('SIGKILL');
      }
    }
    await gateway.reached('runs', activations + 1);
    return [
      judged('activation by the first webhook to its 200, median', median(times), { atMost: 400, unit: 'ms' }),
      judged('activation: refused, or not ended by itself', refused, { atMost: 0, unit: '' }),
      noted('idle on demand', 'no process, 0 MB'),
    ];
  },
};

/** Holds a socket that starts the poller at its first connection. */
async function hold(env: Record<string, string>): Promise<{ child: ChildProcess; port: number }> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    // Of its own environment it passes on only what it is told to.
    const passed = Object.entries(env).flatMap(([name, value]) => ['--setenv', `${name}=${value}`]);
    const child = spawn(
      activator,
      [
        '--listen',
        `127.0.0.1:${port}`,
        '--fdname=webhook',
        ...passed,
        process.execPath,
        pollerProgram,
        '--idle-exit',
        String(idleSeconds),
      ],
      { env, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    const lines = createInterface(child.stderr);
    const listening = new Promise<boolean>((resolve, reject) => {
      child.once('error', () => reject(new Error(`${activator} is not here: it is in the package systemd`)));
      child.once('exit', () => resolve(false));
      lines.on('line', line => {
        if (line.startsWith('Listening on')) resolve(true);
      });
    });
    if (await listening) return { child, port };
  }
}
