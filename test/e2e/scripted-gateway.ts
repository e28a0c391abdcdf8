/**
 * The gateway simulator with an agent that does what the message says. Its text is a list of steps, in JSON: see `Step`.
 * Takes the simulator's `--port` and `--state`, and says when it is ready as the simulator does.
 */
import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';
import { type Agent, readMessage, type ToolUse } from '../../src/simulator/echo-agent.ts';
import { startGatewaySimulator } from '../../src/simulator/gateway.ts';

export type Step =
  /** Runs a command line to its end. */
  | { run: string }
  /** Begins a command line, and goes on. */
  | { begin: string }
  /** The final text. Without one the run is silent. */
  | { say: string };

const agent: Agent = async turn => {
  const steps = JSON.parse(readMessage(turn.text).text) as Step[];
  let text: string | null = null;
  for (const step of steps) {
    if ('say' in step) text = step.say;
    else await turn.tool('run' in step ? await run(step.run) : begin(step.begin));
  }
  return text === null ? { kind: 'silent' } : { kind: 'visible', text };
};

function run(command: string): Promise<ToolUse> {
  const child = spawn('sh', ['-c', command], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', text => (output += text));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', exitCode => resolve({ command, output: output.trim(), exitCode }));
  });
}

/** The record shows of it what OpenClaw's shows of a command in the background. */
function begin(command: string): ToolUse {
  const { pid } = spawn('sh', ['-c', command], { stdio: 'ignore' });
  const output =
    `Command still running (session calm-otter, pid ${pid}). Use process (list/poll/log/write/send-keys/kill) ` +
    'for follow-up.';
  return { command, output, exitCode: 0 };
}

const options = {
  port: { type: 'string' },
  state: { type: 'string' },
  'exit-with-stdin': { type: 'boolean' },
} as const;
const { values } = parseArgs({ options, allowPositionals: true });
const gateway = await startGatewaySimulator({
  ...{ token: process.env.OPENCLAW_TOKEN ?? '', port: Number(values.port ?? 0), reply: agent },
  ...(values.state !== undefined && { stateDir: values.state }),
});
process.stdin.on('end', () => process.exit()).resume();
process.stdout.write(`${JSON.stringify({ url: gateway.url, port: gateway.port, pid: process.pid })}\n`);
