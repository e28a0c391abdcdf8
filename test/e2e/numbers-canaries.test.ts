/** The secrets of each of several numbers, and all that the programs show and write: none comes out. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { stateFiles } from '../../src/state/files.ts';
import { canariesIn, canary, formsOf } from './canary.ts';
import { numbers, startNumbers, writeAccounts } from './numbers.ts';
import { createStage } from './programs.ts';
import { get, keep } from './quoting-sides.ts';

const secrets = {
  salesKey: canary('API key of sales', 'k/*+"q"='),
  supportKey: canary('API key of support', '*"quoted"%41'),
  salesSecret: canary('signing secret of sales'),
  supportSecret: canary('signing secret of support', '* & more'),
};
const all = Object.values(secrets);

it('what Kapso quotes of any of them for another number comes out nowhere', { timeout: 120_000 }, async () => {
  const stage = createStage();
  const { dir, stateDir } = stage;
  const sales = { ...numbers.sales, apiKey: secrets.salesKey.secret };
  const support = { ...numbers.support, apiKey: secrets.supportKey.secret };
  const quotes = `This key is refused: ${all.flatMap(formsOf).join(' and ')}`;
  const { of } = await startNumbers(stage, [sales, support], { support: quotes });
  const file = writeAccounts(stage, [sales, { ...support, apiKey: '' }], {
    each: {
      sales: { webhook: { secret: secrets.salesSecret.secret } },
      support: {
        ...{ apiKey: undefined, apiKeyFile: keep(join(dir, 'key-of-support'), `${support.apiKey}\n`) },
        webhook: { secretFile: keep(join(dir, 'secret-of-support'), `${secrets.supportSecret.secret}\n`) },
      },
    },
    all: { mode: 'domain', polling: { fallback: true }, webhook: { listen: '127.0.0.1:0', verifyToken: 'verify-me' } },
  });
  await stage.startGateway();
  const poller = stage.poller({ LOG_FORMAT: 'json', KAPSO_LOG_LEVEL: 'debug' });
  await poller.start();
  await poller.says('Polling Kapso failed, and will until somebody puts it right');
  await of.sales?.receive([{ from: '+15551234567', text: 'hello' }]);
  poller.signal('SIGUSR2');
  await of.sales?.reaches('sent', 1);
  await stage.until('its status says why', () => {
    const failing = stage.statusFile().accounts?.find(({ id }) => id === support.id);
    return failing?.polling?.lastError?.includes('This key is refused') === true;
  });

  const seen = new Map<string, string>();
  for (const path of ['status', 'arrivals?full=1', 'messages?full=1']) {
    seen.set(`socket: ${path}`, await get({ socketPath: join(stateDir, stateFiles.socket) }, `/v1/${path}`));
  }
  const backup = join(dir, 'backup.tar');
  const commands = [
    ...['status', 'status --json', 'doctor', 'doctor --json', 'config show', 'config check', 'config show --json'],
    ...['config explain accounts.support.apiKey', 'config explain accounts.support.webhook.secret', 'webhook list'],
    ...['inbox list --full', 'templates list --from support', `backup ${backup}`],
    ...['send --from support --to +15551234567 --text x', 'send --from sales --to +15551234567 --text x'],
  ];
  for (const words of commands) {
    const { code, stdout, stderr } = await stage.run('cli', words.split(' '));
    seen.set(words, `${code} ${stdout}${stderr}`);
  }
  await poller.end('SIGTERM');
  seen.set('log', poller.lines.join('\n'));
  seen.set('backup', readFileSync(backup, 'latin1'));
  for (const entry of readdirSync(stateDir, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) seen.set(`file ${entry.name}`, readFileSync(path, 'latin1'));
  }
  // A place that shows nothing proves nothing.
  const quoting = [
    'log',
    'status --json',
    'socket: status',
    'doctor',
    'send --from support --to +15551234567 --text x',
  ];
  expect(quoting.filter(place => !seen.get(place)?.includes('This key is refused'))).toEqual([]);
  expect([...seen].flatMap(([place, text]) => canariesIn(text, all).map(name => `${place}: ${name}`))).toEqual([]);
  // The configuration itself has those that it was given.
  expect(canariesIn(readFileSync(file, 'utf8'), all)).toEqual(['API key of sales', 'signing secret of sales']);
  expect(statSync(backup).mode & 0o777).toBe(0o600);
});
