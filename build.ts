/**
 * Bundles each program into one file under dist/. What only some commands need goes into files beside it. The manual pages
 * and the shell completion, made from the command line and the schema, go into folders there.
 *
 * `node build.ts` builds. With `--if-stale` it does what `buildIfStale` says. The build needs the
 * dependencies of package.json and an esbuild program: that of the development dependencies, or the one that `ESBUILD`
 * names. It runs esbuild's command line: esbuild's JavaScript interface serves one version only, and other builders
 * bring another.
 */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { completionScripts } from './schema/completion.ts';
import { manualPages } from './schema/manual.ts';
import { readSchema } from './schema/schema.ts';
import { codeFile } from './src/code-cache/loader.ts';
import { oldestNodes, pollerEnvironment, pollerNodeOptions } from './src/node-options.ts';

const root = import.meta.dirname;
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

/**
 * The two programs are CommonJS. Importing `node:http` into an ES module costs 100 ms and 14 MB on a small machine,
 * because Node then evaluates its lazy exports (fetch, WebSocket). `require` does not.
 */
const programs = { 'kapso-whatsapp-poller': 'src/poller.ts', 'kapso-whatsapp-cli': 'src/code-cache/start.ts' };
/** Modules that the poller's dependencies load at every start without a use for them here, and what is in their place. */
const replaced = {
  'sonic-boom': './src/replaced/pino-writer.cjs',
  'thread-stream': './src/replaced/pino-writer.cjs',
  zlib: './src/replaced/zlib.cjs',
};
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
  backup: { specifier: '#backup', source: "export * from './src/backup/backup.ts'" },
  doctor: { specifier: '#doctor', source: "export * from './src/doctor/doctor.ts'" },
  metrics: { specifier: '#metrics', source: "export { createMetrics } from './src/metrics/metrics.ts'" },
  move: { specifier: '#move', source: "export * from './src/store/move/part.ts'" },
  postgres: { specifier: '#postgres', source: "export * from './src/store/postgres/postgres.ts'" },
  ui: { specifier: '#ui', source: "export { createUi } from './src/ui/ui.ts'" },
  markdown: { specifier: '#markdown', source: "export * from './src/domain/whatsapp-text/to-whatsapp-text.ts'" },
  attached: { specifier: '#attached', source: "export * from './src/media/attached-files.ts'" },
  forms: { specifier: '#forms', source: "export * from './src/cli/send-forms.ts'" },
  setup: { specifier: '#setup', source: "export * from './src/setup/setup.ts'" },
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
const tools = { simulator: 'src/simulator/main.ts', demo: 'src/demo/demo.ts' };
/** The pages: what a browser runs, and what is served as it is. */
const page = {
  scripts: {
    demo: 'src/page/browser/demo.ts',
    poller: 'src/page/browser/poller.ts',
    theme: 'src/page/browser/theme.ts',
  },
  styles: ['src/page/browser/page.css'],
  /** A comment with the name of a file beside it stands for that file. */
  pages: ['src/page/browser/demo.html', 'src/page/browser/poller.html'],
  files: ['src/page/browser/icon.svg', 'src/demo/voice-message.ogg'],
};
/** Folders of dist/ for what packages install beside the programs. */
const texts = { man: 'man', completions: 'completions' };
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
  removeOthers(join(root, 'dist'), [...outputs, 'on-demand', 'page', 'packages', ...Object.values(texts)]);
  removeOthers(parts, ['cli.cjs', ...Object.keys(onDemand).map(name => `${name}.cjs`)]);
  for (const [name, entry] of Object.entries(programs)) {
    esbuild([
      entry,
      `--outfile=dist/${name}.cjs`,
      '--format=cjs',
      `--banner:js=${launcher(name)}\n${versionCheck}`,
      ...Object.entries(replaced).map(([module, file]) => `--alias:${module}=${file}`),
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
  try {
    compileCommandLine(parts, process.execPath);
  } catch {
    // A builder without a loopback device.
    console.error('The command line was not compiled ahead: it works, and starts more slowly.');
  }
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
  buildPages();
  for (const name of outputs) chmodSync(join(root, 'dist', name), 0o755);
  writeTexts(texts.man, manualPages(readSchema(), { version, date: editionDate() }));
  writeTexts(texts.completions, completionScripts());
}

/** The date in the manual pages: that of the source where a builder gives it, so that two builds are equal; else today. */
function editionDate(): string {
  const { SOURCE_DATE_EPOCH: seconds } = process.env;
  return new Date(seconds ? Number(seconds) * 1000 : Date.now()).toISOString().slice(0, 10);
}

function writeTexts(folder: string, files: ReadonlyMap<string, string>): void {
  const dir = join(root, 'dist', folder);
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  for (const [name, text] of files) writeFileSync(join(dir, name), text);
}

/** Writes what browsers get: scripts and styles in one file each, the rest as it is. */
function buildPages(): void {
  const dir = join(root, 'dist/page');
  const files = [...page.styles, ...page.pages, ...page.files].map(path => basename(path));
  removeOthers(dir, [...Object.keys(page.scripts).map(name => `${name}.js`), ...files]);
  const forBrowsers = ['--platform=browser', '--target=chrome123,firefox128,safari17.5', '--minify'];
  for (const [name, entry] of Object.entries(page.scripts)) {
    esbuild([entry, `--outfile=dist/page/${name}.js`, '--format=iife', ...forBrowsers]);
  }
  for (const path of page.styles) esbuild([path, `--outfile=dist/page/${basename(path)}`, ...forBrowsers]);
  for (const path of page.pages) {
    const html = readFileSync(join(root, path), 'utf8').replace(/<!-- (\S+) -->/g, (_, part: string) =>
      readFileSync(join(root, dirname(path), part), 'utf8').trim(),
    );
    writeFileSync(join(dir, basename(path)), html);
  }
  for (const path of page.files) copyFileSync(join(root, path), join(dir, basename(path)));
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

/**
 * Compiles the command line in a directory for a Node.js, which must run here. V8 writes names of files and the order of
 * its hash tables into the code: with a name that is no path and a seed, two builds are equal.
 */
export function compileCommandLine(dir: string, node: string): void {
  execFileSync(node, ['--random-seed=1', join(root, 'src/code-cache/make.ts'), '.'], {
    cwd: dir,
    env: { TMPDIR: tmpdir() },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
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
  execFileSync(program, [...common, ...options], { cwd: root, input: source, stdio: ['pipe', 'inherit', 'inherit'] });
}

/**
 * Builds where a source is newer than what was built. Otherwise it only compiles the command line for this Node.js, where that
 * was not done: what was built may be in use.
 */
export function buildIfStale(): void {
  const parts = join(root, 'dist/on-demand');
  if (isStale()) build();
  else if (!existsSync(codeFile(join(parts, 'cli.cjs')))) compileCommandLine(parts, process.execPath);
}

/** When something below a directory was changed, added or removed last. */
function newestSource(dir: string): number {
  let newest = statSync(dir).mtimeMs;
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    newest = Math.max(newest, entry.isDirectory() ? newestSource(path) : statSync(path).mtimeMs);
  }
  return newest;
}

function isStale(): boolean {
  const sources = Math.max(
    ...['src', 'schema'].map(dir => newestSource(join(root, dir))),
    ...['build.ts', 'package.json', 'package-lock.json'].map(file => statSync(join(root, file)).mtimeMs),
  );
  try {
    // The build writes the folder of the completion last.
    return [...outputs, texts.completions].some(name => statSync(join(root, 'dist', name)).mtimeMs < sources);
  } catch {
    return true;
  }
}

if (import.meta.main) {
  if (process.argv.includes('--if-stale')) buildIfStale();
  else build();
}
