/** What a failed connection or a refused request means for us (openclaw-gateway reference, sections 3, 5, 9 and 11). */
import { asNumber, asText, fieldsOf } from '../../narrow.ts';
import { waits } from '../../waits.ts';
import { GatewayError } from '../agent.ts';
import { checkToken, setToken, type TokenSource } from './token-hints.ts';
import { brief, ourProtocol } from './wire.ts';

export interface ConnectionFailure {
  /** `connecting`: passes by itself. `waiting`: ends by itself or by an approval. `blocked`: somebody has to change something. */
  phase: 'connecting' | 'waiting' | 'blocked';
  reason: string;
  hint: string | null;
  /** Milliseconds; null when the gateway does not say. */
  retryAfter: number | null;
}

/** How a connection, or an attempt at one, ended. */
export interface AttemptEnd {
  /** The error, if any. */
  error: unknown;
  /** The WebSocket close code; null when no socket was open. */
  code: number | null;
  closeReason: string;
  /** The attempt was refused on this side, e.g. by the rule against `ws://` to a public address. */
  refusedHere: boolean;
}

const deviceFile =
  'Delete device-identity.json in the state directory, restart the poller, and approve the new device.';

/** Reason and hint by `details.code` of a refused `connect`. */
const refusals: Record<string, { reason: string; hint: string | ((from: TokenSource | null) => string) }> = {
  AUTH_TOKEN_MISSING: { reason: 'The gateway asks for a token and none is configured.', hint: checkToken },
  AUTH_TOKEN_MISMATCH: { reason: 'The gateway does not accept the token.', hint: checkToken },
  AUTH_TOKEN_NOT_CONFIGURED: {
    reason: 'The gateway has no token configured to compare ours with.',
    hint: 'Set gateway.auth.mode to "token" and gateway.auth.token in the configuration of OpenClaw.',
  },
  AUTH_PASSWORD_MISSING: {
    reason: 'The gateway asks for a password.',
    hint: 'Set gateway.auth.mode to "token" in the configuration of OpenClaw: this program signs in with a token.',
  },
  AUTH_DEVICE_TOKEN_MISMATCH: {
    reason: 'The gateway does not accept the token of this device any more.',
    hint: from => `It was forgotten; the shared token is tried next. ${checkToken(from)}`,
  },
  AUTH_SCOPE_MISMATCH: {
    reason: 'This device is approved for less than reading and writing.',
    hint: 'On the gateway host run "openclaw devices list" and approve it with the scopes operator.read and operator.write.',
  },
  DEVICE_IDENTITY_REQUIRED: {
    reason: 'The gateway asks for a token or a device identity.',
    hint: from =>
      `${setToken(from)}. For a gateway on another host set gateway.identity to "always"; then restart the poller.`,
  },
  DEVICE_AUTH_SIGNATURE_INVALID: {
    reason: 'The gateway does not accept the signature of this device.',
    hint: from => `${checkToken(from)} If it is right: ${deviceFile}`,
  },
  DEVICE_AUTH_DEVICE_ID_MISMATCH: { reason: 'The gateway cannot read the key of this device.', hint: deviceFile },
  CONTROL_UI_ORIGIN_NOT_ALLOWED: {
    reason: 'The gateway refused the connection because it carries an Origin header.',
    hint: 'A proxy between this program and the gateway adds one: take it out there.',
  },
};

/** Refused connections that pass by themselves: at the next challenge, or when the gateway is ready. */
const passing: Record<string, string> = {
  OPERATOR_ACCESS_DENIED: 'The gateway gives no operator access at present.',
  AUTHENTICATED_PROFILE_UNAVAILABLE: 'The gateway cannot look up who may operate it at present.',
  DEVICE_AUTH_SIGNATURE_EXPIRED: 'The gateway found the signature of this device too old: it came late.',
  DEVICE_AUTH_NONCE_REQUIRED: 'The gateway missed its challenge in the sign-in.',
  DEVICE_AUTH_NONCE_MISMATCH: 'The gateway did not recognise its challenge in the sign-in.',
};

/**
 * Returns the failure for a gateway of another protocol than ours: the older side must be updated. Null for our
 * protocol, or when the gateway does not say.
 */
export function otherProtocol(theirs: number | null): ConnectionFailure | null {
  if (theirs === null || theirs === ourProtocol) return null;
  return {
    phase: 'blocked',
    reason: `The gateway speaks protocol ${theirs}, this program protocol ${ourProtocol}.`,
    hint: theirs > ourProtocol ? 'The gateway is newer: update this program (kapso-whatsapp).' : updateGateway,
    retryAfter: null,
  };
}

const updateGateway = `The gateway is older: update the gateway (OpenClaw 2026.9 or later speaks protocol ${ourProtocol}).`;

