import { isDeepStrictEqual } from 'node:util';
import { type Config, settings } from './config.generated.ts';
import { getPath, setPath } from './layer.ts';

/** The keys that a running poller takes from a configuration that was read again. Every other key needs a restart. */
const liveKeys: ReadonlySet<string> = new Set([
  'polling.interval',
  'polling.overlap',
  'state.retention',
  'access.policy',
  'access.allowFrom',
  'access.keepDeniedText',
  'access.refusal',
  'access.contacts',
  'access.roles',
  'access.pairing.expires',
  'access.pairing.most',
  'access.pairing.held',
  'access.pairing.message',
  'access.limits.messagesPerMinute',
  'access.limits.bytesPerMinute',
  'access.limits.runsPerMinute',
  'access.limits.totalMessagesPerMinute',
  'access.limits.totalBytesPerMinute',
  'access.limits.totalRunsPerMinute',
  'access.limits.waiting',
  'access.limits.notice',
  'access.commands.enabled',
  'groups.policy',
  'groups.allowFrom',
  'groups.requireMention',
  'groups.mentions',
  'gateway.token',
  'delivery.parallel',
  'delivery.contextOnly',
  'delivery.gather',
  'delivery.attemptsBeforeNext',
  'delivery.minAttempts',
  'delivery.giveUpAfter',
  'media.deliver',
  'media.maxFileSize',
  'media.maxTotalSize',
  'media.retention',
  'media.waitFor',
  'media.sendFrom',
  'media.documentCommand',
  'media.documentTypes',
  'transcribe.model',
  'transcribe.language',
  'transcribe.command',
  'transcribe.ffmpeg',
  'transcribe.timeout',
  'transcribe.maxSize',
  'transcribe.parallel',
  'reply.mediaHosts',
  'reply.tellAgent',
  'reply.via',
  'reply.lookUpFor',
  'reply.onFailure',
  'reply.numbered',
  'reply.template',
  'reply.templateLanguage',
  'receipts.read',
  'receipts.typing',
  'receipts.reaction',
  'alerts.command',
  'alerts.whatsapp',
  'alerts.from',
  'alerts.after',
  'alerts.timeout',
  'alerts.template',
  'alerts.templateLanguage',
  'log.level',
  'shutdown.timeout',
]);

/** Whether a change of the key takes effect in a running poller. */
export function isLive(key: string): boolean {
  return liveKeys.has(key);
}

export interface ConfigChange {
  /** Keys that take effect at once. */
  applied: string[];
  /** Keys that take effect at the next start. */
  needRestart: string[];
}

/** Compares two configurations. Separates the keys that take effect at once from those that need a restart. */
export function compareConfigs(current: Config, next: Config): ConfigChange {
  const changed = settings
    .filter(({ key, fileOf }) => !fileOf && !isDeepStrictEqual(getPath(current, key), getPath(next, key)))
    .map(({ key }) => key);
  return {
    applied: changed.filter(key => liveKeys.has(key)),
    needRestart: changed.filter(key => !liveKeys.has(key)),
  };
}

/** Returns `current` with the values of `next` that can change while the program runs. */
export function withLiveSettings<C extends Config>(current: C, next: C): C {
  const config = structuredClone(current);
  for (const key of liveKeys) setPath(config as unknown as Record<string, unknown>, key, getPath(next, key));
  return config;
}
