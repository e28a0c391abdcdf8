/** What changes when the configuration of a running poller is read again, for all numbers and for each. */
import { accountsKey } from './account-findings.ts';
import { type ConfiguredAccount, labelOf } from './accounts.ts';
import { accountSettings } from './config.generated.ts';
import type { AccountConfig, Config } from './load.ts';
import { type ConfigChange, compareConfigs, withLiveSettings } from './reloadable.ts';

/** A configuration, with that of each number. */
export interface Settings {
  config: Config;
  accounts: readonly ConfiguredAccount<AccountConfig>[];
  /** Where the values for all come from; see `LoadedConfig`. */
  origins?: Readonly<Record<string, string>>;
}

export interface SettingsChange extends ConfigChange {
  /** The keys that take effect at once, of each number that is affected, by its phone number id. */
  ofAccounts: ReadonlyMap<string, readonly string[]>;
}

const idOf = ({ config }: ConfiguredAccount<AccountConfig>) => config.kapso.phoneNumberId;
const ofAccount: ReadonlySet<string> = new Set(accountSettings.map(({ key }) => key));
const nameOf = (key: string) => accountSettings.find(setting => setting.key === key)?.name ?? key;

/**
 * Compares two configurations. The settings of `accounts` are named by the account: `accounts.sales.access.policy`. An
 * account that is added or taken away, or has another name, needs a restart.
 */
export function compareSettings(current: Settings, next: Settings): SettingsChange {
  const [only] = current.accounts;
  const isSingle = only?.at === null && next.accounts[0]?.at === null;
  if (isSingle) {
    const change = compareConfigs(current.config, next.config);
    return { ...change, ofAccounts: new Map([[idOf(only), change.applied]]) };
  }
  const common = compareConfigs(current.config, next.config);
  const forAll = (keys: readonly string[]) => keys.filter(key => !ofAccount.has(key));
  const applied = forAll(common.applied);
  const needRestart = [...forAll(common.needRestart), ...changedAccounts(current, next)];
  const ofAccounts = new Map<string, readonly string[]>();
  for (const account of current.accounts) {
    const after = next.accounts.find(other => idOf(other) === idOf(account));
    if (after === undefined) continue;
    const change = compareConfigs(account.config, after.config);
    const own = (keys: readonly string[]) =>
      keys.filter(key => ofAccount.has(key)).map(key => `${accountsKey}.${labelOf(account)}.${nameOf(key)}`);
    applied.push(...own(change.applied));
    needRestart.push(...own(change.needRestart));
    ofAccounts.set(idOf(account), change.applied);
  }
  return { applied, needRestart, ofAccounts };
}

/** The accounts that are new, gone, or called or kept in another way. */
function changedAccounts(current: Settings, next: Settings): string[] {
  const named = (account: ConfiguredAccount<AccountConfig>, how: string) =>
    `${accountsKey}.${labelOf(account)} (${how})`;
  const before = new Map(current.accounts.map(account => [idOf(account), account]));
  const after = new Map(next.accounts.map(account => [idOf(account), account]));
  return [
    ...next.accounts.filter(account => !before.has(idOf(account))).map(account => named(account, 'new')),
    ...current.accounts.filter(account => !after.has(idOf(account))).map(account => named(account, 'taken away')),
    ...current.accounts.flatMap(account => {
      const later = after.get(idOf(account));
      const isSame = later === undefined || (later.name === account.name && later.continues === account.continues);
      return isSame ? [] : named(account, 'name or continues');
    }),
  ];
}

/** Returns `current` with what of `next` can change while the program runs. */
export function withLiveChanges(current: Settings, next: Settings): Settings {
  const accounts = current.accounts.map(account => {
    const after = next.accounts.find(other => idOf(other) === idOf(account));
    return after === undefined ? account : { ...account, config: withLiveSettings(account.config, after.config) };
  });
  return { config: withLiveSettings(current.config, next.config), accounts };
}
