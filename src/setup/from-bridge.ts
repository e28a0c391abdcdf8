/** Reads the configuration of a Go bridge, and says what each of its entries becomes. */
import { readTextFile } from '../text-file.ts';
import { createPeople } from './bridge-people.ts';
import { type Beside, bridgeCommand, bridgeRules } from './bridge-rules.ts';
import { bridgeVariables, strongerVariables } from './bridge-variables.ts';
import { readEnvFile } from './env-file.ts';
import { readTomlFile } from './toml-file.ts';
import { createTranslation, type ForeignEntry, type Into, type Translation } from './translation.ts';

export interface BridgeConfiguration extends Translation {
  /** The state directory of the bridge, as it is written; null for its default. */
  stateDir: string | null;
  /** Whether the bridge polled, so that its position is the newest. */
  polled: boolean;
  /** What was so by default there, and is not here. A sentence each. */
  differences: string[];
}

/** Bytes of a file that is read. */
const mostBytes = 256 * 1024;

/**
 * Reads files of the bridge: those that end in `.toml` as TOML, others as environment files. Variables win over `config.toml`,
 * a later file over an earlier one.
 *
 * @throws ConfigError for what cannot be read, with file and line; what node:fs throws; FileError
 */
export function readBridge(files: readonly string[], home: string): BridgeConfiguration {
  const isToml = (file: string) => file.endsWith('.toml');
  const entries = [
    ...files.filter(isToml).flatMap(tomlEntries),
    ...files.filter(file => !isToml(file)).flatMap(variableEntries),
  ];
  return translate(entries, home);
}

function tomlEntries(file: string): ForeignEntry[] {
  const values = readTomlFile(file, readTextFile(file, mostBytes));
  return [...values].map(([key, value]) => ({ key, name: key, file, line: null, value }));
}

function variableEntries(file: string): ForeignEntry[] {
  const found = readEnvFile(file, readTextFile(file, mostBytes));
  const entries = found.map(({ name, ...rest }) => ({ ...rest, name, file, key: bridgeVariables[name] ?? '' }));
  // Set but empty counts as not set there.
  return entries
    .filter(({ value, contentOf }) => value !== '' || contentOf !== undefined)
    .sort((a, b) => Number(strongerVariables.has(a.name)) - Number(strongerVariables.has(b.name)));
}

const withoutDefault: readonly (readonly [key: string, sentence: string])[] = [
  ['gateway.error_message', 'A message was sent when the agent failed; here reply.onFailure does it.'],
  ['security.deny_message', 'Whoever may not write was told so; here access.refusal does it.'],
  ['security.rate_limit', 'A sender could write 10 messages a minute; here access.limits.messagesPerMinute says it.'],
];

function translate(entries: readonly ForeignEntry[], home: string): BridgeConfiguration {
  const last = new Map(entries.map(entry => [entry.key, entry]));
  const beside = besides(last, home);
  const people = createPeople();
  const { into: begin, ...translation } = createTranslation();
  for (const entry of entries) {
    const into = begin(entry);
    const winner = last.get(entry.key);
    if (entry.key !== '' && winner !== entry) into.note(`not read beside ${winner?.name}`);
    else if (isForPeople(entry)) takePeople(entry, into, { people, beside, home });
    else ruleOf(entry)(entry, into, beside);
  }
  const { settings } = translation;
  const contacts = people.contacts();
  if (contacts.length > 0) settings.set('access.contacts', contacts);
  // The bridge let nobody in by default whom it did not know.
  if (!settings.has('access.policy')) settings.set('access.policy', 'allowlist');
  const mode = settings.get('mode') ?? 'polling';
  return {
    ...translation,
    stateDir: beside.text('state.dir') || null,
    polled: mode === 'polling' || settings.get('polling.fallback') === true,
    differences: withoutDefault.filter(([key]) => !last.has(key)).map(([, sentence]) => sentence),
  };
}

function isForPeople({ key }: ForeignEntry): boolean {
  return (
    key.startsWith('security.roles.') || /^(security\.(allowed_numbers|default_role)|routing\.registry)$/.test(key)
  );
}

function takePeople(
  entry: ForeignEntry,
  into: Into,
  { people, beside, home }: { people: ReturnType<typeof createPeople>; beside: Beside; home: string },
): void {
  if (entry.key === 'security.allowed_numbers')
    people.allowed(entry, into, beside.text('security.default_role') || 'member');
  else if (entry.key === 'routing.registry') people.registry(entry, into, home);
  else if (entry.key === 'security.default_role')
    into.note('the role of those in KAPSO_ALLOWED_NUMBERS; others have none here');
  else people.roles(entry, into);
}

function ruleOf({ key, name }: ForeignEntry): (typeof bridgeRules)[string] {
  if (key.startsWith('commands.definitions.')) return bridgeCommand;
  if (name === 'KAPSO_CONFIG') {
    return (_, into) =>
      into.note('left out: here it would name our own file; take it out of the environment of the service');
  }
  const unknown = 'left out: no entry of this name is known';
  return (Object.hasOwn(bridgeRules, key) ? bridgeRules[key] : undefined) ?? ((_, into) => into.note(unknown));
}

function besides(entries: ReadonlyMap<string, ForeignEntry>, home: string): Beside {
  const value = (key: string) => entries.get(key)?.value;
  const text = (key: string) => (value(key) === undefined ? '' : String(value(key)));
  return {
    has: key => entries.has(key),
    text,
    path: key => text(key).replace(/^~(?=\/)/, home),
    isTrue: (key, byDefault) => (entries.has(key) ? value(key) === true || value(key) === 'true' : byDefault),
    number: (key, byDefault) => (Number.isFinite(Number(value(key) ?? Number.NaN)) ? Number(value(key)) : byDefault),
  };
}
