import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Config } from '../config/load.ts';
import { maskAddress } from '../mask.ts';
import type { Report } from './finding.ts';

/** Says who is told of problems, and whether the program for it is there for this user. */
export function checkAlerts({ alerts }: Config, env: NodeJS.ProcessEnv, report: Report): void {
  const [program] = alerts.command;
  if (program === undefined && alerts.whatsapp === undefined) {
    report.ok('none are configured, the log and status alone tell of problems (docs/guides/alerts.md)');
  }
  if (program !== undefined) {
    if (canRun(program, env)) report.ok(`alerts are given to the program ${program}`);
    else {
      const todo = "Check alerts.command, and that the poller's user may run it";
      report.warn(`alerts are to be given to ${program}, which this user cannot find or run`, todo);
    }
  }
  if (alerts.whatsapp !== undefined) {
    const late = alerts.template === undefined ? 'not at all' : `as the template ${alerts.template}`;
    const says = `alerts are sent to ${maskAddress(alerts.whatsapp)}; 24 hours after its last message, ${late}`;
    report.ok(says);
  }
}

function canRun(program: string, { PATH = '' }: NodeJS.ProcessEnv): boolean {
  const places = program.includes('/') ? [program] : PATH.split(delimiter).map(dir => join(dir || '.', program));
  return places.some(path => {
    try {
      accessSync(path, constants.X_OK);
      return statSync(path).isFile();
    } catch {
      return false;
    }
  });
}
