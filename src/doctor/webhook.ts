import { createHmac } from 'node:crypto';
import type { AccountConfig } from '../config/load.ts';
import { isSameAddress, pathWarning, whatDiffers } from '../intake/registration/register-webhook.ts';
import { KapsoNetworkError } from '../kapso/http/errors.ts';
import { type Transport, within } from '../kapso/http/transport.ts';
import type { WebhookClient } from '../kapso/webhooks.ts';
import type { Report } from './finding.ts';

export interface WebhookParts {
  config: AccountConfig;
  /** The public address with the path: the configured one, or that of the running poller; null when unknown. */
  url: string | null;
  /** The secrets that the poller checks; empty when it checks none. */
  secrets: readonly string[];
  webhooks: Pick<WebhookClient, 'list' | 'failedDeliveries'>;
  transport: Transport;
  /** Whether a poller works that could answer. */
  running: boolean;
}

const registerIt = 'Run kapso-whatsapp-cli webhook register, or set webhook.register';

/** Compares what Kapso has registered with what the poller expects, and delivers something to the public address. */
export async function checkWebhook(parts: WebhookParts, report: Report, signal: AbortSignal): Promise<void> {
  const { config, url, secrets } = parts;
  if (secrets.length === 0) {
    report.warn(
      'deliveries are accepted unsigned: whoever knows the address can write to the agent',
      `Set webhook.secret. ${registerIt}`,
    );
  }
  if (url === null) {
    const how = config.mode === 'tailscale' ? 'Start the poller: it opens the tunnel' : 'Set webhook.publicUrl';
    return report.warn('the public address of the webhook is not known', how);
  }
  const leadsElsewhere = pathWarning(url, config.webhook.path);
  if (leadsElsewhere !== null) report.warn(leadsElsewhere, 'Make webhook.path and the path of webhook.publicUrl agree');
  await checkRegistration({ ...parts, url }, report);
  await checkDeliveries(parts, report);
  if (parts.running) await deliverToSelf({ ...parts, url }, report, signal);
}

async function checkRegistration({ webhooks, url }: WebhookParts & { url: string }, report: Report): Promise<void> {
  let same: Awaited<ReturnType<WebhookClient['list']>>;
  try {
    same = (await webhooks.list()).filter(webhook => isSameAddress(webhook.url, url));
  } catch (error) {
    return report.error(error, 'Look at the webhooks of the number in Kapso');
  }
  const [ours, ...others] = same;
  if (ours === undefined) return report.fail(`Kapso has no webhook for ${url}`, registerIt);
  const { differences } = whatDiffers(ours);
  if (!ours.active) {
    report.fail(
      `Kapso's webhook ${ours.id} is switched off: it does so itself when most deliveries fail`,
      `Put right why they failed; then ${registerIt.replace(/^Run/, 'run')}`,
    );
  } else if (differences.length > 0)
    report.fail(`Kapso's webhook ${ours.id} differs: ${differences.join('; ')}`, registerIt);
  else report.ok(`Kapso delivers to ${url} (webhook ${ours.id})`);
  for (const { id } of others) {
    report.warn(
      `the webhook ${id} has the same address: every message comes twice`,
      `Run kapso-whatsapp-cli webhook remove ${id}`,
    );
  }
}

async function checkDeliveries({ webhooks }: WebhookParts, report: Report): Promise<void> {
  try {
    const failed = await webhooks.failedDeliveries();
    if (failed === 0) report.ok('Kapso notes no failed delivery in the last 24 hours');
    else
      report.warn(
        `Kapso notes ${failed} failed deliveries in the last 24 hours`,
        "See Kapso's delivery log, and the poller's log of those times",
      );
  } catch {
    // Not every plan has the log. Nothing depends on it.
    report.ok('Kapso shows no log of deliveries to this key');
  }
}

/** An event that no part of the poller acts on, so that it is answered and nothing is kept. */
const ownEvent = 'kapso-whatsapp.doctor';

async function deliverToSelf(
  { url, secrets, transport }: WebhookParts & { url: string },
  report: Report,
  signal: AbortSignal,
): Promise<void> {
  const body = JSON.stringify({ type: ownEvent, test: true });
  const post = async (secret: string | null) => {
    const signature =
      secret === null ? {} : { 'x-webhook-signature': createHmac('sha256', secret).update(body).digest('hex') };
    const headers = { 'content-type': 'application/json', 'x-webhook-event': ownEvent, ...signature };
    const { status } = await transport({
      method: 'POST',
      url: new URL(url),
      headers,
      body,
      signal,
      timeouts: within(8_000),
    });
    return status;
  };
  try {
    const [secret] = secrets;
    const status = await post(secret ?? null);
    if (status === 200) report.ok(`a ${secret === undefined ? '' : 'signed '}delivery to ${url} arrives`);
    else if (status === 401)
      report.fail(`${url} refuses the signature of webhook.secret`, 'The poller runs with another secret: restart it');
    else
      report.fail(
        `${url} answers ${status}`,
        'See docs/guides/webhooks.md: a proxy, or another program, answers there',
      );
    if (secret !== undefined && status === 200 && (await post(null)) === 200) {
      report.fail(
        `${url} accepts deliveries without a signature`,
        'Something other than this poller answers there, or it runs without webhook.secret',
      );
    }
  } catch (error) {
    if (!(error instanceof KapsoNetworkError)) throw error;
    report.warn(
      `${url} cannot be reached from this machine: ${error.message.replace(/^[^(]*\(|\)$/g, '')}`,
      'Some networks do not lead back to themselves: kapso-whatsapp-cli webhook test has Kapso try it',
    );
  }
}
