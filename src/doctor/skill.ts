import { GatewayError } from '../agents/agent.ts';
import type { Skill } from '../agents/openclaw/skills.ts';
import { ownKey } from '../config/accounts.ts';
import type { Config, ConfiguredAccount } from '../config/load.ts';
import type { Report } from './finding.ts';

/** The skill, and the program that it teaches, as the repository has them. */
const name = 'kapso-whatsapp';
const program = 'kapso-whatsapp-cli';

/** A number whose messages an agent gets. */
type User = Pick<ConfiguredAccount, 'at' | 'config' | 'origins'>;

/** What is wrong, and what to do. */
type Lack = [says: string, todo: string];

/**
 * Checks that each agent which gets messages has the skill, and that the gateway finds the program that the skill uses.
 * Both are asked of the gateway: what this user sees proves nothing about the gateway's.
 *
 * @param accounts each number
 * @param ask asks the gateway for a skill of an agent; null where it has none of that name
 */
export async function checkSkill(
  accounts: readonly User[],
  ask: (of: { agent: string; name: string }) => Promise<Skill | null>,
  report: Report,
): Promise<void> {
  const users = accounts.flatMap(account => agentsOf(account.config).map(agent => ({ agent, account })));
  for (const [agent, [first]] of Map.groupBy(users, user => user.agent)) {
    try {
      const lack = lackOf(await ask({ agent, name }), agent);
      if (lack === null) report.ok(`the agent ${agent} has the skill ${name}, and its gateway finds ${program}`);
      else if (first !== undefined) tell(first.account.config, lack, report);
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      if (/unknown agent id/i.test(error.message)) {
        const named = first === undefined ? '' : ` in ${keyNaming(agent, first.account)}`;
        const todo = `Name one that it has${named}, or add it to OpenClaw`;
        report.fail(`the gateway has no agent ${agent}`, todo, 'GATEWAY_UNREADY');
      } else {
        report.warn(
          `the gateway does not say whether the agent ${agent} has the skill ${name}: ${error.message}`,
          'Look there, as its user: openclaw skills list',
        );
      }
    }
  }
}

/** The key that names an agent for the messages of a number. */
function keyNaming(agent: string, { at, config, origins }: User): string {
  if (config.gateway.agent !== agent) return 'access.contacts or access.roles';
  return at !== null && origins['gateway.agent'] !== undefined ? ownKey(at, 'gateway.agent') : 'gateway.agent';
}

function agentsOf({ gateway, access }: Config): string[] {
  const routes = [...access.contacts, ...Object.values(access.roles)];
  return [...new Set([gateway.agent, ...routes.flatMap(({ agent }) => agent ?? [])])];
}

/** Without the skill an agent can answer by its text alone, where the bridge sends that. */
function tell({ reply }: Config, [says, todo]: Lack, report: Report): void {
  if (reply.via === 'agent')
    report.fail(`${says}; with reply.via: agent no customer gets an answer`, todo, 'GATEWAY_UNREADY');
  else if (reply.via === 'relay') report.ok(`${says}; with reply.via: relay it needs neither`);
  else report.warn(`${says}; it answers by its text alone`, todo);
}

function lackOf(skill: Skill | null, agent: string): Lack | null {
  const restart = 'then restart the gateway';
  if (skill === null) {
    const where = `skills/${name} into skills/ of the agent's workspace, on the gateway's machine`;
    return [`the agent ${agent} has no skill ${name}`, `Copy the directory ${where}; ${restart}`];
  }
  const { bins, env, others } = skill.missing;
  if (skill.disabled) {
    const todo = `Switch it on in openclaw.json: skills.entries.${name}.enabled; ${restart}`;
    return [`the skill ${name} of the agent ${agent} is switched off`, todo];
  }
  if (bins.length > 0) {
    const todo = `Install it where the gateway's service finds programs, such as /usr/local/bin; ${restart}`;
    return [`the gateway of the agent ${agent} does not find ${bins.join(', ')}`, todo];
  }
  if (env.length > 0) {
    const todo = `Set it in the environment of the gateway's service, or in skills.entries.${name}.env; ${restart}`;
    return [`the skill ${name} of the agent ${agent} lacks ${env.join(', ')}`, todo];
  }
  if (others.length > 0) {
    const todo = `See on the gateway's machine: openclaw skills info ${name}`;
    return [`the skill ${name} of the agent ${agent} lacks ${others.join(', ')}`, todo];
  }
  if (skill.blocked) {
    const todo = 'Add it to the list of skills of that agent in openclaw.json';
    return [`the agent ${agent} may not use the skill ${name}`, todo];
  }
  if (!skill.visible) {
    const todo = `See on the gateway's machine: openclaw skills info ${name}`;
    return [`the model of the agent ${agent} is not told of the skill ${name}`, todo];
  }
  return null;
}
