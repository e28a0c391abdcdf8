import { systemClock } from '../clock.ts';
import { fileOwnerOf, labelOf } from '../config/accounts.ts';
import { wrongPublicUrl } from '../config/cross-field-rules.ts';
import { type AccountConfig, type ConfiguredAccount, type LoadedConfig, loadConfig } from '../config/load.ts';
import type { HttpProxy } from '../config/proxy.ts';
import { UsageError } from '../errors.ts';
import { type ExitCode, exitCode } from '../exit-codes.ts';
import { isSameAddress, pathWarning, registerWebhook } from '../intake/registration/register-webhook.ts';
import { createSecretFingerprints } from '../intake/registration/secret-fingerprint.ts';
import { proposeSecret } from '../intake/registration/signing-secret.ts';
import { openTransport } from '../kapso/http/open-transport.ts';
import { within } from '../kapso/http/transport.ts';
import { createWebhookClient, type Webhook, type WebhookClient } from '../kapso/webhooks.ts';
import { prepareDirectory } from '../state/directory.ts';
import { toStateError } from '../state/errors.ts';
import { isLocked } from '../state/lock.ts';
import { readStatusFile } from '../state/status-file.ts';
import { hideSecrets, textOption } from './arguments.ts';
import { chooseAccount } from './chosen-account.ts';
import type { CliContext, CommandArguments } from './command.ts';
import { reportFailure } from './failure.ts';
import { columns, toJson } from './format.ts';
import { withSharedSecret } from './shared-secret.ts';
import type { Terminal } from './terminal.ts';

type Command = (args: CommandArguments, terminal: Terminal, context: CliContext) => Promise<ExitCode>;

/** `webhook register`: for each number, or the named one. What fails for one number does not stop the others. */
export const register: Command = async (args, terminal, context) => {
  const loaded = await load(args, context, 'registration');
  const codes: ExitCode[] = [];
  for (const one of accountsFor(args, loaded)) codes.push(await registerOne(one, args, terminal, context));
  return codes.find(code => code !== exitCode.ok) ?? exitCode.ok;
};

async function registerOne(
  one: Registrant,
  args: CommandArguments,
  terminal: Terminal,
  context: CliContext,
): Promise<ExitCode> {
  const { account } = one;
  const { config } = account;
  const { dir } = config.state;
  const url = addressOf(args, config);
  if (url === null) throw noAddress();
  const owner = fileOwnerOf(account);
  prepareStateDir(dir);
  return withSharedSecret(config, owner, () => registerAt(url, one, args, terminal, context));
}

async function registerAt(
  url: string,
  { account, label, client }: Registrant,
  args: CommandArguments,
  terminal: Terminal,
  context: CliContext,
): Promise<ExitCode> {
  const { config } = account;
  const { dir } = config.state;
  const owner = fileOwnerOf(account);
  const { secret, adopt } = proposeSecret({ configured: config.webhook.secret, stateDir: dir, account: owner });
  context.secrets.add(secret);
  try {
    const fingerprints = createSecretFingerprints(dir, owner);
    const { id, change, differences, duplicates } = await registerWebhook({ client, url, secret, fingerprints });
    adopt();
    const warning = pathWarning(url, config.webhook.path);
    if (warning !== null) terminal.err(`kapso-whatsapp-cli: warning: ${warning}.\n`);
    if (args.json) {
      const of = label === null ? {} : { account: label };
      terminal.out(`${toJson({ ...of, id, url, change, differences, duplicates })}\n`);
      return exitCode.ok;
    }
    const because = differences.length > 0 ? ` (${differences.join('; ')})` : '';
    terminal.out(`${label === null ? '' : `${label}: `}${change}: ${id}  ${url}${because}\n`);
    for (const other of duplicates) terminal.err(`kapso-whatsapp-cli: warning: ${duplicateWarning(other)}\n`);
    return exitCode.ok;
  } catch (error) {
    // Kapso's answer may quote what it was sent.
    const of = label === null ? {} : { before: `${label}: `, fields: { account: label } };
    return reportFailure(error, { terminal, json: args.json === true, secrets: context.secrets, ...of });
  }
}

/** `webhook list`: of each number, or the named one. */
export const list: Command = async (args, terminal, context) => {
  const found: { label: string | null; webhook: Webhook }[] = [];
  for (const { label, client } of accountsFor(args, await load(args, context, 'cli'))) {
    found.push(...(await client.list()).map(webhook => ({ label, webhook })));
  }
  if (args.json) {
    const shown = found.map(({ label, webhook: { secretKey: _, ...webhook } }) =>
      label === null ? webhook : { account: label, ...webhook },
    );
    terminal.out(`${toJson(shown)}\n`);
  } else if (found.length === 0) terminal.out('Kapso has no webhook for this phone number.\n');
  else
    terminal.out(columns(found.map(({ label, webhook }) => [...(label === null ? [] : [label]), ...rowOf(webhook)])));
  return exitCode.ok;
};

