import type { Clock } from '../clock.ts';
import type { AccountConfig } from '../config/load.ts';
import { isSameAddress, pathWarning, whatDiffers } from '../intake/registration/register-webhook.ts';
import { probeHeader, probeMark } from '../intake/webhook/probe.ts';
import { signBody } from '../intake/webhook/signature.ts';
import { KapsoNetworkError } from '../kapso/http/errors.ts';
import { type Transport, within } from '../kapso/http/transport.ts';
import type { WebhookClient } from '../kapso/webhooks.ts';
import type { RegistrationStatus } from '../observe/status.ts';
import type { Report } from './finding.ts';

export interface WebhookParts {
  config: AccountConfig;
  /** The public address with the path: the configured one, or that of the running poller; null when unknown. */
  url: string | null;
  /** The secrets that the poller checks; empty when it checks none. */
  secrets: readonly string[];
  webhooks: Pick<WebhookClient, 'list' | 'failedDeliveries'>;
  transport: Transport;
  clock: Pick<Clock, 'now'>;
  /** The poller that could answer, with what it says of its registration, absent where it makes none; null when none works. */
  running: { registration?: Partial<RegistrationStatus> | null | undefined } | null;
}

const registerNow = 'Run kapso-whatsapp-cli webhook register';

/** What brings the webhook at Kapso in order. */
function registerIt({ config, running }: Pick<WebhookParts, 'config' | 'running'>): string {
  if (!config.webhook.register) return `${registerNow}, or set webhook.register`;
  if (running === null) return `Start the poller: it registers the webhook (webhook.register). Or: ${registerNow}`;
  const { registration } = running;
  if (registration === undefined) {
    return 'Restart the poller, which runs without webhook.register: systemctl restart kapso-whatsapp-poller';
  }
  if (!registration?.reason) return `${registerNow}: the poller that runs looks at it again only some time later`;
  const { reason, hint } = registration;
  return `The poller could not register it: ${reason.replace(/\.$/, '')}${hint ? `. ${hint}` : ''}`;
}

/** Compares what Kapso has registered with what the poller expects, and delivers something to the public address. */
export async function checkWebhook(parts: WebhookParts, report: Report, signal: AbortSignal): Promise<void> {
  const { config, url, secrets } = parts;
  if (secrets.length === 0) {
    report.warn(
      'deliveries are accepted unsigned: whoever knows the address can write to the agent',
      `Set webhook.secret. ${registerNow}, or set webhook.register`,
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
  if (parts.running !== null) await deliverToSelf({ ...parts, url }, report, signal);
}

async function checkRegistration(parts: WebhookParts & { url: string }, report: Report): Promise<void> {
  const { webhooks, url } = parts;
  const todo = registerIt(parts);
  let same: Awaited<ReturnType<WebhookClient['list']>>;
  try {
    same = (await webhooks.list()).filter(webhook => isSameAddress(webhook.url, url));
  } catch (error) {
    return report.error(error, 'Look at the webhooks of the number in Kapso');
  }
  const [ours, ...others] = same;
  if (ours === undefined) return report.fail(`Kapso has no webhook for ${url}`, todo);
  const { differences } = whatDiffers(ours);
  if (!ours.active) {
    report.fail(
      `Kapso's webhook ${ours.id} is switched off: it does so itself when most deliveries fail`,
      `Put right why they failed. ${todo}`,
    );
  } else if (differences.length > 0) report.fail(`Kapso's webhook ${ours.id} differs: ${differences.join('; ')}`, todo);
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
  { url, secrets, transport, clock }: WebhookParts & { url: string },
  report: Report,
  signal: AbortSignal,
): Promise<void> {
  const body = JSON.stringify({ type: ownEvent, test: true });
  const post = async (signature: Record<string, string>) => {
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
    const status = await post(secret === undefined ? {} : { 'x-webhook-signature': signBody(secret, body) });
    if (status === 200) report.ok(`a ${secret === undefined ? '' : 'signed '}delivery to ${url} arrives`);
    else if (status === 401)
      report.fail(`${url} refuses the signature of webhook.secret`, 'The poller runs with another secret: restart it');
    else
      report.fail(
        `${url} answers ${status}`,
        'See docs/guides/webhooks.md: a proxy, or another program, answers there',
      );
    // The poller knows the mark, and its log does not warn of a stranger.
    const unsigned = () => post(secret === undefined ? {} : { [probeHeader]: probeMark(secret, clock.now()) });
    if (secret !== undefined && status === 200 && (await unsigned()) === 200) {
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
