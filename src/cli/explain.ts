import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { nearest } from '../config/suggest.ts';
import { docsOf, type ErrorCode, errorCodes } from '../error-codes.ts';
import { UsageError } from '../errors.ts';
import { type ExitCode, exitCode } from '../exit-codes.ts';
import { version } from '../version.ts';
import { textOption } from './arguments.ts';
import type { CommandArguments } from './command.ts';
import { errorGuides } from './error-guides.ts';
import { explanationOf } from './explanation.ts';
import { columns, toJson } from './format.ts';
import { explainMetaCode, isMetaCode } from './meta-code.ts';
import { packageRoot } from './package-root.ts';
import type { Terminal } from './terminal.ts';

const repository = 'https://github.com/openclaw-kapso-whatsapp/openclaw-kapso-whatsapp';

/**
 * `explain [code]`: what an error code means, Meta's too, or a list of this program's. It needs neither a configuration nor a
 * network.
 */
export async function explainError(args: CommandArguments, terminal: Terminal): Promise<ExitCode> {
  const given = textOption(args, 'code');
  if (given === undefined) {
    const all = Object.entries(errorCodes).map(([code, { exit, meaning }]) => ({ code, exit, meaning }));
    terminal.out(
      args.json ? `${toJson(all)}\n` : columns(all.map(({ code, exit, meaning }) => [code, String(exit), meaning])),
    );
    return exitCode.ok;
  }
  if (isMetaCode(given)) {
    const { meaning, consequence, page } = explainMetaCode(given);
    terminal.out(
      args.json
        ? `${toJson({ code: Number(given), of: 'Meta', meaning, advice: consequence, more: `docs/${page}` })}\n`
        : `${[`Meta's code ${given}`, meaning, consequence, `More: ${placeOf(page)}`].join('\n\n')}\n`,
    );
    return exitCode.ok;
  }
  const code = given.toUpperCase();
  if (!isErrorCode(code)) throw unknownCode(given, code);
  if (args.json) {
    const { meaning, advice, exit } = errorCodes[code];
    const { look, page } = errorGuides[code];
    terminal.out(`${toJson({ code, exit, meaning, advice, look, docs: docsOf(code), more: `docs/${page}` })}\n`);
  } else terminal.out(`${[code, ...explanationOf(code, placeOf)].join('\n\n')}\n`);
  return exitCode.ok;
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCodes, code);
}

function unknownCode(given: string, code: string): UsageError {
  const meant = nearest(code, Object.keys(errorCodes));
  const isKey = /^[a-z]+(\.[A-Za-z]+)*$/.test(given);
  const others = isKey
    ? `A setting is explained by kapso-whatsapp-cli config explain ${given}`
    : 'kapso-whatsapp-cli explain lists all codes';
  return new UsageError(`there is no error code ${given.slice(0, 60)}`, {
    hint: meant === null ? others : `Did you mean ${meant}? ${others}`,
  });
}

/** The page in this installation, or where it is published. */
function placeOf(page: string): string {
  const path = join(packageRoot(), 'docs', page);
  return existsSync(path.replace(/#.*/, '')) ? path : `${repository}/blob/v${version}/docs/${page}`;
}
