import { checkProof, type DeviceProof, type Devices } from './gateway-devices.ts';
import { type FrameError, invalid, type Reply, refused, type Shape, violation } from './gateway-frames.ts';
import { asObject, asText, type JsonObject } from './json.ts';

/** What the server knows of a connection before `connect`. */
export interface Peer {
  /** The connection comes from this machine and not through a proxy. */
  loopback: boolean;
  origin: string | null;
  nonce: string;
}

export interface Granted {
  role: string;
  scopes: string[];
  deviceToken: string | null;
}

export type ConnectResult = { granted: Granted } | { refusal: FrameError; close: number };

export interface ConnectDeps {
  token: string;
  devices: Devices;
  /** Milliseconds since the epoch. */
  now: number;
  /** Treats every connection as one from another host. */
  requirePairing: boolean;
}

const clientIds = (
  'webchat-ui openclaw-control-ui openclaw-browser-copilot openclaw-tui webchat cli gateway-client openclaw-macos ' +
  'openclaw-linux openclaw-ios openclaw-watchos openclaw-android node-host openclaw-worker test fingerprint openclaw-probe'
).split(' ');
const clientModes = 'webchat cli ui backend node worker probe test'.split(' ');
const browserIds = ['webchat-ui', 'openclaw-control-ui', 'openclaw-browser-copilot', 'webchat'];

const paramsShape: Shape = {
  minProtocol: 'integer',
  maxProtocol: 'integer',
  client: 'object',
  caps: 'array?',
  commands: 'array?',
  computerUse: 'object?',
  workerRuns: 'object?',
  permissions: 'object?',
  pathEnv: 'string?',
  role: 'text?',
  scopes: 'array?',
  device: 'object?',
  auth: 'object?',
  locale: 'string?',
  userAgent: 'string?',
};
const clientShape: Shape = {
  id: 'text',
  displayName: 'text?',
  version: 'text',
  buildId: 'text?',
  platform: 'text',
  deviceFamily: 'text?',
  modelIdentifier: 'text?',
  timeZone: 'text?',
  mode: 'text',
  instanceId: 'text?',
};
const deviceShape: Shape = { id: 'text', publicKey: 'text', signature: 'text', signedAt: 'integer', nonce: 'text' };
const authShape: Shape = {
  token: 'string?',
  bootstrapToken: 'string?',
  deviceToken: 'string?',
  password: 'string?',
  approvalRuntimeToken: 'string?',
  agentRuntimeIdentityToken: 'string?',
};

/** Decides on a `connect` request as OpenClaw's gateway does: whether the client may connect, and which scopes it gets. */
export async function decideConnect(params: unknown, peer: Peer, deps: ConnectDeps): Promise<ConnectResult> {
  const input = asObject(params);
  const bad =
    violation(params, paramsShape) ??
    violation(input.client, clientShape, '/client') ??
    (input.device === undefined ? null : violation(input.device, deviceShape, '/device')) ??
    (input.auth === undefined ? null : violation(input.auth, authShape, '/auth')) ??
    closedLists(asObject(input.client));
  if (bad !== null) return refuse(invalid(`invalid connect params: ${bad}`));
  const client = asObject(input.client);
  const lowest = client.mode === 'probe' || client.mode === 'node' ? 3 : 4;
  if (Number(input.minProtocol) > 4 || Number(input.maxProtocol) < lowest) {
    return refuse(invalid('protocol mismatch', { code: 'PROTOCOL_MISMATCH', expectedProtocol: 4 }), 1002);
  }
  const role = asText(input.role) ?? 'operator';
  if (role !== 'operator' && role !== 'node') return refuse(invalid('invalid role'));
  if (peer.origin !== null || browserIds.includes(String(client.id))) {
    return refuse(invalid('origin not allowed', { code: 'CONTROL_UI_ORIGIN_NOT_ALLOWED' }));
  }
  return admit(input, role, peer, deps);
}

