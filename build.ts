/**
 * Bundles each program into one file under dist/. What only some commands need goes into files beside it.
 *
 * `node build.ts` builds. `--if-stale` does nothing when every bundle is newer than every source. The build needs the
 * dependencies of package.json and an esbuild program: that of the development dependencies, or the one that `ESBUILD`
 * names. It runs esbuild's command line: esbuild's JavaScript interface serves one version only, and other builders
 * bring another.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { oldestNodes, pollerEnvironment, pollerNodeOptions } from './src/node-options.ts';

const root = import.meta.dirname;
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

/**
 * The two programs are CommonJS. Importing `node:http` into an ES module costs 100 ms and 14 MB on a small machine,
 * because Node then evaluates its lazy exports (fetch, WebSocket). `require` does not.
 */
const programs = { 'kapso-whatsapp-poller': 'src/poller.ts', 'kapso-whatsapp-cli': 'src/code-cache/start.ts' };
/**
 * What only some commands need. Each part is a file of its own that is loaded when it is used; within a program it
 * would be compiled at every start. `yaml` comes from the modules of its browser build, so that the bundle has only the
 * used ones.
 */
const onDemand = {
  commands: { specifier: '#commands', source: "export * from './src/cli/program.ts'" },
  yaml: {
    specifier: 'yaml',
    source:
      'export { isMap, isNode, isPair, isScalar, isSeq, LineCounter, parseDocument } ' +
      "from './node_modules/yaml/browser/dist/index.js'",
  },
  doctor: { specifier: '#doctor', source: "export * from './src/doctor/doctor.ts'" },
  markdown: { specifier: '#markdown', source: "export * from './src/domain/whatsapp-text/to-whatsapp-text.ts'" },
  attached: { specifier: '#attached', source: "export * from './src/media/attached-files.ts'" },
  forms: { specifier: '#forms', source: "export * from './src/cli/send-forms.ts'" },
  media: { specifier: '#media', source: "export * from './src/media/received.ts'" },
  undici: { specifier: 'undici', source: "module.exports = require('undici')" },
};
const fits = oldestNodes
  .map(oldest => oldest.split('.'))
  .map(([major, minor]) => `kapsoMajor === ${major} && kapsoMinor >= ${minor}`)
  .concat(`kapsoMajor > ${parseInt(oldestNodes.at(-1) ?? '', 10)}`);
const wantedNode = oldestNodes.map((oldest, at) =>
  at === oldestNodes.length - 1 ? `${oldest} or newer` : `${oldest} or a later ${parseInt(oldest, 10)}`,
);
/** Without this check, an older Node.js prints a stack trace about a module that it does not have. */
const versionCheck =
  "const [kapsoMajor, kapsoMinor] = process.versions.node.split('.').map(Number); " +
  `if (!(${fits.join(' || ')})) { ` +
  `console.error('kapso-whatsapp needs Node.js ${wantedNode.join(', or ')}; this is ' + process.versions.node); ` +
  'process.exit(78); }';
const tools = { simulator: 'src/simulator/main.ts', demo: 'src/simulator/demo.ts' };
const outputs = [...Object.keys(programs).map(name => `${name}.cjs`), ...Object.keys(tools).map(name => `${name}.js`)];

/**
 * The beginning of a program's file, which is a shell script and JavaScript at once. A shell takes the second line as a
 * command that does nothing, and goes on to src/launcher.sh. JavaScript takes that line as a string, and the script as
 * a comment. So the programs can be executed directly, on the Node.js that the script finds, or given to Node.js.
 */
function launcher(program: string): string {
  const isPoller = program === 'kapso-whatsapp-poller';
  const environment = Object.entries(isPoller ? pollerEnvironment : {}).map(
    ([name, value]) => `export ${name}="\${${name}:-${value}}"\n`,
  );
  const script = readFileSync(join(root, 'src/launcher.sh'), 'utf8');
  if (script.includes('*/')) throw new Error('src/launcher.sh has the end of a JavaScript comment in it');
  return `#!/bin/sh
':' /*
kapso_program=${program}
kapso_needed='${oldestNodes.join(' ')}'
kapso_wanted='${wantedNode.join(', or ')}'
kapso_options='${isPoller ? pollerNodeOptions.join(' ') : ''}'
${environment.join('')}${script}*/`;
}

