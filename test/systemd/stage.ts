import { type GatewaySimulator, startGatewaySimulator } from '../../src/simulator/gateway.ts';
import { type KapsoSimulator, startKapsoSimulator } from '../../src/simulator/kapso.ts';
import { webhookSecret } from '../e2e-webhook/delivery.ts';
import { ask } from './ask.ts';
import { installed, type Machine } from './machine.ts';

export const service = 'kapso-whatsapp-poller.service';
export const socket = 'kapso-whatsapp-poller.socket';
export const once = 'kapso-whatsapp-poller-once.service';
export const timer = 'kapso-whatsapp-poller-once.timer';
/** What the socket unit listens on. */
export const webhookUrl = 'http://127.0.0.1:18790/webhook';

const gatewayToken = 'gateway-token-58a1';
const apiKey = 'api-key-3c9d70e1';

export const webhookMode = { mode: 'domain', webhook: { requireSignature: true } };

/** The simulators, and the units in a machine as `units install` installs them. */
export interface Stage {
  readonly kapso: KapsoSimulator;
  readonly gateway: GatewaySimulator;
  /** Writes the configuration file: what the simulators need, and these settings. */
  configure(settings?: Record<string, object | string>): Promise<void>;
  /** Adds a drop-in to a unit and reloads systemd. */
  dropIn(unit: string, text: string): Promise<void>;
  /** Writes to the number as a customer. */
  inbound(text: string): Promise<void>;
  startGateway(): Promise<void>;
  /** Ends what runs and restores the state before the first start. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

export async function openStage(machine: Machine, kind: keyof typeof installed = 'native'): Promise<Stage> {
  const kapso = await startKapsoSimulator({ apiKey });
  let gateway = await startGatewaySimulator({ token: gatewayToken });
  const gatewayPort = gateway.port;
  await machine.do('node', `${installed[kind]}/dist/kapso-whatsapp-cli.cjs`, 'units', 'install', '--system');
  await machine.do('systemctl', 'daemon-reload');

  const credentials: Record<string, string> = {
    'kapso-api-key': apiKey,
    'gateway-token': gatewayToken,
    'webhook-secret': webhookSecret,
    'webhook-verify-token': 'verify-token-6b1f',
  };

  return {
    kapso,
    get gateway() {
      return gateway;
    },
    configure: (settings = {}) =>
      machine.write(
        '/etc/kapso-whatsapp/config.yaml',
        JSON.stringify({
          polling: { interval: 5 },
          ...settings,
          kapso: { phoneNumberId: kapso.phoneNumberId, baseUrl: kapso.url },
          gateway: { url: `ws://127.0.0.1:${gatewayPort}`, ...(settings.gateway as object | undefined) },
        }),
      ),
    dropIn: async (unit, text) => {
      await machine.write(`/etc/systemd/system/${unit}.d/test.conf`, text);
      await machine.do('systemctl', 'daemon-reload');
    },
    inbound: async text => {
      const answer = await ask(`${kapso.url}/__sim/inbound`, { method: 'POST', body: JSON.stringify({ text }) });
      if (!answer.ok) throw new Error(await answer.text());
    },
    startGateway: async () => {
      gateway = await startGatewaySimulator({ token: gatewayToken, port: gatewayPort });
    },
    reset: async () => {
      await machine.run('systemctl', 'stop', timer, socket, service, once);
      await machine.run('systemctl', 'reset-failed');
      await machine.do(
        'sh',
        '-c',
        'rm -rf /etc/systemd/system/*.d/test.conf /var/lib/private/kapso-whatsapp /var/lib/kapso-whatsapp /etc/kapso-whatsapp',
      );
      for (const [name, value] of Object.entries(credentials)) {
        await machine.write(`/etc/credstore/${name}`, `${value}\n`, '0600');
      }
      await machine.do('systemctl', 'daemon-reload');
    },
    close: async () => {
      await kapso.close();
      await gateway.close();
    },
  };
}
