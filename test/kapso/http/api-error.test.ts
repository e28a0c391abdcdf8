import { describe, expect, test } from 'vitest';
import { readApiError, retryAfter } from '../../../src/kapso/http/api-error.ts';
import { classifyApiError } from '../../../src/kapso/http/error-table.ts';

const refuse = (status: number, body: string, headers: Record<string, string> = {}, secrets: string[] = []) =>
  readApiError({ status, headers, body }, { action: 'sending to +15550104477', secrets, now: Date.UTC(2026, 0, 1) });

describe('a verdict', () => {
  test.each([
    [400, 131047, 'window'],
    [500, 131047, 'window'],
    [400, 131026, 'permanent'],
    [400, 131056, 'wait'],
    [400, 190, 'auth'],
    [400, 0, 'auth'],
    [400, 230, 'auth'],
    [400, 131000, 'retry'],
    [404, 132001, 'permanent'],
    [400, 132069, 'wait'],
    [400, 133010, 'auth'],
    [413, null, 'permanent'],
    [400, 999999, 'permanent'],
    [429, 999999, 'wait'],
    [400, null, 'permanent'],
    [401, null, 'auth'],
    [402, null, 'permanent'],
    [404, null, 'permanent'],
    [409, null, 'retry'],
    [429, null, 'wait'],
    [302, null, 'permanent'],
    [502, null, 'retry'],
    [504, null, 'retry'],
  ] as const)('HTTP %s with code %s is "%s"', (status, code, disposition) => {
    expect(classifyApiError(status, code).disposition).toBe(disposition);
  });

  test('a template that is missing is not taken for a missing number', () => {
    expect(classifyApiError(404, 132001).hint).toContain('templates list');
    expect(classifyApiError(404, null).hint).toContain('phone number id');
  });

  test('an object that is unknown has the hint of its call', () => {
    const unknown = (status: number, body: string) =>
      readApiError({ status, headers: {}, body }, { action: 'x', ifUnknown: 'It is gone.', secrets: [], now: 0 }).hint;
    expect(unknown(404, '')).toBe('It is gone.');
    expect(unknown(400, '{"error":{"code":100,"message":"Unsupported get request"}}')).toBe('It is gone.');
    expect(unknown(401, '')).toContain('API key');
  });

  test('the closed window has the only way out as its hint', () => {
    expect(classifyApiError(400, 131047).hint).toContain('only a template may be sent until the customer writes again');
  });
});

describe('a refusal', () => {
  test('names what failed, the status, the code and both texts', () => {
    const body = JSON.stringify({
      error: { message: '(#100) Invalid', code: '100', error_data: { details: 'too long' } },
    });
    expect(refuse(400, body).message).toBe(
      'sending to +15550104477 failed (HTTP 400, Meta code 100): (#100) Invalid — too long',
    );
  });

  test('that is not JSON is quoted in one short line without control characters', () => {
    const { message } = refuse(502, `<h1>\r\nBad\u001b[31m \u202egateway</h1>${'x'.repeat(100_000)}`);
    expect(message).toMatch(/failed \(HTTP 502\): <h1> Bad \[31m gateway<\/h1>x+…$/);
    expect(message.length).toBeLessThan(400);
  });

  test('never shows the key, wherever it comes back', () => {
    const { message } = refuse(401, '{"error":"Bad key sk-1234","message":"sk-1234 is not known"}', {}, ['sk-1234']);
    expect(message).not.toContain('sk-1234');
    expect(message).toContain('Bad key [secret]');
  });

  test('by redirect names the host, and says that the key stayed here', () => {
    const { message, hint } = refuse(302, '', { location: 'https://login.example/path?token=1' });
    expect(message).toContain(
      'a redirect to the host login.example was not followed, and the API key was not sent there',
    );
    expect(hint).toContain('KAPSO_BASE_URL');
  });

  test('without a text stands on its own', () => {
    expect(refuse(500, '').message).toBe('sending to +15550104477 failed (HTTP 500)');
  });
});

describe('Retry-After', () => {
  test.each([
    ['60', {}, 60_000],
    ['0', {}, 0],
    ['Thu, 01 Jan 2026 00:00:30 GMT', {}, 30_000],
    ['Thu, 01 Jan 2026 00:00:30 GMT', { date: 'Thu, 01 Jan 2026 00:00:25 GMT' }, 5_000],
    ['Wed, 31 Dec 2025 00:00:00 GMT', {}, 0],
    ['soon', {}, null],
    ['-5', {}, null],
  ])('%j with %j', (value, headers, expected) => {
    expect(retryAfter({ 'retry-after': value, ...headers }, Date.UTC(2026, 0, 1))).toBe(expected);
  });

  test('is on the error; without it, what is known for the code', () => {
    expect(refuse(429, '', { 'retry-after': '60' }).retryAfter).toBe(60_000);
    expect(refuse(400, '{"error":{"code":131056}}').retryAfter).toBe(6_000);
    expect(refuse(429, '').retryAfter).toBeNull();
  });
});