/** The gateway refused our range of protocols and did not say which it speaks. */
const protocolUnsaid: ConnectionFailure = {
  phase: 'blocked',
  reason: `The gateway does not speak protocol ${ourProtocol}, which this program speaks.`,
  hint:
    `Update the older of the two. OpenClaw 2026.9 or later speaks protocol ${ourProtocol}; ` +
    'for a gateway that is newer than that, take a newer release of this program.',
  retryAfter: null,
};

function pairing(details: Record<string, unknown>): ConnectionFailure {
  // The id goes into a command that people copy, so only characters that are safe in a shell are allowed.
  const requestId = /^[\w.:-]{1,128}$/.exec(asText(details.requestId) ?? '')?.[0];
  const why =
    details.reason === 'scope-upgrade'
      ? 'asks for more than it was approved for'
      : details.reason === 'metadata-upgrade'
        ? 'has changed since it was approved'
        : 'is not approved yet';
  return {
    phase: 'waiting',
    reason: `This device ${why} at the gateway.`,
    hint: requestId
      ? `On the gateway host run: openclaw devices approve ${requestId}`
      : 'On the gateway host run "openclaw devices list", then "openclaw devices approve" with the id shown there.',
    retryAfter: null,
  };
}

function upgradeRefused(details: Record<string, unknown>): ConnectionFailure {
  const status = asNumber(details.httpStatus);
  // A success is none: whatever answers plain HTTP there does not speak to us.
  const lasting = status !== null && status < 500 && status !== 408 && status !== 429;
  return {
    phase: lasting ? 'blocked' : 'connecting',
    reason: `The gateway's address answered HTTP ${status ?? 'without a status'} instead of opening a WebSocket.`,
    hint: lasting
      ? 'Another program, or a proxy, listens there: check OPENCLAW_GATEWAY_URL (gateway.url), then restart the poller.'
      : null,
    retryAfter: null,
  };
}

/**
 * Classifies the end of a connection or of an attempt at one. `where` names the gateway, without secrets; `from` is for the
 * hint about the token.
 */
export function classifyEnd(end: AttemptEnd, where: string, from: TokenSource | null): ConnectionFailure {
  const error = fieldsOf(end.error);
  const details = fieldsOf(error.details);
  const code = asText(details.code) ?? '';
  const retryAfter = asNumber(error.retryAfterMs);
  const message = end.error instanceof Error ? brief(end.error.message) : '';
  if (end.refusedHere) {
    return {
      phase: 'blocked',
      reason: `No connection to ${where} is allowed: ${message}`,
      hint: null,
      retryAfter: null,
    };
  }
  if (code === 'PAIRING_REQUIRED') return pairing(details);
  if (code === 'PROTOCOL_MISMATCH' || (code === '' && /protocol mismatch/i.test(`${message} ${end.closeReason}`))) {
    return otherProtocol(asNumber(details.expectedProtocol)) ?? protocolUnsaid;
  }
  if (Object.hasOwn(passing, code)) {
    const hint = 'It is tried again. If it lasts, the log of the gateway says more.';
    return { phase: 'connecting', reason: `${passing[code]} (${code})`, hint, retryAfter };
  }
  if (code === 'AUTH_RATE_LIMITED') {
    const reason = 'The gateway refuses this address for a while after too many failed sign-ins.';
    return { phase: 'waiting', reason, hint: checkToken(from), retryAfter: retryAfter ?? waits.gatewayWaiting.locked };
  }
  const refusal = Object.hasOwn(refusals, code) ? refusals[code] : undefined;
  if (refusal) {
    const { reason, hint } = refusal;
    return { phase: 'blocked', reason, hint: typeof hint === 'string' ? hint : hint(from), retryAfter: null };
  }
  if (details.reason === 'websocket-upgrade-rejected') return upgradeRefused(details);
  if (error.retryable === true || details.reason === 'startup-sidecars') {
    return { phase: 'connecting', reason: 'The gateway is starting.', hint: null, retryAfter };
  }
  if (/^(AUTH|DEVICE)_/.test(code) || error.gatewayCode === 'INVALID_REQUEST' || error.gatewayCode === 'NOT_PAIRED') {
    const reason = `The gateway refused the connection: ${message}${code ? ` (${brief(code)})` : ''}`;
    return { phase: 'blocked', reason, hint: 'The log of the gateway says more.', retryAfter: null };
  }
  const hint = isRefused(end) ? 'Start the gateway: openclaw gateway' : null;
  return { phase: 'connecting', reason: transportReason(end, where), hint, retryAfter };
}

function isRefused({ error }: AttemptEnd): boolean {
  return fieldsOf(error).code === 'ECONNREFUSED';
}

