import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { judged, type Measurement, median, monotonic, noted, type Reading } from './measurement.ts';
import { cliProgram, openStage, phoneNumberId } from './stage.ts';

const rounds = 30;

/** One `send` from start to exit against a Kapso on this machine, alternating with a Node.js that does nothing. */
export const cliSend: Measurement = {
  name: 'cli-send',
  about: `the command line's send, median of ${rounds}, in turn with "node -e 0"`,
  async run() {
    await using stage = openStage();
    await stage.startKapso();
    const { KAPSO_API_KEY: apiKey, KAPSO_BASE_URL: baseUrl, PATH, HOME } = stage.env;
    const file = join(stage.dir, 'config.yaml');
    writeFileSync(file, `kapso:\n  apiKey: ${apiKey}\n  phoneNumberId: "${phoneNumberId}"\n  baseUrl: ${baseUrl}\n`);

    const send = [cliProgram, 'send', '--to', '+15551234567', '--text', 'Hello from the bench'];
    const commands = {
      nothing: { args: ['-e', '0'], env: stage.env },
      environment: { args: send, env: stage.env },
      file: { args: send, env: { PATH, HOME, KAPSO_CONFIG: file } },
    };
    const times: Record<keyof typeof commands, number[]> = { nothing: [], environment: [], file: [] };
    for (let round = -1; round < rounds; round += 1) {
      for (const [name, { args, env }] of Object.entries(commands)) {
        const time = await timeOf(args, env);
        // The first round reads the programs from the disk.
        if (round >= 0) times[name as keyof typeof commands].push(time);
      }
    }

    const nothing = median(times.nothing);
    const readings: Reading[] = [noted('`node -e 0`', `${nothing.toFixed(1)} ms`)];
    for (const [what, values] of [
      ['environment alone', times.environment],
      ['with a YAML file', times.file],
    ] as const) {
      readings.push(
        noted(`CLI \`send\`, ${what}`, `${median(values).toFixed(1)} ms`),
        judged(`CLI \`send\`, ${what}, over \`node -e 0\``, median(values) / nothing, { atMost: 1.9, unit: '×' }),
      );
    }
    return readings;
  },
};

async function timeOf(args: string[], env: NodeJS.ProcessEnv): Promise<number> {
  const begun = monotonic();
  const child = spawn(process.execPath, args, { env, stdio: 'ignore' });
  const [code] = await once(child, 'exit');
  const time = monotonic() - begun;
  if (code !== 0) throw new Error(`node ${args.join(' ')} ended with exit code ${code}`);
  return time;
}
