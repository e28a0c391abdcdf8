import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ConfigError } from '../../src/config/errors.ts';
import { checkActivation, takeSockets } from '../../src/systemd/sockets.ts';

const program = join(import.meta.dirname, 'take-sockets.ts');

/** What a process makes of the descriptors from 3 on and of LISTEN_FDNAMES. */
function taken(descriptors: readonly number[], names?: string): unknown {
  const { stdout, stderr } = spawnSync(process.execPath, [program], {
    env: { LISTEN_FDS: String(descriptors.length), ...(names === undefined ? {} : { LISTEN_FDNAMES: names }) },
    stdio: ['ignore', 'pipe', 'pipe', ...descriptors],
    encoding: 'utf8',
  });
  if (stdout === '') throw new Error(stderr);
  const { result, left } = JSON.parse(stdout) as { result: unknown; left: string[] };
  expect(left).toEqual([]);
  return result;
}

/** With the descriptor of a socket that listens. */
async function withSocket(use: (fd: number) => void): Promise<void> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  use((server as unknown as { _handle: { fd: number } })._handle.fd);
  await new Promise(resolve => server.close(resolve));
}

it('takes the sockets that are named webhook and metrics', () =>
  withSocket(fd => expect(taken([fd, fd], 'metrics:webhook')).toEqual({ webhook: { fd: 4 }, metrics: { fd: 3 } })));

it.each([
  ['without names', undefined],
  ['named unknown', 'unknown'],
  ['with the name of its unit', 'kapso-whatsapp-poller.socket'],
])('takes a single socket %s for the webhook', (_, names) =>
  withSocket(fd => expect(taken([fd], names)).toEqual({ webhook: { fd: 3 } })),
);

it('refuses a name that it does not know, and says where to set it right', () =>
  withSocket(fd => {
    expect(taken([fd], 'page')).toContain(
      'the socket at descriptor 3 the name "page"; set FileDescriptorName= in its .socket unit to webhook or metrics',
    );
  }));

it('refuses one among several that has no name, and two of the same name', () =>
  withSocket(fd => {
    expect(taken([fd, fd], ':webhook')).toContain('gives the socket at descriptor 3 no name');
    expect(taken([fd, fd], 'webhook:webhook')).toContain('has two sockets named webhook; one can be served');
  }));

it('refuses a descriptor that is a file, or not open', () => {
  const file = openSync('/dev/null', 'r');
  expect(taken([file], 'webhook')).toContain('promises the socket webhook at descriptor 3, which is not a socket');
  closeSync(file);
  const env = { LISTEN_FDS: '900', LISTEN_PID: '1', LISTEN_FDNAMES: Array(900).fill('webhook').join(':') };
  expect(() => takeSockets(env, 1)).toThrow(ConfigError);
});

it('names both processes where a wrapper did not exec, and what to do', () => {
  const { notTaken } = takeSockets({ LISTEN_FDS: '1', LISTEN_PID: '77' }, 78);
  expect(notTaken).toMatch(/process 77 \(LISTEN_PID\).*this is process 78.*exec kapso-whatsapp-poller/);
  const start = {
    mode: 'domain' as const,
    once: false,
    idleExit: true,
    metrics: { enable: false },
    sockets: { notTaken: notTaken ?? '' },
  };
  expect(() => checkActivation(start)).toThrow(/needs a webhook socket from systemd.*process 77.*process 78/);
});

it('refuses a socket for metrics that are off, or that nobody would serve', () => {
  const start = { mode: 'polling' as const, idleExit: false, sockets: { metrics: { fd: 3 } } };
  expect(() => checkActivation({ ...start, once: false, metrics: { enable: true } })).not.toThrow();
  expect(() => checkActivation({ ...start, once: false, metrics: { enable: false } })).toThrow(
    /metrics\.enable: is false, but systemd hands over a metrics socket/,
  );
  expect(() => checkActivation({ ...start, once: true, metrics: { enable: true } })).toThrow(/--once/);
});

it('refuses a count that is none', () => {
  expect(() => takeSockets({ LISTEN_FDS: 'many', LISTEN_PID: '1' }, 1)).toThrow('LISTEN_FDS: is "many", not a number');
});

it('takes nothing that was meant for another process, or when nothing was handed over', () => {
  const env: NodeJS.ProcessEnv = { LISTEN_FDS: '1', LISTEN_PID: '77', LISTEN_FDNAMES: 'webhook', PATH: '/bin' };
  expect(takeSockets(env, 78).webhook).toBeUndefined();
  expect(env).toEqual({ PATH: '/bin' });
  expect(takeSockets({}, 78)).toEqual({});
});