/** `webhook test`: exits with 69 when Kapso says that the receiver refused the test. */
export const test: Command = async (args, terminal, context) => {
  const { account, client } = only(args, await load(args, context, 'cli'));
  const [webhook] = await chosen(args, account.config, client);
  if (webhook === undefined) {
    throw new UsageError('Kapso has no webhook for this address', {
      hint: 'See kapso-whatsapp-cli webhook list, and webhook register',
    });
  }
  const { success, status } = await client.test(webhook.id);
  const failed = success === false;
  if (args.json) {
    terminal.out(`${toJson({ id: webhook.id, url: webhook.url, success, status })}\n`);
    return failed ? exitCode.unavailable : exitCode.ok;
  }
  const where = webhook.url ?? webhook.id;
  const answer = status === null ? 'did not answer' : `answered ${status}`;
  if (failed) {
    const advice =
      status === 401
        ? 'Run webhook register: Kapso signs with another secret than the poller checks'
        : "See the poller's log, and that of the proxy before it";
    terminal.err(`kapso-whatsapp-cli: the test delivery failed: ${where} ${answer}. ${advice}.\n`);
  } else {
    terminal.out(
      success === null
        ? `Kapso sends a test delivery to ${where}.\n`
        : `The test delivery arrived: ${where} ${answer}.\n`,
    );
  }
  return failed ? exitCode.unavailable : exitCode.ok;
};

/** `webhook remove`: removes every webhook of the address, or the named one. No webhook to remove is no error. */
export const remove: Command = async (args, terminal, context) => {
  const { account, client } = only(args, await load(args, context, 'cli'));
  const webhooks = await chosen(args, account.config, client);
  const removed: string[] = [];
  for (const { id, url } of webhooks) {
    await client.remove(id);
    removed.push(id);
    if (!args.json) terminal.out(`removed: ${id}  ${url ?? ''}\n`);
  }
  if (args.json) terminal.out(`${toJson({ removed })}\n`);
  else if (removed.length === 0) terminal.out('Nothing to do: Kapso has no webhook for this address.\n');
  return exitCode.ok;
};

async function load(
  args: CommandArguments,
  context: CliContext,
  need: 'registration' | 'cli',
): Promise<LoadedConfig<AccountConfig>> {
  const configFile = textOption(args, 'config');
  const stateDir = textOption(args, 'state-dir');
  const { env, home } = context;
  const loaded = await loadConfig({
    env,
    home,
    need,
    ...(configFile === undefined ? {} : { configFile }),
    ...(stateDir === undefined ? {} : { flags: { 'state.dir': stateDir } }),
  });
  return hideSecrets(loaded, context);
}

/** A number whose webhooks a command works on. */
interface Registrant {
  account: ConfiguredAccount<AccountConfig>;
  /** How it is called in what is printed; null where there is only one. */
  label: string | null;
  client: WebhookClient;
}

/** The number of `--from`, or each. */
function accountsFor(args: CommandArguments, { accounts, proxy }: LoadedConfig<AccountConfig>): Registrant[] {
  const from = textOption(args, 'from');
  const meant = from === undefined ? accounts : [chooseAccount(accounts, from)];
  return meant.map(account => registrant(account, accounts.length > 1, proxy));
}

/** The number of `--from`, or the only one. */
function only(args: CommandArguments, { accounts, proxy }: LoadedConfig<AccountConfig>): Registrant {
  return registrant(chooseAccount(accounts, textOption(args, 'from')), accounts.length > 1, proxy);
}

function registrant(
  account: ConfiguredAccount<AccountConfig>,
  isOneOfSeveral: boolean,
  proxy: HttpProxy | null,
): Registrant {
  const { kapso } = account.config;
  const transport = openTransport({ proxy });
  const client = createWebhookClient({
    ...kapso,
    transport,
    clock: systemClock,
    timeouts: within(kapso.timeout * 1000),
  });
  return { account, label: isOneOfSeveral ? labelOf(account) : null, client };
}

/** The webhook of the given id, or those of the address. */
async function chosen(args: CommandArguments, config: AccountConfig, client: WebhookClient): Promise<Webhook[]> {
  const id = textOption(args, 'id');
  if (id !== undefined && textOption(args, 'url') !== undefined) throw new UsageError('give an id or --url, not both');
  const url = id === undefined ? addressOf(args, config) : null;
  if (id === undefined && url === null) throw noAddress();
  const webhooks = await client.list();
  if (url !== null) return webhooks.filter(webhook => isSameAddress(webhook.url, url));
  const named = webhooks.filter(webhook => webhook.id === id);
  if (named.length === 0)
    throw new UsageError(`Kapso has no webhook "${id}"`, { hint: 'See kapso-whatsapp-cli webhook list' });
  return named;
}

/** `--url`, else the configured address, else the one in the running poller's status. */
function addressOf(args: CommandArguments, config: AccountConfig): string | null {
  const given = textOption(args, 'url');
  if (given !== undefined) {
    const wrong = wrongPublicUrl(given);
    if (wrong) throw new UsageError(`--url ${wrong}`);
    return given;
  }
  return config.webhook.publicUrl ?? addressOfPoller(config.state.dir);
}

function addressOfPoller(dir: string): string | null {
  if (!isLocked(dir)) return null;
  try {
    return readStatusFile(dir)?.webhook?.publicUrl ?? null;
  } catch {
    return null;
  }
}

function noAddress(): UsageError {
  return new UsageError('the public address of the webhook is not known', {
    hint: 'Give --url, or set webhook.publicUrl; in the mode tailscale the running poller knows it once the tunnel is open',
  });
}

function prepareStateDir(dir: string): void {
  try {
    prepareDirectory(dir);
  } catch (error) {
    throw toStateError(error, dir);
  }
}

function duplicateWarning(id: string): string {
  return `the webhook ${id} has the same address: every message comes twice; "webhook remove ${id}" removes it`;
}

function rowOf({ id, url, active, kind, payloadVersion, events }: Webhook): string[] {
  const form = [kind, payloadVersion].filter(part => part !== null).join(' ');
  const names = events.map(event => event.replace(/^whatsapp\./, '')).join(', ');
  return [id, active ? 'on' : 'OFF', url ?? '', form, names];
}