function transportReason(end: AttemptEnd, where: string): string {
  const code = asText(fieldsOf(end.error).code);
  if (isRefused(end)) return `Nothing listens at ${where}.`;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `The name in ${where} cannot be resolved.`;
  if (end.code === 1012) return 'The gateway is restarting.';
  if (end.code === 1013) return 'The gateway is starting.';
  if (end.code === 4001) return 'The gateway changed how to sign in.';
  if (end.error instanceof Error) return `The connection to ${where} failed: ${brief(end.error.message)}`;
  const reason = end.closeReason ? ` "${brief(end.closeReason)}"` : '';
  return `The connection to ${where} was closed (${end.code ?? 'no code'}${reason}).`;
}

/** The scopes that this program asks for and needs. */
export const scopes = ['operator.read', 'operator.write'];

/**
 * Returns the failure when scopes are missing. Missing scopes look like success: the gateway grants none to a
 * connection that it does not take as local (section 3).
 *
 * @param proved A device was presented.
 */
export function missingScopes(granted: readonly string[], proved: boolean): ConnectionFailure | null {
  const missing = scopes.filter(scope => !granted.includes(scope));
  if (missing.length === 0) return null;
  return {
    phase: 'blocked',
    reason: `The gateway accepted the connection but grants it nothing: ${missing.join(' and ')} missing.`,
    hint: proved
      ? 'It was shown the device of this program (gateway.identity). On the gateway host run "openclaw devices list" ' +
        'and approve it with the scopes operator.read and operator.write.'
      : 'The gateway does not take this connection for a local one: it comes from another host or through a proxy. ' +
        'Set gateway.identity to "auto" or "always", restart the poller, and approve the device on the gateway host ' +
        '("openclaw devices list").',
    retryAfter: null,
  };
}

/**
 * Whether a request failed because the connection may do nothing more. Only `agent` shows that. One session's record
 * may be refused alone, for example a deleted session's. And a missing scope that is not ours is the request's own
 * problem.
 */
export function losesScope(method: string, error: unknown): boolean {
  const scope = missingScope(error);
  return method === 'agent' && scope !== null && scopes.includes(scope);
}

function missingScope(error: unknown): string | null {
  const details = fieldsOf(fieldsOf(error).details);
  return details.code === 'MISSING_SCOPE' ? asText(details.missingScope) : null;
}

/** Refusals of `INVALID_REQUEST` that are about this one message and are permanent. */
const ofThisMessage = /null bytes|UnsupportedAttachmentError|malformed session key/i;

/** Classifies a failed request for the message that it was about. A failure that is not known to be permanent may pass. */
export function classifyRequest(method: string, failure: unknown, params: unknown): GatewayError {
  const error = fieldsOf(failure);
  const details = fieldsOf(error.details);
  const message = brief(failure instanceof Error ? failure.message : String(failure));
  const retryAfter = asNumber(error.retryAfterMs);
  const refuse = (kind: GatewayError['kind'], said: string, after: number | null = null, hint?: string) =>
    new GatewayError(kind, said, { retryAfter: after, hint, cause: failure });
  // The gateway's own refusals have its code. Anything else is the connection's end or our time limit.
  if (error.gatewayCode === undefined) {
    const after = error.code === 'CLIENT_TIMEOUT' ? waits.request.unanswered : null;
    return refuse('away', `No answer from the gateway to ${method}: ${message}`, after);
  }
  if (error.retryable === true || details.reason === 'gateway-restarting') {
    return refuse('away', `The gateway asks to try ${method} again: ${message}`, retryAfter ?? waits.request.again);
  }
  if (/^Pending input ownership ended/.test(message)) {
    return refuse('key-spent', `The gateway gave up the input under this key: ${message}`);
  }
  if (/^Pending input is already admitted/.test(message)) {
    return refuse('away', `The gateway is busy with this input: ${message}`, waits.request.again);
  }
  if (losesScope(method, failure)) {
    return refuse('away', `The gateway withdrew what this connection may do: ${message}`, waits.request.again);
  }
  if (/^Agent ".*" no longer exists/.test(message)) {
    const hint =
      'Add the agent to the configuration of OpenClaw, or name another one (gateway.agent, the agent of an account, or ' +
      'access.contacts and access.roles).';
    return refuse('unready', `The gateway has no such agent at present: ${message}`, null, hint);
  }
  const scope = missingScope(failure);
  if (
    method === 'agent' &&
    ((scope !== null && scope !== 'operator.admin') || details.code === 'OPERATOR_ACCESS_DENIED')
  ) {
    const hint =
      'On the gateway host see what this connection may do; a newer gateway may need a newer kapso-whatsapp.';
    return refuse('unready', `The gateway does not let this connection run the agent: ${message}`, null, hint);
  }
  // A text that begins with a command of the gateway asks for administration (section 5).
  const asksForAdmin = scope === 'operator.admin' && /^\s*\//.test(asText(fieldsOf(params).message) ?? '');
  if (asksForAdmin || (error.gatewayCode === 'INVALID_REQUEST' && ofThisMessage.test(message))) {
    return refuse('permanent', `The gateway will not take this: ${message}`);
  }
  return refuse('refused', `The gateway refused ${method}: ${message}`, retryAfter);
}
