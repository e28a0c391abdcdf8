/** `kapso-whatsapp-cli doctor`: all its checks, in the order in which a set-up is made. */
import { systemClock } from '../clock.ts';
import type { AccountConfig, LoadedConfig } from '../config/load.ts';
import { secretsOf } from '../config/secrets.ts';
import { signingSecrets } from '../intake/registration/signing-secret.ts';
import { createKapsoClient } from '../kapso/client.ts';
import { openTransport } from '../kapso/http/open-transport.ts';
import { within } from '../kapso/http/transport.ts';
import { createWebhookClient } from '../kapso/webhooks.ts';
import { createLog } from '../observe/log.ts';
import { isLocked } from '../state/lock.ts';
import { readStatusFile } from '../state/status-file.ts';
import { checkAccess, checkConfiguration } from './configuration.ts';
import { type Check, diagnose } from './diagnose.ts';
import type { Finding } from './finding.ts';
import { checkGateway } from './gateway.ts';
import { checkKapso } from './kapso-account.ts';
import { checkNode, checkTailscale, checkUnit } from './machine.ts';
import { checkStateDirectory } from './state-directory.ts';
import { checkWebhook } from './webhook.ts';

export type { Finding } from './finding.ts';

/** What a reader should know is in the findings. */
const silent = createLog({ level: 'error', format: 'json', secrets: [], write: () => undefined });

export interface DoctorOptions {
  env: NodeJS.ProcessEnv;
  home: string;
  configFile?: string | undefined;
  stateDir?: string | undefined;
  /** Whether to have the agent answer a question. */
  deep: boolean;
  /** Gets every secret of the configuration before anything is said. */
  secrets: Set<string>;
  onFinding: (finding: Finding) => void;
}

/** Looks at everything. Returns what it found. */
export async function examine(options: DoctorOptions): Promise<Finding[]> {
  const { env, home, configFile, stateDir, secrets, onFinding } = options;
  const clock = systemClock;
  const given = {
    env,
    home,
    ...(configFile === undefined ? {} : { configFile }),
    ...(stateDir === undefined ? {} : { flags: { 'state.dir': stateDir } }),
  };
  let loaded: LoadedConfig<AccountConfig> | null = null;
  const first: Check[] = [
    { name: 'program', run: async report => checkNode(report) },
    {
      name: 'configuration',
      run: async report => {
        loaded = await checkConfiguration(given, report);
        for (const secret of loaded === null ? [] : secretsOf(loaded.config)) secrets.add(secret);
      },
    },
  ];
  const found = await diagnose(first, { clock, onFinding });
  if (loaded === null) return found;
  return [...found, ...(await diagnose(checksOf(loaded, options), { clock, onFinding }))];
}

function checksOf({ config, proxy }: LoadedConfig<AccountConfig>, { env, deep }: DoctorOptions): Check[] {
  const clock = systemClock;
  const transport = openTransport({ proxy });
  const kapso = createKapsoClient({ ...config.kapso, timeout: config.kapso.timeout * 1000, transport, clock });
  const { dir } = config.state;
  const checks: (Check | null)[] = [
    { name: 'access', run: async report => checkAccess(config, report) },
    { name: 'state directory', run: report => checkStateDirectory(dir, report, clock) },
    { name: 'service', run: (report, signal) => checkUnit(env, report, signal) },
    { name: 'Kapso', run: (report, signal) => checkKapso({ config, kapso, clock }, report, signal) },
    config.mode === 'tailscale'
      ? { name: 'Tailscale', run: (report, signal) => checkTailscale(config, report, clock, signal) }
      : null,
    config.mode === 'polling'
      ? null
      : {
          name: 'webhook',
          run: (report, signal) => {
            const timeouts = within(config.kapso.timeout * 1000);
            const webhooks = createWebhookClient({ ...config.kapso, transport, clock, timeouts });
            const { secrets } = signingSecrets({ configured: config.webhook.secret, stateDir: dir, make: false });
            const running = isLocked(dir);
            const url =
              config.webhook.publicUrl ?? (running ? (readStatusFile(dir)?.webhook?.publicUrl ?? null) : null);
            return checkWebhook({ config, url, secrets, webhooks, transport, running }, report, signal);
          },
        },
    {
      name: 'gateway',
      run: (report, signal) => checkGateway({ config, clock, deep, random: Math.random, log: silent }, report, signal),
    },
  ];
  return checks.filter(check => check !== null);
}
