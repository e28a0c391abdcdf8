import { once } from 'node:events';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAdmission } from '../../src/simulator/admission.ts';
import { type GatewaySimulator, startGatewaySimulator } from '../../src/simulator/gateway.ts';
import { type KapsoSimulator, startKapsoSimulator } from '../../src/simulator/kapso.ts';
import { startSimulator } from './child.ts';

let kapso: KapsoSimulator;
let gateway: GatewaySimulator;
beforeEach(async () => {
  kapso = await startKapsoSimulator({ apiKey: 'key', phoneNumberId: '1' });
  gateway = await startGatewaySimulator({ token: 't' });
});
afterEach(() => Promise.all([kapso.close(), gateway.close()]));

type Headers = Record<string, string>;

/** Asks with any headers; `fetch` sets some of them itself. */
async function ask(url: string, headers: Headers = {}, body?: object): Promise<{ status: number; text: string }> {
  const asking = request(url, { method: body === undefined ? 'GET' : 'POST', headers });
  asking.end(body === undefined ? undefined : JSON.stringify(body));
  const [response] = await once(asking, 'response');
  return { status: response.statusCode, text: await text(response) };
}

const letter = { from: '+15551234567', text: 'x' };

describe('a web page in a browser of this machine', () => {
  it.each<[string, Headers]>([
    ['another site', { origin: 'https://example.org', 'sec-fetch-site': 'cross-site' }],
    ['another site, in an old browser', { origin: 'https://example.org' }],
    ['a page without an origin', { origin: 'null' }],
    ['a link or a picture', { 'sec-fetch-site': 'cross-site' }],
    ['a page under another port of this machine', { 'sec-fetch-site': 'same-site' }],
    ['a site whose name leads here', { host: 'rebound.example.org:8080' }],
    ['a site whose name looks like an address', { host: '127.0.0.1.example.org' }],
    ['no name at all', { host: 'a b' }],
  ])('can neither write nor read: %s', async (_, headers) => {
    const tried = [
      ask(`${kapso.url}/__sim/inbound`, headers, letter),
      ask(`${kapso.url}/__sim/sent`, headers),
      ask(`${kapso.url}/meta/whatsapp/v24.0/1/messages`, { ...headers, 'x-api-key': 'key' }),
      ask(`${gateway.controlUrl}/__sim/runs`, headers),
      ask(`${gateway.controlUrl}/__sim/config`, headers, {}),
      ask(`${gateway.controlUrl}/readyz`, headers),
    ];
    for (const { status, text } of await Promise.all(tried)) {
      expect(status).toBe(403);
      expect(text).toMatch(/A web page may not use the simulator|not served under this name/);
    }
    expect(JSON.parse((await ask(`${kapso.url}/__sim/state`)).text).inbound).toBe(0);
  });
});

it.each(['localhost:1', 'LOCALHOST', '[::1]:9', '127.0.0.1', '10.88.0.1:18800', '[fd00::1]:18800'])(
  'a program may say %s',
  async host => {
    expect((await ask(`${kapso.url}/__sim/inbound`, { host }, letter)).status).toBe(200);
    expect((await ask(`${gateway.controlUrl}/readyz`, { host })).status).toBe(200);
  },
);

it('the name that it was started for is its own', () => {
  const { refusal } = createAdmission({ names: ['0.0.0.0', 'Simulator.internal'], controlToken: undefined });
  const asked = (host: string) => refusal({ headers: { host }, path: '/__sim/state' });
  expect(asked('simulator.internal:18800')).toBeNull();
  expect(asked('another.internal:18800')).toMatchObject({ status: 403 });
});

it('with a token in its environment, the control interface is for who has it, and the rest is as before', async () => {
  const env = { SIMULATOR_CONTROL_TOKEN: 'a-secret' };
  const simulators = [
    await startSimulator(['kapso', '--api-key', 'key', '--phone-number-id', '1'], env),
    await startSimulator(['gateway', '--token', 't'], env),
  ];
  for (const { url } of simulators) {
    const state = `${url.replace(/^ws/, 'http')}/__sim/state`;
    for (const headers of [{}, { 'x-simulator-token': '' }, { 'x-simulator-token': 'another' }] as Headers[]) {
      expect(await ask(state, headers)).toMatchObject({
        status: 403,
        text: expect.stringContaining('needs its token'),
      });
    }
    expect((await ask(state, { 'x-simulator-token': 'a-secret' })).status).toBe(200);
  }
  const [{ url = '' } = {}, { url: gatewayUrl = '' } = {}] = simulators;
  expect((await ask(`${url}/__sim/inbound`, {}, letter)).status).toBe(403);
  expect((await ask(`${url}/meta/whatsapp/v24.0/1/messages`, { 'x-api-key': 'key' })).status).toBe(200);
  expect((await ask(`${gatewayUrl.replace(/^ws/, 'http')}/readyz`)).status).toBe(200);
  await Promise.all(simulators.map(simulator => simulator.stop('SIGTERM')));
});