/** Writes dist/. Throws when esbuild is not found or refuses a source. esbuild says on standard error what is wrong. */
export function build(): void {
  const parts = join(root, 'dist/on-demand');
  // Compiled code goes too: V8 recognises the code of another source only by its length.
  removeOthers(join(root, 'dist'), [...outputs, 'on-demand']);
  removeOthers(parts, ['cli.cjs', ...Object.keys(onDemand).map(name => `${name}.cjs`)]);
  for (const [name, entry] of Object.entries(programs)) {
    esbuild([
      entry,
      `--outfile=dist/${name}.cjs`,
      '--format=cjs',
      `--banner:js=${launcher(name)}\n${versionCheck}`,
      ...separate('./on-demand/'),
    ]);
  }
  // Minified: half of what the command line takes over Node itself is reading its own code. The poller's stacks stay readable.
  esbuild([
    'src/cli.ts',
    '--outfile=dist/on-demand/cli.cjs',
    '--format=cjs',
    '--minify-identifiers',
    ...separate('./'),
  ]);
  for (const [name, { specifier, source }] of Object.entries(onDemand)) {
    const options = [
      `--outfile=dist/on-demand/${name}.cjs`,
      '--format=cjs',
      ...(name === 'yaml' ? ['--minify-identifiers'] : []),
      ...separate('./', specifier),
      // yargs asks for the path of its module.
      '--define:import.meta.url=importMetaUrl',
      "--banner:js=const importMetaUrl = require('node:url').pathToFileURL(__filename).href;",
    ];
    esbuild(options, source);
  }
  for (const name of ['kapso-whatsapp-poller.cjs', 'on-demand/cli.cjs', 'on-demand/commands.cjs']) {
    refuseWideText(join(root, 'dist', name));
  }
  compileCommandLine(parts);
  for (const [name, entry] of Object.entries(tools)) {
    esbuild([
      entry,
      `--outfile=dist/${name}.js`,
      '--format=esm',
      // In an ES module bundle, CommonJS dependencies call require() for Node's own modules.
      `--banner:js=${launcher(name)}\n` +
        "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    ]);
  }
  for (const name of outputs) chmodSync(join(root, 'dist', name), 0o755);
}

/**
 * Throws when a file has a character outside ASCII, which a regular expression or a raw string has brought there. V8 then
 * keeps the whole source with two bytes for each character, which is 0.8 MB of the poller's memory.
 */
function refuseWideText(file: string): void {
  const found = /.{0,40}[^\0-\x7f].{0,20}/.exec(readFileSync(file, 'utf8'));
  if (found) throw new Error(`${file} is not ASCII; write the character as \\u in the source: ${found[0]}`);
}

/** Removes what an older version built, so that it is not packed. */
function removeOthers(dir: string, names: readonly string[]): void {
  for (const name of existsSync(dir) ? readdirSync(dir) : []) {
    if (!names.includes(name)) rmSync(join(dir, name), { recursive: true });
  }
}

/** Compiles the command line. Where that fails (a builder without a loopback device), it compiles its source at every start. */
function compileCommandLine(parts: string): void {
  try {
    execFileSync(process.execPath, [join(root, 'src/code-cache/make.ts'), parts], {
      env: { TMPDIR: tmpdir() },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  } catch {
    console.error('The command line was not compiled ahead: it works, and starts more slowly.');
  }
}

/** Keeps the on-demand parts out of a bundle, except `own`, which is being bundled. They stay in their directory. */
function separate(dir: string, own?: string): string[] {
  const others = Object.entries(onDemand).filter(([, { specifier }]) => specifier !== own);
  return [
    ...others.flatMap(([file, { specifier }]) => [
      `--alias:${specifier}=${dir}${file}.cjs`,
      `--external:${dir}${file}.cjs`,
    ]),
    // import() of those parts becomes require(): import() would see no named exports in a bundle.
    '--supported:dynamic-import=false',
  ];
}

/** Runs esbuild with the options that all bundles share. It bundles `source` where no file is named. */
function esbuild(options: readonly string[], source = ''): void {
  const common = [
    '--bundle',
    '--platform=node',
    '--target=node24',
    '--minify-syntax',
    '--minify-whitespace',
    '--legal-comments=none',
    '--log-level=warning',
    `--define:__VERSION__=${JSON.stringify(version)}`,
    // sd-notify is native and optional. It is loaded at run time where it was built; elsewhere the fallback serves.
    '--external:sd-notify',
  ];
  const program = process.env.ESBUILD || join(root, 'node_modules/.bin/esbuild');
  if (!existsSync(program)) {
    throw new Error(`there is no esbuild at ${program}: run npm ci, or set ESBUILD to the path of an esbuild program`);
  }
  execFileSync(program, [...options, ...common], { cwd: root, input: source, stdio: ['pipe', 'inherit', 'inherit'] });
}

function newestSource(dir: string): number {
  let newest = 0;
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    newest = Math.max(newest, entry.isDirectory() ? newestSource(path) : statSync(path).mtimeMs);
  }
  return newest;
}

function isStale(): boolean {
  const sources = Math.max(
    ...['src', 'schema'].map(dir => newestSource(join(root, dir))),
    statSync(join(root, 'build.ts')).mtimeMs,
  );
  try {
    return outputs.some(name => statSync(join(root, 'dist', name)).mtimeMs < sources);
  } catch {
    return true;
  }
}

if (import.meta.main && !(process.argv.includes('--if-stale') && !isStale())) build();
