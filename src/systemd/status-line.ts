import { maskNumbers } from '../mask.ts';
import { numbersOf } from '../observe/account-status.ts';
import type { Status } from '../observe/status.ts';

/** Characters to keep of a reason, so that the status stays one line. */
const longestReason = 120;

/**
 * Writes the one line of `systemctl status`: how messages come in, the gateway's state, how many messages wait, when
 * the last one came. The last is a time, not an age: the line stays until something changes, so an age would become
 * wrong.
 */
export function describeStatus(status: Status, queued: number): string {
  const { webhook, tunnel, gateway, lastMessageAt } = status;
  const parts: string[] = [];
  if (webhook) {
    parts.push(`webhook on ${webhook.address}${webhook.lastError ? ` fails: ${reason(webhook.lastError)}` : ''}`);
  }
  if (tunnel) parts.push(`tunnel ${tunnel.phase}${tunnel.reason ? `: ${reason(tunnel.reason)}` : ''}`);
  parts.push(...pollingOf(status));
  const away = gateway.phase !== 'connected' && gateway.reason ? `: ${reason(gateway.reason)}` : '';
  parts.push(`gateway ${gateway.phase}${away}`, `${queued} queued`);
  parts.push(lastMessageAt === null ? 'no message since the start' : `last message at ${timeOf(lastMessageAt)}`);
  return parts.join(', ');
}

/** How messages are polled: of each number that fails, why, and of the others how often. */
function pollingOf(status: Status): string[] {
  const polled = numbersOf(status).flatMap(({ account, of: { polling } }) => (polling ? { account, polling } : []));
  const fails = polled.flatMap(({ account, polling }) => {
    const of = account === null ? '' : ` of ${account}`;
    return polling.lastError === null ? [] : `polling${of} fails: ${reason(polling.lastError)}`;
  });
  const well = polled.filter(({ polling }) => polling.lastError === null);
  const [first] = well;
  if (first === undefined) return fails;
  if (first.account === null) return [`polling every ${first.polling.interval} s`];
  return [`polling ${well.map(({ account }) => account).join(' and ')}`, ...fails];
}

/** Everybody on the machine may read the line, so numbers are masked. */
function reason(text: string): string {
  const masked = maskNumbers(text);
  return masked.length > longestReason ? `${masked.slice(0, longestReason - 1)}…` : masked;
}

function timeOf(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
