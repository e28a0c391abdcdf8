/** Takes the sockets that it was started with, and prints them with the rest of its environment, or prints the error. */
import { takeSockets } from '../../src/systemd/sockets.ts';

const env: NodeJS.ProcessEnv = { ...process.env, LISTEN_PID: String(process.pid) };
let result: unknown;
try {
  result = takeSockets(env, process.pid);
} catch (error) {
  result = String((error as Error).message);
}
const left = Object.keys(env).filter(name => name.startsWith('LISTEN_'));
process.stdout.write(JSON.stringify({ result, left }));
