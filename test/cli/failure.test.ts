import { describe, expect, test } from 'vitest';
import { reportFailure } from '../../src/cli/failure.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import { UsageError } from '../../src/errors.ts';
import { KapsoApiError } from '../../src/kapso/http/errors.ts';

const apiError = (disposition: KapsoApiError['disposition'], retryAfter = 1500) =>
  new KapsoApiError('no', { httpStatus: 400, metaCode: null, retryAfter, disposition });

describe('reportFailure', () => {
  function report(error: unknown, json: boolean): { out: string; err: string } {
    const said = { out: '', err: '' };
    const terminal = {
      out: (text: string) => {
        said.out += text;
      },
      err: (text: string) => {
        said.err += text;
      },
    } as Terminal;
    reportFailure(error, { terminal, json, secrets: ['the-key', ''], after: 'Part 1 was sent.' });
    return said;
  }

  test('says what happened, what to do and what came before, in one line', () => {
    expect(report(new UsageError('no text', { hint: 'Give one' }), false)).toEqual({
      out: '',
      err: 'kapso-whatsapp-cli: no text. Give one. Part 1 was sent.\n',
    });
  });

  test('names what explains the code, but of a wrong command line, whose help its hint names', () => {
    expect(report(apiError('wait'), false).err).toBe(
      'kapso-whatsapp-cli: no. Part 1 was sent. More: kapso-whatsapp-cli explain KAPSO_RATE_LIMITED.\n',
    );
  });

  test('says it to a program on standard output alone, with the wait in seconds', () => {
    const { out, err } = report(apiError('wait'), true);
    expect(err).toBe('');
    expect(JSON.parse(out)).toEqual({
      error: {
        ...{ code: 'KAPSO_RATE_LIMITED', message: 'no', httpStatus: 400, retryAfter: 2 },
        docs: 'docs/reference/errors.md#kapso_rate_limited',
      },
      exitCode: 75,
    });
  });

  test('passes no wait of decades on', () => {
    const { out } = report(apiError('wait', 999_999_999_000), true);
    expect(JSON.parse(out)).toMatchObject({ error: { retryAfter: 3600 } });
  });

  test('hides secrets in whatever was thrown, also in a defect', () => {
    for (const json of [false, true]) {
      const { out, err } = report(new Error('header x-api-key: the-key'), json);
      expect(out + err).not.toContain('the-key');
      expect(out + err).toContain('[secret]');
    }
  });
});
