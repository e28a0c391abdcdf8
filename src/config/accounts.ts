/** The accounts of a configuration, each with all of its settings. */
import { accountKey } from './account-findings.ts';
import type { AccountSource } from './account-sources.ts';
import { accountSettings, type Config, settings } from './config.generated.ts';
import type { Problem } from './errors.ts';
import { type Given, type Layer, type Place, settingFor, toConfig } from './layer.ts';
import type { RuleProblem } from './rule-problem.ts';
import { type ResolvedSecrets, resolveSecrets, type SecretSources } from './secrets.ts';

/** One number, and all that holds for it. */
export interface ConfiguredAccount<C extends Config = Config> {
  /** What people call it; null without a name. */
  name: string | null;
  /** Its sessions and files have the names that those of an only number have; see the schema. */
  continues: boolean;
  /** Its place in `accounts`; null for the number of `kapso.phoneNumberId`. */
  at: number | null;
  /** What it does not set itself is as for all. */
  config: C;
  /** Where what it has itself comes from, by the key of the setting; of what only accounts have, by its name. */
  origins: Readonly<Record<string, string>>;
}

/** An account before its settings are checked. */
export interface AccountDraft extends ConfiguredAccount {
  own: ReadonlyMap<string, Given>;
  place: Place;
}

/** The number of `kapso.phoneNumberId`. */
export function singleAccount(config: Config): AccountDraft {
  return { at: null, name: null, continues: true, config, origins: {}, own: new Map(), place: {} };
}

/** Gives each account what holds for all, and in its place what it has itself. */
export function configureAccounts(
  sources: readonly AccountSource[],
  common: ReadonlyMap<string, Given>,
  secretSources: Pick<SecretSources, 'reads' | 'env'>,
): { accounts: AccountDraft[]; secrets: ResolvedSecrets } {
  const secrets: ResolvedSecrets = { values: new Map(), problems: [], warnings: [] };
  const accounts = sources.map((source, at): AccountDraft => {
    const { layer, fields, place } = source;
    const name = fields.has('name') ? String(fields.get('name')?.value) : null;
    const continues = fields.get('continues')?.value === true;
    const keyOf = (key: string) => ownKey(at, key);
    const found = resolveSecrets({ ...secretSources, layers: [layer], account: { keyOf, name } });
    secrets.problems.push(...found.problems);
    secrets.warnings.push(...found.warnings);
    const own = ownValues(layer, found.values, common);
    const config = toConfig(new Map([...common, ...own].map(([key, { value }]) => [key, value])));
    const origins = Object.fromEntries([...fields, ...own].map(([key, { origin }]) => [key, origin]));
    return { at, name, continues, config, origins, own: new Map([...fields, ...own]), place };
  });
  return { accounts, secrets };
}

/** The key of a setting within an account: `accounts[0].apiKey`; at the top level where an account cannot have it. */
export function ownKey(at: number, key: string): string {
  const found = accountSettings.find(setting => setting.key === key);
  return found === undefined ? key : `${accountKey(at)}.${found.name}`;
}

function ownValues(layer: Layer, secrets: Layer, common: ReadonlyMap<string, Given>): Map<string, Given> {
  const own = new Map<string, Given>();
  for (const { key, secret, fileOf } of settings) {
    const given = secret ? secrets.get(key) : layer.get(key);
    if (given && !fileOf) own.set(key, given);
  }
  const [policy, list] = [common.get('access.policy'), own.get('access.allowFrom')];
  // Who may write is not left open where the account has said who may.
  if (!list || own.has('access.policy') || policy?.value !== 'open') return own;
  const origin = `because access.allowFrom is given (${list.origin})`;
  return own.set('access.policy', { ...policy, value: 'allowlist', origin });
}

