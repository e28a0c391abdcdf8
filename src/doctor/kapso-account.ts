import type { Clock } from '../clock.ts';
import type { AccountConfig } from '../config/load.ts';
import type { KapsoClient } from '../kapso/client.ts';
import { maskNumbers } from '../mask.ts';
import type { Report } from './finding.ts';

/** Milliseconds by which this machine's clock may differ from Kapso's. More than a day confuses ages and retention. */
const clockDifference = { odd: 60_000, wrong: 86_400_000 };
/** Share of the requests of a minute below which they may not suffice. */
const fewLeft = 0.2;

export interface KapsoAccountParts {
  config: AccountConfig;
  kapso: Pick<KapsoClient, 'ownNumber' | 'listMessages' | 'time' | 'requestsLeft'>;
  clock: Clock;
}

/** Asks Kapso what the poller asks it: for the number, and for its messages. */
export async function checkKapso(
  { config, kapso, clock }: KapsoAccountParts,
  report: Report,
  signal: AbortSignal,
): Promise<void> {
  const { phoneNumberId, baseUrl } = config.kapso;
  const { keyFrom = 'the configuration' } = config.kapso;
  const todo = `Check in Kapso the key, which is from ${keyFrom}, and the phone number id ${phoneNumberId}`;
  try {
    const began = clock.monotonic();
    await kapso.listMessages({ direction: 'inbound', since: clock.now(), limit: 1, signal });
    const took = Math.round(clock.monotonic() - began);
    report.ok(`Kapso answers with the number's messages (${new URL(baseUrl).host}, ${took} ms)`);
  } catch (error) {
    report.error(error, todo);
    return;
  }
  try {
    const { phone, name } = await kapso.ownNumber(signal);
    const called = name === null ? '' : ` (${name})`;
    report.ok(
      `the number ${phoneNumberId} is ${phone === null ? 'not named by Kapso' : maskNumbers(`+${phone}`)}${called}`,
    );
  } catch (error) {
    // A key for one number alone may read its messages and not this.
    const why = error instanceof Error ? error.message : String(error);
    report.warn(
      `Kapso does not tell the number and its name: ${why}`,
      'Nothing, unless groups.requireMention is to know the number',
    );
  }
  const ahead = clock.now() - ((await kapso.time(signal)) ?? clock.now());
  const seconds = `${Math.round(Math.abs(ahead) / 1000)} s ${ahead > 0 ? 'ahead of' : 'behind'} Kapso's`;
  if (Math.abs(ahead) > clockDifference.wrong)
    report.fail(`this machine's clock is ${seconds}`, 'Set it: timedatectl set-ntp true');
  else if (Math.abs(ahead) > clockDifference.odd)
    report.warn(`this machine's clock is ${seconds}`, 'Set it: timedatectl set-ntp true');
  else report.ok("this machine's clock agrees with Kapso's");
  checkRequests(config, kapso.requestsLeft(), report);
}

function checkRequests(
  { polling }: AccountConfig,
  left: ReturnType<KapsoClient['requestsLeft']>,
  report: Report,
): void {
  if (left === null) {
    report.ok('Kapso does not say how many requests are left');
    return;
  }
  const { limit, remaining } = left;
  const says = `${remaining} of ${limit} requests are left in this minute`;
  if (remaining < fewLeft * limit) {
    const less = `Poll less often (polling.interval is ${polling.interval}), leave out read marks (receipts.read)`;
    report.warn(says, `${less}, or take a larger plan at Kapso`);
  } else report.ok(says);
}
