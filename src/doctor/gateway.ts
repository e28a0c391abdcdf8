import { statSync } from 'node:fs';
import { join } from 'node:path';
import { type AgentGateway, GatewayError, type GatewayState } from '../agents/agent.ts';
import { createOpenClawGateway } from '../agents/openclaw/openclaw.ts';
import { type Clock, sleep } from '../clock.ts';
import type { Config, ConfiguredAccount } from '../config/load.ts';
import { sourceOf } from '../config/source-words.ts';
import { isLoopback } from '../loopback.ts';
import type { AppEvent } from '../observe/events.ts';
import type { Log } from '../observe/log.ts';
import { stateFiles } from '../state/files.ts';
import { version } from '../version.ts';
import type { Report } from './finding.ts';
import { checkSkill } from './skill.ts';

export interface GatewayParts {
  config: Config;
  accounts: readonly ConfiguredAccount[];
  /** Where the token came from. */
  tokenOrigin: string | undefined;
  clock: Clock;
  random: () => number;
  log: Log;
  /** Gets what the poller keeps of the gateway's, to hide it. */
  secrets: Set<string>;
  /** Whether to have the agent answer. */
  deep: boolean;
}

/** Milliseconds for the handshake. A gateway that starts takes longer; then it says so. */
const handshake = 10_000;

/** Makes the whole handshake with the gateway, as the poller does; with `deep` the agent answers a question. */
export async function checkGateway(parts: GatewayParts, report: Report, signal: AbortSignal): Promise<void> {
  const { config, clock } = parts;
  const { url, identity } = config.gateway;
  const heard: { version: string | null } = { version: null };
  const emit = (event: AppEvent) => {
    if (event.type === 'gateway connected') heard.version = event.version;
  };
  // The poller makes the identity when it needs one. Nothing is made here.
  const known = statSync(join(config.state.dir, stateFiles.deviceIdentity), { throwIfNoEntry: false }) !== undefined;
  const gateway = createOpenClawGateway({
    ...parts,
    ...config.gateway,
    rulesOf: () => config.gateway,
    tokenFrom: sourceOf('gateway.token', parts.tokenOrigin),
    identity: known ? identity : 'never',
    learn: secrets => secrets.forEach(secret => void parts.secrets.add(secret)),
    emit,
    version,
    stateDir: config.state.dir,
    onlyLooks: true,
    runTimeout: config.gateway.runTimeout * 1000,
  });
  try {
    gateway.start();
    const state = await settled(gateway, clock, signal);
    const where = new URL(url).host;
    if (state.phase === 'connected') {
      report.ok(
        `the gateway ${where} grants what is needed (OpenClaw ${heard.version ?? 'of an unknown version'}, protocol 4)`,
      );
      const configs = parts.accounts.map(account => account.config);
      await checkSkill(parts.accounts, gateway.skill, report);
      const agents = parts.deep ? new Set(configs.map(one => one.gateway.agent)) : [];
      for (const agent of agents) await checkAgent(gateway, agent, report, signal);
    } else {
      const why = state.reason ?? `no connection to ${where} within ${handshake / 1000} s`;
      const first =
        known || identity === 'never' || isLoopback(new URL(url).hostname)
          ? ''
          : ' The first start of the poller makes the device that it approves.';
      report.fail(
        why.replace(/\.$/, ''),
        `${state.hint ?? 'Start the gateway: openclaw gateway'}${first}`,
        codeOf(state),
      );
    }
  } finally {
    await gateway.stop();
  }
}

/** Waits for the first end of an attempt to connect. */
async function settled(gateway: AgentGateway, clock: Clock, signal: AbortSignal): Promise<GatewayState> {
  const over = AbortSignal.any([signal]);
  const first = Promise.withResolvers<void>();
  const leave = gateway.onState(({ phase, reason }) => {
    if (phase === 'connected' || reason !== null) first.resolve();
  });
  const stop = new AbortController();
  await Promise.race([
    first.promise,
    sleep(clock, handshake, AbortSignal.any([over, stop.signal])).catch(() => undefined),
  ]);
  stop.abort();
  leave();
  return gateway.state;
}

function codeOf({ phase }: GatewayState) {
  return phase === 'connecting' ? ('GATEWAY_AWAY' as const) : ('GATEWAY_UNREADY' as const);
}

/** Has the agent answer a question in a conversation of its own. It costs a call of the model. */
async function checkAgent(gateway: AgentGateway, agent: string, report: Report, signal: AbortSignal): Promise<void> {
  const runKey = `kapso-whatsapp-doctor-${Date.now().toString(36)}`;
  const sessionKey = `agent:${agent}:kapso:doctor`;
  const systemPrompt =
    'This is a check by the operator of kapso-whatsapp: nobody on WhatsApp reads it. Use no tools, and answer with one word.';
  try {
    await gateway.run(
      { runKey, sessionKey, systemPrompt, message: 'Check by the operator\n\nAnswer with the word OK.' },
      signal,
    );
    const outcome = await gateway.wait(runKey, signal);
    if (outcome.kind === 'ended' && outcome.reply !== null) return report.ok(`the agent ${agent} answers`);
    const why = outcome.kind === 'error' ? outcome.reason : 'it said nothing';
    report.fail(
      `the agent ${agent} does not answer: ${why}`,
      "See OpenClaw's log: its model or key may be wrong",
      'GATEWAY_REFUSED',
    );
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    report.error(error, "See OpenClaw's log");
  }
}
