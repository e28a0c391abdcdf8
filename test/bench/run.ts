/**
 * Measures the built programs against their goals and prints a Markdown table. `npm run bench -- --list` names the
 * measurements; `--only NAME` (repeatable) runs some of them. Linux only: it reads /proc.
 *
 * Exit code 0 when everything could be measured, whatever the values; 1 otherwise; 64 when the command line is wrong.
 */
import { parseArgs } from 'node:util';
import { activation } from '../systemd/activation-bench.ts';
import { backlog } from './backlog.ts';
import { cliSend } from './cli-send.ts';
import { floodBesideOthers } from './flood.ts';
import { idle } from './idle.ts';
import { describeMachine } from './machine.ts';
import type { Measurement, Reading } from './measurement.ts';
import { media } from './media.ts';
import { messageWay } from './message-way.ts';
import { pgSize } from './pg-size.ts';
import { severalPollers } from './several-pollers.ts';
import { webhookCrowd } from './webhook-crowd.ts';
import { webhookHostile } from './webhook-hostile.ts';
import { webhookIntake } from './webhook-intake.ts';
import { webhookPending } from './webhook-pending.ts';
import { webhookToGateway } from './webhook-to-gateway.ts';
import { whatsappText } from './whatsapp-text.ts';

const measurements: Measurement[] = [
  cliSend,
  idle,
  messageWay,
  backlog,
  media,
  webhookIntake,
  webhookToGateway,
  webhookPending,
  webhookCrowd,
  floodBesideOthers,
  webhookHostile,
  whatsappText,
  severalPollers,
  pgSize,
  activation,
];

function chosen(names: string[]): Measurement[] {
  const unknown = names.find(name => measurements.every(measurement => measurement.name !== name));
  if (unknown !== undefined) throw new Error(`there is no measurement ${unknown}; --list names them all`);
  return names.length === 0 ? measurements : measurements.filter(({ name }) => names.includes(name));
}

function row({ what, measured, goal, reached }: Reading): string {
  const verdict = reached === null ? '' : reached ? 'yes' : '**no**';
  return `| ${what} | ${measured} | ${goal ?? ''} | ${verdict} |`;
}

async function main(): Promise<number> {
  let only: Measurement[];
  try {
    const { values } = parseArgs({
      options: { list: { type: 'boolean' }, only: { type: 'string', multiple: true, default: [] } },
    });
    if (values.list) {
      for (const { name, about } of measurements) console.log(`${name.padEnd(20)} ${about}`);
      return 0;
    }
    only = chosen(values.only);
  } catch (error) {
    console.error(`bench: ${(error as Error).message}`);
    return 64;
  }

  console.log(`${describeMachine()}\n\n| What | Measured | Goal | Reached |\n| --- | --- | --- | --- |`);
  let failures = 0;
  for (const { name, run } of only) {
    try {
      for (const reading of await run()) console.log(row(reading));
    } catch (error) {
      failures += 1;
      console.log(`| ${name} | could not be measured | | **no** |`);
      console.error(`bench: ${name}:`, error);
    }
  }
  return failures === 0 ? 0 : 1;
}

process.exitCode = await main();
