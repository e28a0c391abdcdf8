import { accessWarning } from '../access/warning.ts';
import { labelOf } from '../config/accounts.ts';
import { ConfigError, formatProblem } from '../config/errors.ts';
import { type AccountConfig, type LoadedConfig, type LoadOptions, loadConfig } from '../config/load.ts';
import type { Report } from './finding.ts';

/** What to do about a warning of the configuration; each says that itself. */
const asSaid = 'Change it as it says, or leave it if it is meant so';

/**
 * Reads the configuration as the poller does. Null when it is wrong: then nothing else can be looked at. Each problem is
 * a finding of its own, with the place where it stands.
 */
export async function checkConfiguration(
  options: Omit<LoadOptions, 'need'>,
  report: Report,
): Promise<LoadedConfig<AccountConfig> | null> {
  let loaded: LoadedConfig<AccountConfig>;
  try {
    loaded = await loadConfig({ ...options, need: 'poller' });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const todo = error.hint ?? 'Put it right there';
    for (const problem of error.problems) report.fail(formatProblem(problem), todo, 'CONFIG_INVALID');
    return null;
  }
  const { config, accounts, file, origins, warnings } = loaded;
  report.ok(`the configuration is right (${file ?? 'environment only'})`);
  const mode = `mode ${config.mode} (${origins.mode ?? 'default'})`;
  const [first, another] = accounts;
  if (another !== undefined) report.ok(`${mode}, ${accounts.length} numbers: ${accounts.map(labelOf).join(', ')}`);
  for (const account of accounts) {
    const { phoneNumberId, apiKey } = account.config.kapso;
    const from = (key: string) => `(${account.origins[key] ?? origins[key] ?? 'default'})`;
    const called = another === undefined ? '' : `${labelOf(account)}: `;
    const number = `number ${phoneNumberId} ${from('kapso.phoneNumberId')}`;
    report.ok(account === first && another === undefined ? `${mode}, ${number}` : `${called}${number}`);
    report.ok(`${called}the API key has ${apiKey.length} characters ${from('kapso.apiKey')}`);
  }
  for (const warning of warnings) report.warn(warning, asSaid);
  return loaded;
}

export function checkAccess({ access, groups }: AccountConfig, report: Report): void {
  const warning = accessWarning(access);
  if (warning === null) report.ok(`who may write: access.policy is ${access.policy}`);
  else report.warn(warning, 'See docs/guides/pairing.md');
  if (groups.policy !== 'disabled') report.ok(`groups: ${groups.policy}`);
}
