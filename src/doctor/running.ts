/** What a running poller says of itself, compared with the configuration that the next start would have. */
import { ConfigError } from '../config/errors.ts';
import { type LoadedConfig, loadConfig } from '../config/load.ts';
import type { ConfigChange } from '../config/reloadable.ts';
import { compareWithRunning, type RunningSettings, readRunningSettings } from '../config/running-settings.ts';
import type { Settings } from '../config/settings-change.ts';
import { askSettings } from '../live/client.ts';
import { findSockets } from '../live/place.ts';
import { numbersOf } from '../observe/account-status.ts';
import type { Status } from '../observe/status.ts';
import { isLocked } from '../state/lock.ts';
import { readStatusFile } from '../state/status-file.ts';
import type { Report } from './finding.ts';

export interface RunningPoller {
  /** What it has written of itself; null where that cannot be read. */
  status: Partial<Status> | null;
  /** Null where it does not say with what it runs: it is of an older version, or another user's. */
  settings: RunningSettings | null;
}

/** Asks the poller of a state directory. Resolves to null when none runs. */
export async function askRunning(dir: string): Promise<RunningPoller | null> {
  if (!isLocked(dir)) return null;
  const status = statusIn(dir);
  const socket = typeof status?.socket === 'string' ? status.socket : null;
  return { status, settings: readRunningSettings(await askSettings(findSockets(dir, socket))) };
}

function statusIn(dir: string): Partial<Status> | null {
  try {
    return readStatusFile(dir);
  } catch {
    // The look at the state directory says why, where it matters.
    return null;
  }
}

const restart = 'systemctl restart kapso-whatsapp-poller';

/** Compares the configuration with that of the poller that runs. */
export function checkRunning({ status, settings }: RunningPoller, configured: Settings, report: Report): void {
  const change = settings === null ? byStatus(status, configured) : compareWithRunning(settings, configured);
  const other = 'Where the poller has another file or environment than this command, give it the same';
  if (change.needRestart.length > 0) {
    const keys = [...change.needRestart, ...change.applied].join(', ');
    report.warn(
      `the poller that runs has other settings than the configuration: ${keys}`,
      `Restart it, so that they take effect: ${restart}. ${other}`,
    );
  } else if (change.applied.length > 0) {
    report.warn(
      `the poller that runs has not read the configuration since it was changed: ${change.applied.join(', ')}`,
      `Have it read it: systemctl reload kapso-whatsapp-poller (SIGHUP), or restart it. ${other}`,
    );
  } else if (settings !== null) report.ok('the poller that runs has the settings of the configuration');
  for (const { account, of } of numbersOf(status ?? {})) {
    const { errorCode, lastError } = of.polling ?? {};
    if (errorCode !== 'KAPSO_UNAUTHORIZED') continue;
    const whose = account === null ? '' : ` for ${account}`;
    report.warn(
      `Kapso refuses the poller that runs${whose}: ${(lastError ?? 'it does not say why').replace(/\.$/, '')}`,
      `When the key is right, restart the poller, which has that of its start: ${restart}`,
    );
  }
}

/** The little that the status file has. */
function byStatus(status: Partial<Status> | null, { config }: Settings): ConfigChange {
  const [mode, url] = [status?.mode, status?.gateway?.url];
  const needRestart = [
    ...(mode !== undefined && mode !== config.mode ? ['mode'] : []),
    ...(url !== undefined && url !== config.gateway.url ? ['gateway.url'] : []),
  ];
  return { applied: [], needRestart };
}

/**
 * What the running poller must still take over of a configuration that was changed; null where none runs, or nothing can be
 * said. `secrets` gets those of the configuration.
 */
export async function notYetInForce(options: {
  env: NodeJS.ProcessEnv;
  home: string;
  configFile: string;
}): Promise<ConfigChange | null> {
  let loaded: LoadedConfig;
  try {
    loaded = await loadConfig({ ...options, need: 'poller' });
  } catch (error) {
    // The look at the configuration has said so.
    if (error instanceof ConfigError) return null;
    throw error;
  }
  const running = await askRunning(loaded.config.state.dir);
  if (running === null) return null;
  const configured = loaded as Settings;
  return running.settings === null
    ? byStatus(running.status, configured)
    : compareWithRunning(running.settings, configured);
}
