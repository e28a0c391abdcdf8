import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Answer, accepted, account, runCli, startApi } from './program.ts';

/** A call of the command line with its expected result. `null` where the report does not say. */
interface Call {
  args: string[];
  /** `FAULT` is the code with which Meta refuses the first request. */
  env: { FAULT?: string };
  code: number;
  /** Regular expressions: what standard error must and must not have. */
  err: string | null;
  noerr: string | null;
  sent: number | null;
}

const callsOf = (name: string): [string, Call][] => {
  const path = join(import.meta.dirname, '../fixtures/field-reports', `${name}.json`);
  const { calls } = JSON.parse(readFileSync(path, 'utf8')) as { calls: Call[] };
  return calls.map(call => [`${name}: ${call.args.join(' ')}`, call]);
};

const refusal = (code: string): Answer => ({
  status: 400,
  body: { error: { code: Number(code), message: 'refused' } },
});

function expression(text: string): RegExp {
  const ignoringCase = text.startsWith('(?i)');
  return ignoringCase ? new RegExp(text.slice('(?i)'.length), 'i') : new RegExp(text);
}

test.each(['B16-brazil', 'B33-silence', 'B34-hint'].flatMap(callsOf))('%s', async (_, call) => {
  let sent = 0;
  const api = await startApi(post => {
    if (post === 1 && call.env.FAULT !== undefined) return refusal(call.env.FAULT);
    sent += 1;
    return accepted(post);
  });
  const ended = await runCli(call.args, { env: account(api) });
  await api.close();
  expect(ended.code).toBe(call.code);
  if (call.err !== null) expect(ended.stderr).toMatch(expression(call.err));
  if (call.noerr !== null) expect(ended.stderr).not.toMatch(expression(call.noerr));
  expect(sent).toBe(call.sent ?? (call.code === 0 ? 1 : 0));
});
