import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../errors.ts';
import { listOption, textOption } from './arguments.ts';
import type { CliContext, CommandArguments } from './command.ts';
import { packageRoot } from './package-root.ts';

/** `demo`: becomes the demo, which is a program of its own. The token goes by a variable: others see command lines. */
export async function demo(args: CommandArguments, { env }: CliContext): Promise<never> {
  const program = join(packageRoot(), 'dist/demo.js');
  if (!existsSync(program)) {
    throw new UsageError(`the demo is not built: there is no ${program}`, { hint: 'Run npm run demo in the checkout' });
  }
  const words = ['port', 'gateway', 'token-file'].flatMap(name => {
    const value = textOption(args, name);
    return value === undefined ? [] : [`--${name}`, value];
  });
  const flags = ['open', 'no-page', 'verbose'].flatMap(name => (args[name] === true ? [`--${name}`] : []));
  const said = listOption(args, 'say').flatMap(text => ['--say', text]);
  const token = textOption(args, 'token');
  const argv = [process.execPath, program, ...words, ...flags, ...said];
  process.execve?.(process.execPath, argv, { ...env, ...(token === undefined ? {} : { OPENCLAW_TOKEN: token }) });
  throw new Error(`a program cannot become another one on ${process.platform}; run ${program} itself`);
}
