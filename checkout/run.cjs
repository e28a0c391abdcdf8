/**
 * `node checkout/run.cjs PROGRAM [ARGUMENT…]` runs a file of this checkout, or a program of its node_modules, on a
 * Node.js that `npm ci` brought. That is 26, or 24 where 26 does not run: it needs a libatomic.so.1, which not every
 * system has. `CHECKOUT_NODE=24` asks for 24. The program's children find the same Node.js first on their PATH. Where
 * npm has none for this machine, this process's own Node.js serves if it is new enough. Otherwise this ends with 78.
 *
 * It is plain JavaScript for every Node.js that has a package manager, since it runs before a newer one is found.
 * `node_modules/.bin/node` cannot replace it: of npm's versions, only 11 links that.
 */
const { spawn, spawnSync } = require('node:child_process');
const { existsSync } = require('node:fs');
const { constants } = require('node:os');
const { delimiter, dirname, join } = require('node:path');

const root = dirname(__dirname);
const platform = `${process.platform}-${process.arch}`;

/** Returns the path of a release line's Node.js, wherever npm has put its package. Null where there is none that runs. */
function broughtNode(line) {
  try {
    const paths = [join(__dirname, `node-${line}`)];
    const node = join(dirname(require.resolve(`node-${platform}/package.json`, { paths })), 'bin/node');
    const { stdout } = spawnSync(node, ['--version'], { encoding: 'utf8' });
    return stdout?.startsWith(`v${line}.`) ? node : null;
  } catch {
    return null;
  }
}

/** Throws a sentence for the user when package.json does not allow this process's Node.js. */
function ownNode() {
  const [ownMajor, ownMinor] = process.versions.node.split('.').map(Number);
  // `>=24.16 <25 || >=26.1`
  const lines = require('../package.json')
    .engines.node.split('||')
    .map(line => line.match(/\d+/g).map(Number));
  for (const [major, minor, below = Number.POSITIVE_INFINITY] of lines) {
    if (ownMajor < below && (ownMajor > major || (ownMajor === major && ownMinor >= minor))) return process.execPath;
  }
  const wanted = lines.map(
    ([major, minor, below]) => `${major}.${minor} ${below ? `or a later ${major}` : 'or newer'}`,
  );
  throw new Error(
    `kapso-whatsapp needs Node.js ${wanted.join(', or ')}; this is ${process.versions.node}, ` +
      `and npm ci has brought none that runs on ${platform} ` +
      '(it does for Linux with glibc, x64 and arm64, unless optional packages are left out).',
  );
}

/** Resolves to the exit code of the program, or to the signal that ended it. */
function run(node, [program, ...args]) {
  const linked = join(root, 'node_modules/.bin', program);
  const child = spawn(node, [existsSync(linked) ? linked : program, ...args], {
    stdio: 'inherit',
    env: { ...process.env, PATH: [dirname(node), process.env.PATH].join(delimiter) },
  });
  // A terminal sends these to the program as well, which may have work to do before it ends.
  for (const signal of ['SIGINT', 'SIGHUP']) process.on(signal, () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(signal === null ? code : 128 + constants.signals[signal]));
  });
}

const [program, ...args] = process.argv.slice(2);
if (program === undefined) {
  console.error('usage: node checkout/run.cjs PROGRAM [ARGUMENT…]');
  process.exit(64);
}
const asked = process.env.CHECKOUT_NODE;
let node;
try {
  node = asked ? broughtNode(asked) : (broughtNode('26') ?? broughtNode('24'));
  if (asked && !node)
    throw new Error(`CHECKOUT_NODE=${asked}: npm ci has brought no such Node.js that runs here; there are 26 and 24.`);
  node ??= ownNode();
} catch (error) {
  console.error(error.message);
  process.exit(78);
}
run(node, [program, ...args]).then(code => process.exit(code));
