/** The other host of two-hosts.sh: an HTTP server that answers "there". */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { setImmediate, setTimeout as wait } from 'node:timers/promises';

const ip = (...args: string[]) => execFileSync('ip', args);
const addAddresses = () => {
  for (const address of ['192.0.2.2/24', '192.0.2.3/24']) ip('address', 'add', address, 'dev', 'v1');
};

while (!existsSync('/proc/sys/net/ipv4/conf/v1')) await setImmediate();
createServer((_, response) => response.end('there')).listen(80, '0.0.0.0');
if (process.argv[2] === 'slow') {
  writeDisableIpv6();
  ip('link', 'set', 'v1', 'up');
  // A line with a long round trip: the host that the client asks for does not exist yet, nor does the next one. The
  // client asks again after a second and is then answered.
  while (received() === 0) await setImmediate();
  await wait(600);
  addAddresses();
} else {
  addAddresses();
  ip('link', 'set', 'v1', 'up');
}

function writeDisableIpv6(): void {
  execFileSync('sh', ['-c', 'echo 1 >/proc/sys/net/ipv6/conf/v1/disable_ipv6']);
}

/** The number of packets that came over the wire. */
function received(): number {
  const line = readFileSync('/proc/net/dev', 'utf8')
    .split('\n')
    .find(text => text.trimStart().startsWith('v1:'));
  return Number(line?.split(':')[1]?.trim().split(/\s+/)[1] ?? 0);
}
