import { accessWarning } from '../access/warning.ts';
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
    for (const problem of error.problems) report.fail(formatProblem(problem), 'Put it right there', 'CONFIG_INVALID');
    return null;
  }
  const { config, file, origins, warnings } = loaded;
  report.ok(`the configuration is right (${file ?? 'environment only'})`);
  const from = (key: string) => `(${origins[key] ?? 'default'})`;
  report.ok(`mode ${config.mode} ${from('mode')}, number ${config.kapso.phoneNumberId} ${from('kapso.phoneNumberId')}`);
  report.ok(`the API key has ${config.kapso.apiKey.length} characters ${from('kapso.apiKey')}`);
  for (const warning of warnings) report.warn(warning, asSaid);
  return loaded;
}

export function checkAccess({ access, groups }: AccountConfig, report: Report): void {
  const warning = accessWarning(access);
  if (warning === null) report.ok(`who may write: access.policy is ${access.policy}`);
  else report.warn(warning, 'See docs/guides/pairing.md');
  if (groups.policy !== 'disabled') report.ok(`groups: ${groups.policy}`);
}
