import { asInteger, asRecord, asString, asText } from '../../narrow.ts';
import { checkKey, classifyApiError } from './error-table.ts';
import { KapsoApiError, quote } from './errors.ts';
import type { TransportResponse } from './transport.ts';

export interface ApiErrorContext {
  /** What was being done. It completes "… failed", e.g. `sending to +15550104477`. */
  action: string;
  /** The hint for an object that the API does not know. The default is that of the table. */
  ifUnknown?: string | undefined;
  secrets: readonly string[];
  /** Where the API key came from. */
  keyFrom?: string | undefined;
  /** Milliseconds since the epoch. A Retry-After date is compared with it when the response has no Date. */
  now: number;
}

/**
 * Turns an unsuccessful response into an error.
 *
 * It reads the three envelopes in use: Meta's `{error: {message, code, error_data}}`, Kapso's `{error, message?}`, and
 * text that is no JSON, as proxies answer.
 */
export function readApiError(response: TransportResponse, context: ApiErrorContext): KapsoApiError {
  const { status } = response;
  const redirected = status >= 300 && status <= 399;
  const { text, metaCode } = redirected
    ? { text: redirectText(response.headers.location), metaCode: null }
    : readEnvelope(response.body);
  const meaning = classifyApiError(status, metaCode);
  const label = metaCode === null ? `HTTP ${status}` : `HTTP ${status}, Meta code ${metaCode}`;
  const said = quote(text, context.secrets);
  return new KapsoApiError(`${quote(context.action, context.secrets)} failed (${label})${said ? `: ${said}` : ''}`, {
    httpStatus: status,
    metaCode,
    retryAfter: retryAfter(response.headers, context.now) ?? meaning.pause ?? null,
    disposition: meaning.disposition,
    hint: hintOf(status, metaCode, context) ?? meaning.hint,
  });
}

function hintOf(status: number, metaCode: number | null, context: ApiErrorContext): string | undefined {
  if (status === 404 || metaCode === 100) return context.ifUnknown;
  return status === 401 && metaCode === null && context.keyFrom !== undefined ? checkKey(context.keyFrom) : undefined;
}

/** Builds the error of a message that Kapso recorded as failed, from its status's `errors[]`. */
export function recordedApiError(error: Record<string, unknown> | null, context: ApiErrorContext): KapsoApiError {
  const metaCode = error ? asInteger(error.code) : null;
  const meaning = classifyApiError(0, metaCode);
  const said = quote(error ? describeMeta(error) : '', context.secrets);
  const label = metaCode === null ? 'recorded as failed' : `recorded as failed, Meta code ${metaCode}`;
  return new KapsoApiError(`${quote(context.action, context.secrets)} failed (${label})${said ? `: ${said}` : ''}`, {
    httpStatus: 200,
    metaCode,
    retryAfter: meaning.pause ?? null,
    disposition: meaning.disposition,
    hint: meaning.hint,
  });
}

/** Parses JSON. Null when it is none. */
export function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}

function readEnvelope(body: string): { text: string; metaCode: number | null } {
  const envelope = asRecord(parseJson(body));
  const graph = envelope ? asRecord(envelope.error) : null;
  if (graph) return { text: describeMeta(graph), metaCode: asInteger(graph.code) };
  const error = envelope ? asString(envelope.error) : null;
  const message = envelope ? asString(envelope.message) : null;
  if (error || message) return { text: [error, message].filter(Boolean).join(': '), metaCode: null };
  return { text: body, metaCode: null };
}

function describeMeta(error: Record<string, unknown>): string {
  const message = asText(error.message) ?? asText(error.title) ?? '';
  const details = asText(asRecord(error.error_data)?.details) ?? asText(error.details);
  return details && !message.includes(details) ? `${message} — ${details}` : message;
}

function redirectText(location: string | undefined): string {
  let host = 'an unnamed place';
  if (location) {
    const url = URL.parse(location);
    host = url ? `the host ${url.host}` : 'another path';
  }
  return `a redirect to ${host} was not followed, and the API key was not sent there`;
}

/**
 * Reads Retry-After, in seconds or as an HTTP date (RFC 9110, 10.2.3). Returns milliseconds; null when absent or
 * unreadable. A date is compared with the response's own Date, so that a wrong local clock does no harm.
 */
export function retryAfter(headers: Readonly<Record<string, string>>, now: number): number | null {
  const value = headers['retry-after']?.trim();
  if (!value) return null;
  if (/^\d{1,9}(\.\d{1,9})?$/.test(value)) return Math.ceil(Number(value) * 1000);
  const at = httpDate(value);
  return at === null ? null : Math.max(0, at - (httpDate(headers.date) ?? now));
}

/** Parses an HTTP date to milliseconds since the epoch; null when it is none. */
export function httpDate(value: string | undefined): number | null {
  if (!value || !/^[A-Z][a-z]{2}/.test(value)) return null;
  const at = Date.parse(value);
  return Number.isNaN(at) ? null : at;
}
