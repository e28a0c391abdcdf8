import type { Finding } from '../doctor/finding.ts';
import { exitCodeOf, KapsoWhatsappError } from '../errors.ts';
import { type ExitCode, exitCode } from '../exit-codes.ts';
import { createScrub } from '../observe/scrub.ts';
import { escapeControls } from '../printable.ts';
import { textOption } from './arguments.ts';
import type { CliContext, CommandArguments } from './command.ts';
import { toJson } from './format.ts';
import type { Terminal } from './terminal.ts';

const words = { ok: 'OK  ', warn: 'WARN', fail: 'FAIL' } as const;

/**
 * `doctor`: looks at everything that the poller needs. Exits with 0 unless something has failed, else with its error's code.
 *
 * @param isSetup whether the set-up is being made: that no poller works yet is no warning then
 */
export async function doctor(
  args: CommandArguments,
  terminal: Terminal,
  context: CliContext,
  { isSetup = false } = {},
): Promise<ExitCode> {
  const { examine } = await import('#doctor');
  const clean = (text: string) => escapeControls(createScrub(context.secrets)(text));
  const findings: Finding[] = await examine({
    env: context.env,
    home: context.home,
    configFile: textOption(args, 'config'),
    stateDir: textOption(args, 'state-dir'),
    deep: args.deep === true,
    isSetup,
    secrets: context.secrets,
    onFinding: finding => {
      if (!args.json) terminal.out(lineOf(finding, clean));
    },
  });
  const code = exitCodeFor(findings);
  const count = (level: Finding['level']) => findings.filter(finding => finding.level === level).length;
  if (args.json) {
    const shown = findings.map(finding => ({
      ...finding,
      says: clean(finding.says),
      todo: finding.todo && clean(finding.todo),
    }));
    terminal.out(`${toJson({ healthy: count('fail') === 0, findings: shown, exitCode: code })}\n`);
  } else terminal.out(`\n${count('ok')} OK, ${count('warn')} WARN, ${count('fail')} FAIL\n`);
  return code;
}

function lineOf({ check, level, says, todo }: Finding, clean: (text: string) => string): string {
  const advice = todo === null ? '' : `\n      ${clean(todo).replace(/\.$/, '')}.`;
  return `${words[level]}  ${check}: ${clean(says)}${advice}\n`;
}

/** By the first failure: the later ones often follow from it. */
function exitCodeFor(findings: readonly Finding[]): ExitCode {
  const failed = findings.find(({ level }) => level === 'fail');
  if (failed === undefined) return exitCode.ok;
  return failed.code === null ? exitCode.unavailable : exitCodeOf(new KapsoWhatsappError(failed.code, failed.says));
}
