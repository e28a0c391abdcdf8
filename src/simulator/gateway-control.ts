import type { Counters } from './counters.ts';
import type { Devices } from './gateway-devices.ts';
import { type GatewayFaults, parseGatewayFault } from './gateway-faults.ts';
import { changeGatewaySettings, type GatewaySettings } from './gateway-settings.ts';
import type { ClientSocket } from './gateway-socket.ts';
import { type Answer, notSimulated, type Request } from './http.ts';
import { asObject, asText } from './json.ts';
import { wait } from './kapso-control.ts';
import type { Transcript } from './transcript.ts';

export interface GatewayControl {
  transcript: Transcript;
  devices: Devices;
  faults: GatewayFaults;
  counters: Counters;
  clients: ReadonlySet<ClientSocket>;
  settings: { current: GatewaySettings };
  ready: () => boolean;
}

/** Serves `GET /readyz` and, below `/__sim/`, the simulator's own interface: runs, pairing requests, settings and faults. */
export async function handleGatewayControl(request: Request, control: GatewayControl): Promise<Answer> {
  if (request.method === 'GET' && request.path === '/readyz') {
    return control.ready() ? { status: 200, body: { ready: true } } : { status: 503, body: { ready: false } };
  }
  if (!request.path.startsWith('/__sim/')) return notSimulated(request);
  try {
    return (await route(request, control)) ?? notSimulated(request);
  } catch (error) {
    if (error instanceof RangeError)
      return { status: 400, body: { error: 'Bad control request', message: error.message } };
    throw error;
  }
}

async function route(request: Request, control: GatewayControl): Promise<Answer | null> {
  const { transcript, devices, faults, counters, clients, settings } = control;
  const ok = (body: unknown): Answer => ({ status: 200, body });
  switch (`${request.method} ${request.path.slice('/__sim/'.length)}`) {
    case 'GET runs': {
      const runs = transcript.runs().map(run => ({ ...run, executions: transcript.executions(run.key) }));
      return ok({ runs });
    }
    case 'GET wait': {
      const query = new URLSearchParams(request.query);
      const runs = query.get('runs');
      if (runs !== null) {
        query.set('for', 'runs');
        query.set('count', runs);
      }
      return wait(query, counters);
    }
    case 'GET state':
      return ok({
        counts: counters.all(),
        connections: clients.size,
        settings: settings.current,
        pairing: devices.waiting(),
      });
    case 'POST approve':
      return ok({ approved: await devices.approve(asText(asObject(await request.json()).requestId)) });
    case 'POST revoke': {
      const deviceId = asText(asObject(await request.json()).deviceId);
      if (deviceId === null) throw new RangeError('deviceId must be given');
      return ok({ revoked: await devices.revoke(deviceId) });
    }
    case 'POST config': {
      const before = settings.current.token;
      settings.current = changeGatewaySettings(settings.current, await request.json());
      if (settings.current.token !== before) for (const client of clients) client.close(4001, 'gateway auth changed');
      const { token: _, ...shown } = settings.current;
      return ok(shown);
    }
    case 'POST faults': {
      const body = await request.json();
      for (const fault of (Array.isArray(body) ? body : [body]).map(parseGatewayFault)) faults.add(fault);
      return ok({});
    }
    case 'DELETE faults':
      faults.clear();
      return ok({});
    case 'POST drop-connections': {
      const dropped = clients.size;
      for (const client of clients) client.drop();
      return ok({ dropped });
    }
    default:
      return null;
  }
}
