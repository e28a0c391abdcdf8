import { realpathSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { exitCode } from '../exit-codes.ts';
import { startGatewaySimulator } from './gateway.ts';
import { startKapsoSimulator } from './kapso.ts';
import { keep } from './keep.ts';

const help = `A Kapso and an OpenClaw gateway with an echo agent, to try kapso-whatsapp without an account.

  simulator kapso [options]       the WhatsApp side
    --port N                      default 0: any free port
    --host ADDRESS                default 127.0.0.1
    --name NAME                   a further name under which programs ask for it; another --name, another name
    --state FILE                  keep messages in this file over restarts
    --api-key KEY                 default $KAPSO_API_KEY, else sim-api-key
    --phone-number-id ID          default $KAPSO_PHONE_NUMBER_ID, else 647000000000001
    --order newest-first|oldest-first
    --rate-limit N                requests a minute
    --webhook-scale N             multiplies the delays of webhook retries (default 1)

  simulator gateway [options]     the agent side
    --port N, --host ADDRESS, --name NAME    as above
    --state DIR                   keep the transcript in this directory over restarts
    --token TOKEN                 default $OPENCLAW_TOKEN
    --reply none|cli|in-turn      answer in the run's reply (default), by running the CLI, or by one and then the other
    --cli PATH                    the CLI; a .js or .ts file is run with this Node
    --memory MS                   how long an ended run's key is remembered (default 300000)
    --agent-delay MS, --start-delay MS, --startup MS, --tick-interval MS, --require-pairing

  simulator keep -- COMMAND…      runs a command until standard input ends; its output goes to standard error

Prints one line {"url","port","pid"} when ready. SIGTERM ends it. With --exit-with-stdin it also ends when its standard input does.
Both have a control interface below /__sim/ on the same port. With $SIMULATOR_CONTROL_TOKEN, requests to it must have that token in
a header, X-Simulator-Token. No web page may use a simulator.
`;

const options = {
  port: { type: 'string', default: '0' },
  host: { type: 'string', default: '127.0.0.1' },
  name: { type: 'string', multiple: true },
  state: { type: 'string' },
  'api-key': { type: 'string' },
  'phone-number-id': { type: 'string' },
  order: { type: 'string' },
  'rate-limit': { type: 'string' },
  'webhook-scale': { type: 'string' },
  token: { type: 'string' },
  reply: { type: 'string', default: 'none' },
  cli: { type: 'string' },
  memory: { type: 'string' },
  'agent-delay': { type: 'string' },
  'start-delay': { type: 'string' },
  startup: { type: 'string' },
  'tick-interval': { type: 'string' },
  'require-pairing': { type: 'boolean', default: false },
  'exit-with-stdin': { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

interface Running {
  url: string;
  port: number;
  /** Ends as the service would at SIGTERM. */
  end(): Promise<void>;
}

type Values = ReturnType<typeof parse>['values'];

function parse(args: string[]) {
  return parseArgs({ args, options, allowPositionals: true });
}

class UsageError extends Error {
  override name = 'UsageError';
}

async function startKapso(values: Values): Promise<Running> {
  const { order, state } = values;
  if (order !== undefined && order !== 'newest-first' && order !== 'oldest-first') {
    throw new UsageError(`--order is newest-first or oldest-first, not ${order}`);
  }
  const rateLimit = number(values, 'rate-limit');
  const webhookScale = number(values, 'webhook-scale');
  const apiKey = values['api-key'] ?? process.env.KAPSO_API_KEY;
  const phoneNumberId = values['phone-number-id'] ?? process.env.KAPSO_PHONE_NUMBER_ID;
  const kapso = await startKapsoSimulator({
    port: number(values, 'port') ?? 0,
    host: values.host,
    names: values.name ?? [],
    controlToken: process.env.SIMULATOR_CONTROL_TOKEN || undefined,
    settings: { ...(order === undefined ? {} : { order }), ...(rateLimit === undefined ? {} : { rateLimit }) },
    ...(state === undefined ? {} : { stateFile: state }),
    ...(webhookScale === undefined ? {} : { webhookScale }),
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(phoneNumberId === undefined ? {} : { phoneNumberId }),
  });
  return { url: kapso.url, port: kapso.port, end: () => kapso.close() };
}

async function startGateway(values: Values): Promise<Running> {
  const { reply, state, cli } = values;
  const token = values.token ?? process.env.OPENCLAW_TOKEN;
  if (!token) throw new UsageError('a gateway needs a token: give --token, or set OPENCLAW_TOKEN');
  if (reply !== 'none' && reply !== 'cli' && reply !== 'in-turn') {
    throw new UsageError(`--reply is none, cli or in-turn, not ${reply}`);
  }
  if (reply !== 'none' && !cli) throw new UsageError(`--reply ${reply} needs --cli PATH`);
  const memory = number(values, 'memory');
  const agentDelay = number(values, 'agent-delay');
  const startDelay = number(values, 'start-delay');
  const startup = number(values, 'startup');
  const tickInterval = number(values, 'tick-interval');
  const gateway = await startGatewaySimulator({
    port: number(values, 'port') ?? 0,
    host: values.host,
    names: values.name ?? [],
    controlToken: process.env.SIMULATOR_CONTROL_TOKEN || undefined,
    token,
    reply,
    settings: {
      requirePairing: values['require-pairing'],
      ...(memory === undefined ? {} : { memory }),
      ...(agentDelay === undefined ? {} : { agentDelay }),
      ...(startDelay === undefined ? {} : { startDelay }),
    },
    ...(cli === undefined ? {} : { cli: { command: /\.[cm]?[jt]s$/.test(cli) ? [process.execPath, cli] : [cli] } }),
    ...(state === undefined ? {} : { stateDir: state }),
    ...(startup === undefined ? {} : { startup }),
    ...(tickInterval === undefined ? {} : { tickInterval }),
  });
  return { url: gateway.url, port: gateway.port, end: () => gateway.drain() };
}

function number(values: Values, name: keyof Values & string): number | undefined {
  const text = values[name];
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0)
    throw new UsageError(`--${name} must be a number of at least 0, not ${text}`);
  return value;
}

/** Runs the program. Resolves to its exit code when it was told to end. */
export async function main(args: string[]): Promise<number> {
  let running: Running;
  let values: Values;
  try {
    const parsed = parse(args);
    values = parsed.values;
    const [which, ...more] = parsed.positionals;
    if (values.help) {
      process.stdout.write(help);
      return exitCode.ok;
    }
    if (which === 'keep' && more.length > 0) return await keep(more);
    if ((which !== 'kapso' && which !== 'gateway') || more.length > 0) {
      throw new UsageError('say which: simulator kapso, or simulator gateway');
    }
    running = await (which === 'kapso' ? startKapso(values) : startGateway(values));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'EADDRINUSE') {
      const { port } = error as { port?: number };
      process.stderr.write(
        `simulator: another program, or another simulator, listens on port ${port} already. End it, or take another --port.\n`,
      );
      return exitCode.tryAgain;
    }
    if (!(error instanceof UsageError) && !code.startsWith('ERR_PARSE_ARGS')) throw error;
    process.stderr.write(`simulator: ${(error as Error).message}\nTry simulator --help.\n`);
    return exitCode.usage;
  }
  const told = new Promise<void>(resolve => {
    process.once('SIGTERM', () => resolve());
    process.once('SIGINT', () => resolve());
    if (values['exit-with-stdin'])
      process.stdin
        .on('end', () => resolve())
        .on('error', () => resolve())
        .resume();
  });
  process.stdout.write(`${JSON.stringify({ url: running.url, port: running.port, pid: process.pid })}\n`);
  await told;
  await running.end();
  return exitCode.ok;
}

// A link in a package's bin directory is this program too, so the two real paths are compared.
if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === import.meta.filename) {
  process.exit(await main(process.argv.slice(2)));
}
