/** The questions of `config init` after those for the account. */
import { randomBytes } from 'node:crypto';
import { wrongPublicUrl } from '../config/cross-field-rules.ts';
import { UsageError } from '../errors.ts';
import { readAddress } from './address.ts';
import { listOption, textOption } from './arguments.ts';
import { systemFiles } from './config-path.ts';
import { hasPresent, keepSecret, nameSecretFile } from './init-account.ts';
import { answered, assertRight, type Interview, presentValue, settle, wrongFor } from './interview.ts';

const modes = [
  { value: 'polling', text: 'polling: Kapso is asked every 30 seconds. Needs nothing but outgoing HTTPS.' },
  { value: 'tailscale', text: 'tailscale: at once, by a public address of Tailscale Funnel.' },
  { value: 'domain', text: 'domain: at once, by a public address of your own, with a proxy that has TLS.' },
] as const;

const registers = 'Have the poller register the webhook at Kapso, with a secret for its signatures?';

/** How messages come in. */
export async function askForMode(interview: Interview): Promise<void> {
  const { args, prompts, settings } = interview;
  const ask = (mode: string) =>
    prompts?.choose('How do messages come in?', modes, mode as (typeof modes)[number]['value']) ?? mode;
  const mode = await settle(interview, {
    option: 'mode',
    key: 'mode',
    proposal: 'polling',
    ask: async (_, now) => ask(now),
  });
  if (mode === 'polling') {
    if (args.register)
      throw new UsageError('--register needs the mode tailscale or domain: by polling there is no webhook');
    return;
  }
  if (!hasPresent(interview, 'webhook.verifyToken')) {
    keepSecret(interview, 'webhook.verifyToken', 'webhook-verify-token', randomBytes(24).toString('base64url'));
  }
  keepOthersOut(interview, mode);
  if (mode === 'domain') await askForAddress(interview);
  const canRegister = mode === 'tailscale' || answered(interview, 'webhook.publicUrl') !== '';
  if (args.register && !canRegister)
    throw new UsageError('--register needs --public-url: Kapso delivers to that address');
  // A file that has the mode already may have its webhook registered by hand.
  if (!canRegister && prompts === null && presentValue(interview, 'mode') !== mode) {
    throw new UsageError('the mode domain needs the address that Kapso delivers to', {
      hint: 'Give --public-url https://…, and --register to register it at Kapso now; without an address nothing comes in',
    });
  }
  if (answered(interview, 'webhook.register') === 'true' || !canRegister) return;
  // Registered by the poller, deliveries are signed; without, anybody could make them up.
  const register = prompts === null || args.register === true || (await prompts.yes(registers, true));
  if (register) settings.set('webhook.register', true);
}

/** A proxy or the tunnel on this machine brings the webhooks. What a file of this mode has is left as it is. */
function keepOthersOut(interview: Interview, mode: string): void {
  const { context, settings } = interview;
  if (presentValue(interview, 'mode') === mode || hasPresent(interview, 'webhook.listen')) return;
  if (!context.env.KAPSO_WEBHOOK_ADDR) settings.set('webhook.listen', '127.0.0.1:18790');
}

async function askForAddress(interview: Interview): Promise<void> {
  const wrong = (answer: string) => {
    const why = answer === '' ? null : wrongPublicUrl(answer);
    return why === null ? null : `It ${why}.`;
  };
  const question = 'The public address of the webhook, such as https://example.com/webhook (empty: later)';
  const url = await settle(interview, {
    ...{ option: 'public-url', key: 'webhook.publicUrl', proposal: '' },
    ask: (prompts, proposal) => prompts.ask(question, { proposal, wrong }),
  });
  const problem = wrong(url);
  if (problem !== null) throw new UsageError(`--public-url: ${problem}`);
}

/** The gateway: what is found on this machine is proposed. */
export async function askForGateway(interview: Interview): Promise<void> {
  const { args, prompts, context, settings } = interview;
  const { findOpenClaw, listens } = await import('#setup');
  const found = findOpenClaw(context.env, context.home);
  if (found.problem !== null) interview.notice(found.problem);
  const proposal = context.env.OPENCLAW_GATEWAY_URL || found.gatewayUrl;
  const url = await settle(interview, {
    ...{ option: 'gateway-url', key: 'gateway.url', proposal },
    ask: (questions, now) =>
      questions.ask('The WebSocket address of the OpenClaw gateway', {
        proposal: now,
        wrong: answer => wrongFor('gateway.url', answer),
      }),
  });
  if (prompts !== null && !(await listens(url))) prompts.say(`  Nothing listens at ${url} now; that can wait.`);
  const file = textOption(args, 'gateway-token-file') ?? context.env.OPENCLAW_TOKEN_FILE;
  const keep = (token: string) => void keepSecret(interview, 'gateway.token', 'gateway-token', token);
  if (file) return void nameSecretFile(interview, 'gateway.token', file);
  if (context.env.OPENCLAW_TOKEN) return keep(context.env.OPENCLAW_TOKEN);
  if (hasPresent(interview, 'gateway.token')) {
    if (prompts === null || !(await prompts.yes('Replace the token of the gateway?', false))) return;
  }
  // A token belongs to the gateway in whose configuration it stands.
  const isIts = found.token !== null && url === found.gatewayUrl;
  if (isIts && found.token !== null) {
    context.secrets.add(found.token);
    if (prompts === null || (await prompts.yes(`Use the token in ${found.file}?`, true))) return keep(found.token);
  }
  const wrong = (answer: string) => (answer === '' ? null : wrongFor('gateway.token', answer));
  const token = (await prompts?.secret("The gateway's token, empty for none", { wrong })) ?? '';
  if (token !== '') keep(token);
  else if (settings.has('gateway.tokenFile')) settings.delete('gateway.tokenFile');
}