/** Finds what accounts cannot have together. */
export function accountRules(accounts: readonly AccountDraft[], common: ReadonlyMap<string, Given>): Problem[] {
  const single = common.get('kapso.phoneNumberId');
  const both = 'is given beside accounts: keep one of them, and put every number into the list when there are several';
  const problems = single === undefined ? [] : [{ key: 'kapso.phoneNumberId', ...single.place, message: both }];
  const repeated = (name: string, of: (account: AccountDraft) => string | null | undefined, message: string) =>
    accounts.flatMap((account, at) => {
      const value = of(account);
      const before = accounts.findIndex(other => of(other) === value);
      if (value === null || value === undefined || before === at) return [];
      const place = account.own.get(name === 'phoneNumberId' ? 'kapso.phoneNumberId' : name)?.place;
      return [
        {
          key: `${accountKey(at)}.${name}`,
          ...(place ?? account.place),
          message: message.replace('%', accountKey(before)),
        },
      ];
    });
  return [
    ...problems,
    ...repeated('phoneNumberId', ({ config }) => config.kapso.phoneNumberId, 'is that of % too; keep one of them'),
    ...repeated('name', ({ name }) => name, 'is that of % too; give them different names'),
    ...repeated(
      'continues',
      ({ continues }) => (continues ? 'true' : null),
      'is true for % too: the same person would have one session with both; leave it to one of them',
    ),
  ];
}

/** Says that an account has no API key, and where it may get one. */
export function missingApiKey(at: number, env: NodeJS.ProcessEnv): RuleProblem {
  const { env: variable = '' } = settingFor('kapso.apiKey') ?? {};
  const empty = env[variable] === '' ? ` (${variable} is set but empty)` : '';
  const all = `for all accounts ${variable}, ${variable}_FILE, kapso.apiKey or kapso.apiKeyFile`;
  return { key: `${accountKey(at)}.apiKey`, message: `is required; set it or apiKeyFile there, or ${all}${empty}` };
}

/** In whose name an account has its files in the state directory; null for the plain names. See `fileOfAccount`. */
export function fileOwnerOf({ continues, config }: Pick<ConfiguredAccount, 'continues' | 'config'>): string | null {
  return continues ? null : (config.kapso.phoneNumberId ?? null);
}

/** The part of an inbox in which its oldest messages are found. */
interface Arrivals {
  arrivals(query: { after: number; limit: number }): Promise<{
    entries: readonly { account: string | null; session: string | null }[];
  }>;
}

/** Messages that are looked at: the number that was there before has the oldest ones. */
const oldestLooked = 10;

/**
 * Finds an account whose sessions had the plain names of an only number, and get others since it does not say `continues`:
 * its customers begin anew. `key` is where it would say so.
 */
export async function findCutOff<A extends ConfiguredAccount>(
  accounts: readonly A[],
  inbox: Arrivals,
): Promise<{ account: A; key: string } | null> {
  const numbered = accounts.filter(({ continues }) => !continues);
  if (numbered.length === 0) return null;
  const { entries } = await inbox.arrivals({ after: 0, limit: oldestLooked });
  for (const account of numbered) {
    const id = account.config.kapso.phoneNumberId ?? '';
    const isPlain = entries.some(one => one.account === id && one.session && !one.session.split(':').includes(id));
    if (isPlain && account.at !== null) return { account, key: `${accountKey(account.at)}.continues` };
  }
  return null;
}

/** Returns how the sessions of a number at the gateway are named, also of a number that is no longer configured. */
export function sessionRulesOf(
  accounts: readonly ConfiguredAccount[],
): (account: string) => Config['gateway'] & { numbered: boolean } {
  const rulesOf = ({ config, continues }: ConfiguredAccount) => ({ ...config.gateway, numbered: !continues });
  const rules = new Map(accounts.map(account => [account.config.kapso.phoneNumberId, rulesOf(account)]));
  const [first] = accounts;
  if (first === undefined) throw new TypeError('a configuration has at least one account');
  const others = { ...first.config.gateway, numbered: first.at !== null };
  return account => rules.get(account) ?? others;
}

/** What people call an account: its name, else its phone number id. */
export function labelOf({ name, config }: Pick<ConfiguredAccount, 'name' | 'config'>): string {
  return name ?? config.kapso.phoneNumberId ?? '';
}

/** What several accounts are called, by their phone number ids; nothing where there is only one. */
export function namesOf(accounts: readonly ConfiguredAccount[]): { id: string; label: string }[] {
  if (accounts.length < 2) return [];
  return accounts.map(account => ({ id: account.config.kapso.phoneNumberId ?? '', label: labelOf(account) }));
}

/** The account of this name or phone number id. */
export function accountCalled<A extends { name: string | null; config: Config }>(
  accounts: readonly A[],
  called: string,
): A | undefined {
  return accounts.find(({ name, config }) => name === called || config.kapso.phoneNumberId === called);
}
