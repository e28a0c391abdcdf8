/** What the machine itself offers: the service under systemd, Tailscale, Node.js. */
import { execFile } from 'node:child_process';
import { childEnvironment } from '../child-environment.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/load.ts';
import { createTailscaleCommand } from '../intake/tunnel/tailscale-command.ts';
import { version } from '../version.ts';
import type { Report } from './finding.ts';

const unit = 'kapso-whatsapp-poller.service';
const properties = ['LoadState', 'ActiveState', 'SubState', 'NRestarts', 'Result'];

/** Asks systemd of the user, and of the system, for the poller's service. Silent where there is no systemd. */
export async function checkUnit(env: NodeJS.ProcessEnv, report: Report, signal: AbortSignal): Promise<void> {
  for (const scope of [['--user'], []]) {
    const shown = await output('systemctl', [...scope, 'show', unit, '--property', properties.join(',')], {
      env,
      signal,
    });
    if (shown === null) continue;
    const values = new Map(shown.split('\n').map(line => line.split('=', 2) as [string, string]));
    if (values.get('LoadState') !== 'loaded') continue;
    const command = ['systemctl', ...scope].join(' ');
    const state = `${values.get('ActiveState')} (${values.get('SubState')})`;
    const restarts = Number(values.get('NRestarts'));
    if (values.get('ActiveState') === 'failed') {
      const advice = `Read why, then start it again: ${command} status ${unit}; ${command} restart ${unit}`;
      report.fail(`the service ${unit} has failed (${values.get('Result')})`, advice);
    } else if (restarts > 0) {
      report.warn(
        `the service ${unit} is ${state}, and was restarted ${restarts} times`,
        `See journalctl ${scope.join(' ')} -u ${unit}`,
      );
    } else report.ok(`the service ${unit} is ${state}`);
  }
}

/** Whether systemd, of the user or of the system, listens for the poller (socket activation). */
export async function isSocketActivated(env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<boolean> {
  for (const scope of [['--user'], []]) {
    const asked = [...scope, 'show', 'kapso-whatsapp-poller.socket', '--property', 'ActiveState'];
    if ((await output('systemctl', asked, { env, signal }))?.trim() === 'ActiveState=active') return true;
  }
  return false;
}

/** Returns what a program prints; null when it cannot be run. */
function output(
  program: string,
  args: readonly string[],
  options: { env: NodeJS.ProcessEnv; signal: AbortSignal },
): Promise<string | null> {
  return new Promise(resolve => {
    const { env, signal } = options;
    execFile(program, args, { env: childEnvironment(env), signal, timeout: 5_000 }, (error, stdout) =>
      resolve(error === null ? stdout : null),
    );
  });
}

export async function checkTailscale(
  { tailscale }: Config,
  report: Report,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const command = createTailscaleCommand(tailscale.command, clock);
  signal.addEventListener('abort', () => void command.stop(), { once: true });
  const found = await command.machineName(tailscale.port);
  if ('name' in found) report.ok(`Tailscale can open the port ${tailscale.port} as ${found.name}`);
  else report.fail(found.reason, found.hint);
}

export function checkNode(report: Report): void {
  const { node, sqlite = 'of an unknown version' } = process.versions;
  report.ok(`kapso-whatsapp ${version}, Node.js ${node}, SQLite ${sqlite}`);
}