async function admit(input: JsonObject, role: string, peer: Peer, deps: ConnectDeps): Promise<ConnectResult> {
  const auth = asObject(input.auth);
  const scopes = Array.isArray(input.scopes) ? input.scopes.map(String) : [];
  const sent = asText(auth.token) ?? asText(auth.deviceToken);
  const client = asObject(input.client);
  const proof = input.device === undefined ? null : readProof(input, role, scopes, sent ?? '');
  if (sent === null) {
    return proof
      ? refuse(invalid('gateway token missing', { code: 'AUTH_TOKEN_MISSING' }))
      : refuse(refused('NOT_PAIRED', 'device identity required', { details: { code: 'DEVICE_IDENTITY_REQUIRED' } }));
  }
  const wrong = proof && checkProof(proof, peer.nonce, deps.now);
  if (wrong) return refuse(invalid('device authentication failed', { code: wrong }));

  if (sent !== deps.token) return admitByDeviceToken({ sent, auth, proof, role, scopes }, deps);
  if (!peer.loopback || deps.requirePairing) {
    if (!proof) return { granted: { role, scopes: [], deviceToken: null } };
    const admitted = deps.devices.admit(proof);
    if ('token' in admitted) return { granted: { role, scopes, deviceToken: admitted.token } };
    const { requestId, reason } = admitted.pending;
    return refuse(
      refused('NOT_PAIRED', 'pairing required', { details: { code: 'PAIRING_REQUIRED', reason, requestId } }),
    );
  }
  const backend = client.id === 'gateway-client' && client.mode === 'backend';
  if (backend) return { granted: { role, scopes, deviceToken: null } };
  if (proof) return { granted: { role, scopes, deviceToken: await deps.devices.pair(proof) } };
  const commandLine = client.id === 'cli' && client.mode === 'cli';
  return { granted: { role, scopes: commandLine ? scopes : [], deviceToken: null } };
}

function admitByDeviceToken(
  attempt: { sent: string; auth: JsonObject; proof: DeviceProof | null; role: string; scopes: string[] },
  { devices }: ConnectDeps,
): ConnectResult {
  const { sent, auth, proof, role, scopes } = attempt;
  const approved = proof && devices.scopesOf(proof.device.id, sent);
  if (!approved) {
    if (asText(auth.token) === null) {
      return refuse(invalid('device token mismatch', { code: 'AUTH_DEVICE_TOKEN_MISMATCH' }));
    }
    return refuse(
      invalid('gateway token mismatch', {
        code: 'AUTH_TOKEN_MISMATCH',
        ...(proof ? { canRetryWithDeviceToken: true } : {}),
      }),
    );
  }
  if (!scopes.every(scope => approved.includes(scope))) {
    return refuse(invalid('device token does not cover the requested scopes', { code: 'AUTH_SCOPE_MISMATCH' }));
  }
  return { granted: { role, scopes, deviceToken: sent } };
}

function readProof(input: JsonObject, role: string, scopes: string[], token: string): DeviceProof {
  const device = asObject(input.device);
  const client = asObject(input.client);
  return {
    device: {
      id: String(device.id),
      publicKey: String(device.publicKey),
      signature: String(device.signature),
      signedAt: Number(device.signedAt),
      nonce: String(device.nonce),
    },
    client: {
      id: String(client.id),
      mode: String(client.mode),
      platform: String(client.platform),
      deviceFamily: asText(client.deviceFamily) ?? '',
    },
    role,
    scopes,
    token,
  };
}

function closedLists(client: JsonObject): string | null {
  if (!clientIds.includes(String(client.id))) return 'at /client/id: must be equal to one of the allowed values';
  if (!clientModes.includes(String(client.mode))) return 'at /client/mode: must be equal to one of the allowed values';
  return null;
}

function refuse(reply: Reply, close = 1008): ConnectResult {
  if (reply.ok) throw new TypeError('a refusal carries an error');
  return { refusal: reply.error, close };
}
