import { configFileVariable } from '../config/environment.ts';
import { KapsoWhatsappError } from '../errors.ts';

/** OpenClaw sets it for each program that an agent runs (openclaw-gateway reference, section 10). */
const agentVariable = 'OPENCLAW_SHELL';

/** What an agent may run. Nothing here shows or changes what concerns other customers, or who may write. */
const forAgents: ReadonlySet<string> = new Set([
  ...[
    'send',
    'read',
    'templates list',
    'templates show',
    'status',
    'config check',
    'config schema',
    'explain',
    'completion',
  ],
]);

/** Whether an agent runs this program, as far as its environment says. */
export function isForAgent(env: NodeJS.ProcessEnv): boolean {
  return Boolean(env[agentVariable]);
}

/**
 * Refuses a command that is for people alone when an agent runs it. Customers write to the agent, so it may be talked
 * into anything: a message must not let its sender read others' messages, or let itself in. Where the gateway allows
 * the agent this program alone, the agent cannot take the variable away.
 *
 * Throws `KapsoWhatsappError` with code `OPERATOR_ONLY`.
 *
 * @param command the words of the command, e.g. `inbox list`
 */
export function assertMayRun(command: string, env: NodeJS.ProcessEnv): void {
  if (!isForAgent(env) || forAgents.has(command)) return;
  throw new KapsoWhatsappError('OPERATOR_ONLY', `"${command}" is for people alone, and an agent runs it`, {
    hint: `An agent needs only send. A person whose shell has ${agentVariable} runs: unset ${agentVariable}`,
  });
}

/**
 * Refuses an agent another server in the place of Kapso's, named by its own variables or by a configuration file of its
 * own: that server would get the API key, or whatever file `kapso.apiKeyFile` names.
 *
 * Throws `KapsoWhatsappError` with code `OPERATOR_ONLY`.
 */
export function assertOwnApi(origin: string, env: NodeJS.ProcessEnv): void {
  if (!isForAgent(env)) return;
  throw new KapsoWhatsappError('OPERATOR_ONLY', `an agent may not name the server that gets the key: ${origin}`, {
    hint: 'The operator sets kapso.baseUrl in the configuration file at its usual place, or leaves it out',
  });
}

/**
 * Whether a configuration file is surely the operator's: it is at its usual place, or a variable names one of root's that
 * nobody else may write, as the wrapper of the Nix module does. An agent chooses arguments and variables of its commands.
 */
export function isOperatorsFile(
  file: string | null,
  { named, env }: { named: boolean; env: NodeJS.ProcessEnv },
): boolean {
  if (file === null || named) return false;
  return !env[configFileVariable] || isOfRoot(process.getBuiltinModule('node:fs').statSync(file), process.getuid?.());
}

/** Whether only root, and not this user, can have written a file. */
export function isOfRoot({ uid, mode }: { uid: number; mode: number }, user: number | undefined): boolean {
  return user !== undefined && user !== 0 && uid === 0 && (mode & 0o022) === 0;
}