const policies = [
  { value: 'pairing', text: 'pairing: whoever you approve. A stranger gets a code, which you approve.' },
  { value: 'allowlist', text: 'allowlist: the numbers that you name.' },
  { value: 'open', text: 'open: whoever writes. A number is public, and an agent can run programs.' },
  { value: 'disabled', text: 'disabled: nobody.' },
] as const;

/** Who may write, and who looks after it by WhatsApp. */
export async function askForAccess(interview: Interview): Promise<void> {
  const { args, prompts, settings } = interview;
  const policy = await settle(interview, {
    ...{ option: 'policy', key: 'access.policy', proposal: 'pairing' },
    ask: (questions, now) =>
      questions.choose('Who may write to the agent?', policies, now as (typeof policies)[number]['value']),
  });
  const given = listOption(args, 'allow').map(readAddress);
  const listed = [presentValue(interview, 'access.allowFrom') ?? []].flat().map(String);
  if (given.length > 0) settings.set('access.allowFrom', [...new Set([...listed, ...given])]);
  else if (policy === 'allowlist' && listed.length === 0 && prompts !== null) {
    const answer = await prompts.ask('Whose numbers? With + and country code, commas between', { wrong: wrongNumbers });
    if (answer !== '') settings.set('access.allowFrom', numbersIn(answer));
  }
  await askForAdmin(interview);
}

async function askForAdmin({ args, prompts, settings, ...rest }: Interview): Promise<void> {
  const interview = { args, prompts, settings, ...rest };
  const contacts = presentValue(interview, 'access.contacts');
  const known = Array.isArray(contacts) ? (contacts as Record<string, unknown>[]) : [];
  const hasAdmin = known.some(({ role }) => role === 'admin');
  const option = textOption(args, 'admin');
  const question = 'Your own WhatsApp number, which may write at once, with the role admin (empty: none)';
  const wrong = (answer: string) => (answer === '' ? null : wrongNumbers(answer));
  const answer = option ?? (hasAdmin ? '' : await prompts?.ask(question, { wrong })) ?? '';
  if (answer === '') {
    if (args.commands && !hasAdmin) throw new UsageError('--commands needs --admin: only that number is obeyed');
  } else {
    const id = readAddress(answer);
    settings.set('access.contacts', [...known.filter(contact => contact.id !== id), { id, role: 'admin' }]);
  }
  if (answered(interview, 'access.commands.enabled') === 'true') return;
  const asked =
    answer !== '' && (await prompts?.yes('May it command by WhatsApp (!status, !stop and the like)?', false));
  if (args.commands || asked) settings.set('access.commands.enabled', true);
}

function numbersIn(text: string): string[] {
  return text
    .split(/[,\s]+(?=\+|$)/)
    .filter(part => part !== '')
    .map(readAddress);
}

function wrongNumbers(text: string): string | null {
  try {
    numbersIn(text);
    return null;
  } catch (error) {
    return error instanceof UsageError || error instanceof Error ? `${error.message}.` : String(error);
  }
}

/** Where the skill is to be copied to: a directory `skills`; null for nowhere. */
export async function askForSkill({ args, prompts, context }: Interview): Promise<string | null> {
  const { findOpenClaw } = await import('#setup');
  const { workspace, stateDir } = findOpenClaw(context.env, context.home);
  const places: Readonly<Record<string, string>> = { workspace: `${workspace}/skills`, managed: `${stateDir}/skills` };
  const given = textOption(args, 'skill');
  if (given === 'none' || (given === undefined && prompts === null)) return null;
  if (given !== undefined) return places[given] ?? given.replace(/^~(?=\/|$)/, context.home);
  const choices = [
    { value: 'workspace', text: `into the agent's workspace: ${places.workspace}` },
    { value: 'managed', text: `for all agents of this OpenClaw: ${places.managed}` },
    { value: 'none', text: 'nowhere' },
  ] as const;
  const where = await prompts?.choose(
    'Copy the skill, which teaches the agent to send by itself?',
    choices,
    'workspace',
  );
  return places[where ?? 'none'] ?? null;
}

/** For whom the units are to be installed; null for nobody. The units of the system read the system's file, and no other. */
export async function askForUnits({ args, prompts, isSystem }: Interview): Promise<'user' | 'system' | null> {
  const given = textOption(args, 'units');
  const choices = [
    isSystem
      ? ({ value: 'system', text: 'as a service of the machine' } as const)
      : ({ value: 'user', text: 'as a service of your own' } as const),
    { value: 'none', text: 'not now' } as const,
  ];
  const question = 'Install the systemd units of the poller?';
  const answer = given ?? (await prompts?.choose(question, choices, 'none')) ?? 'none';
  return answer === 'user' || answer === 'system' ? answer : null;
}

/** Checks the options that no question reads before anything is asked. */
export function assertOptions({ args, isSystem, path }: Interview): void {
  const units = textOption(args, 'units') ?? 'none';
  if (!['user', 'system', 'none'].includes(units)) throw new UsageError('--units is user, system or none');
  if (units !== 'none' && (units === 'system') !== isSystem) {
    throw new UsageError(`the units of the ${units} do not read ${path}`, {
      hint: `Those of the system read ${systemFiles.config}, those of a user the file at its usual place`,
    });
  }
  const policy = textOption(args, 'policy');
  if (policy !== undefined) assertRight('policy', 'access.policy', policy);
  listOption(args, 'allow').forEach(readAddress);
}
