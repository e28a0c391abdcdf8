/**
 * `node make.ts DIR`: compiles the command line's bundles in DIR for this Node.js and puts the code beside them. It
 * compiles the functions that a `send` with a configuration file calls, against a Kapso of its own on loopback.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { codeFile, createLoader } from './loader.ts';

const [dir = ''] = process.argv.slice(2);
const answer = { messaging_product: 'whatsapp', contacts: [], messages: [{ id: 'wamid.code-cache' }] };
const kapso = createServer((_, response) => {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
}).listen(0, '127.0.0.1');
await once(kapso, 'listening');

const home = mkdtempSync(join(tmpdir(), 'kapso-whatsapp-build-'));
const config = join(home, 'config.yaml');
const account = ['kapso:', '  apiKey: none', '  phoneNumberId: "1"', 'polling:', '  interval: 30', ''];
writeFileSync(config, account.join('\n'), { mode: 0o600 });
process.env = {
  HOME: home,
  KAPSO_CONFIG: config,
  KAPSO_BASE_URL: `http://127.0.0.1:${(kapso.address() as AddressInfo).port}`,
};
process.argv = [process.argv0, 'kapso-whatsapp-cli', 'send', '--to', '+15550100001', '--text', 'compiled'];

const loader = createLoader(dir, createRequire(import.meta.url));
process.on('exit', code => {
  rmSync(home, { recursive: true, force: true });
  if (code !== 0) return;
  for (const [file, script] of loader.scripts) writeFileSync(codeFile(join(dir, file)), script.createCachedData());
});
loader.load('cli.cjs');
