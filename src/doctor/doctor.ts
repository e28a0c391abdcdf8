/** `kapso-whatsapp-cli doctor`: all its checks, in the order in which a set-up is made. */
import { systemClock } from '../clock.ts';
import { fileOwnerOf, labelOf } from '../config/accounts.ts';
import { type AccountConfig, allSecretsOf, type ConfiguredAccount, type LoadedConfig } from '../config/load.ts';
import { isOurs } from '../errors.ts';
import { signingSecrets } from '../intake/registration/signing-secret.ts';
import { createKapsoClient } from '../kapso/client.ts';
import { openTransport } from '../kapso/http/open-transport.ts';
import { within } from '../kapso/http/transport.ts';
import { createWebhookClient } from '../kapso/webhooks.ts';
import { numberIn } from '../observe/account-status.ts';
import { createLog } from '../observe/log.ts';
import { checkAlerts } from './alerts.ts';
import { checkAccess, checkConfiguration } from './configuration.ts';
import { checkDatabase } from './database.ts';
import { type Check, diagnose } from './diagnose.ts';
import type { Finding } from './finding.ts';
import { checkGateway } from './gateway.ts';
import { checkKapso } from './kapso-account.ts';
import { checkListeners, listens } from './listeners.ts';
import { checkNode, checkTailscale, checkUnit, isSocketActivated } from './machine.ts';
import { askRunning, checkRunning, type RunningPoller } from './running.ts';
import { checkStateDirectory } from './state-directory.ts';
import { checkWebhook } from './webhook.ts';

export type { Finding } from './finding.ts';
export { notYetInForce } from './running.ts';

/** What a reader should know is in the findings. */
const silent = createLog({ level: 'error', format: 'json', scrub: text => text, write: () => undefined });

export interface DoctorOptions {
  env: NodeJS.ProcessEnv;
  home: string;
  configFile?: string | undefined;
  stateDir?: string | undefined;
  /** Whether to have the agent answer a question. */
  deep: boolean;
  /** Whether the set-up is being made: then no poller works yet, and that is as it should be. */
  isSetup?: boolean;
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
        for (const secret of loaded === null ? [] : allSecretsOf(loaded)) secrets.add(secret);
      },
    },
  ];
  const found = await diagnose(first, { clock, onFinding });
  if (loaded === null) return found;
  return [...found, ...(await diagnose(await checksOf(loaded, options), { clock, onFinding }))];
}

async function checksOf(
  { config, accounts, proxy, origins }: LoadedConfig<AccountConfig>,
  options: DoctorOptions,
): Promise<Check[]> {
  const { env } = options;
  const clock = systemClock;
  const transport = openTransport({ proxy });
  const { dir } = config.state;
  const poller = await lookAtPoller(dir);
  const ofEach = (name: string, run: (account: ConfiguredAccount<AccountConfig>) => Check['run']): Check[] =>
    accounts.map(account => ({
      name: accounts.length > 1 ? `${name} of ${labelOf(account)}` : name,
      run: run(account),
    }));
  const checks: (Check | null)[] = [
    ...ofEach('access', account => async report => checkAccess(account.config, report)),
    { name: 'alerts', run: async report => checkAlerts(config, env, report) },
    {
      name: 'state directory',
      run: report => {
        const hasInbox = config.state.database === undefined;
        return checkStateDirectory(dir, report, { clock, isSetup: options.isSetup === true, hasInbox, accounts });
      },
    },
    config.state.database === undefined
      ? null
      : { name: 'database', run: report => checkDatabase(config.state, accounts, report, clock) },
    poller === null
      ? null
      : { name: 'running poller', run: async report => checkRunning(poller, { config, accounts }, report) },
    { name: 'service', run: (report, signal) => checkUnit(env, report, signal) },
    listens(config)
      ? {
          name: 'listeners',
          run: (report, signal) => {
            const held = poller && (poller.settings?.listens ?? 'unknown');
            return checkListeners({ config, held, isActivated: () => isSocketActivated(env, signal) }, report);
          },
        }
      : null,
    ...ofEach('Kapso', account => (report, signal) => {
      const { kapso } = account.config;
      const client = createKapsoClient({ ...kapso, timeout: kapso.timeout * 1000, transport, clock });
      return checkKapso({ config: account.config, kapso: client, clock }, report, signal);
    }),
    config.mode === 'tailscale'
      ? { name: 'Tailscale', run: (report, signal) => checkTailscale(config, report, clock, signal) }
      : null,
    ...(config.mode === 'polling'
      ? []
      : ofEach('webhook', account => (report, signal) => {
          const { kapso, webhook } = account.config;
          const webhooks = createWebhookClient({ ...kapso, transport, clock, timeouts: within(kapso.timeout * 1000) });
          const kept = { stateDir: dir, account: fileOwnerOf(account) };
          const { secrets } = signingSecrets({ ...kept, configured: webhook.secret, make: false });
          for (const secret of secrets) options.secrets.add(secret);
          const url = webhook.publicUrl ?? poller?.status?.webhook?.publicUrl ?? null;
          const running = poller && { registration: numberIn(poller.status ?? {}, kapso.phoneNumberId).registration };
          return checkWebhook(
            { config: account.config, url, secrets, webhooks, transport, clock, running },
            report,
            signal,
          );
        })),
    {
      name: 'gateway',
      run: (report, signal) =>
        checkGateway(
          {
            ...options,
            config,
            accounts,
            tokenOrigin: origins['gateway.token'],
            clock,
            random: Math.random,
            log: silent,
          },
          report,
          signal,
        ),
    },
  ];
  return checks.filter(check => check !== null);
}

/** A state directory that cannot be looked at is told of by its own check. */
async function lookAtPoller(dir: string): Promise<RunningPoller | null> {
  try {
    return await askRunning(dir);
  } catch (error) {
    if (!isOurs(error)) throw error;
    return null;
  }
}
