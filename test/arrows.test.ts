import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

/** What every room may use. It uses nothing but itself. */
const foundation = [
  'child-environment.ts',
  'clock.ts',
  'coalesce.ts',
  'counted.ts',
  'error-codes.ts',
  'errors.ts',
  'exit-codes.ts',
  'loopback.ts',
  'mask.ts',
  'memory.ts',
  'narrow.ts',
  'node-options.ts',
  'part.ts',
  'printable.ts',
  'slots.ts',
  'span.ts',
  'text-file.ts',
  'tied-process.ts',
  'trim-end.ts',
  'version.ts',
  'waits.ts',
  'working-directory.ts',
];

/**
 * The layout of src: from which rooms a room may import, types too, in addition to the foundation and itself. A room is
 * a folder or a file of the root. The files directly in `intake` are another room than those in `intake/polling`.
 */
const arrows: Readonly<Record<string, readonly string[]>> = {
  // The programs.
  'poller.ts': [
    'app.ts',
    'app-options.ts',
    'config',
    'live',
    'observe',
    'poller-options.ts',
    'reload.ts',
    'state',
    'systemd',
  ],
  'poller-options.ts': ['observe'],
  'reload.ts': ['config', 'observe'],
  'cli.ts': ['cli', 'config'],
  'app.ts': [
    ...[
      'instances',
      'alerts',
      'app-accounts.ts',
      'app-database.ts',
      'app-metrics.ts',
      'app-options.ts',
      'app-ui.ts',
      'app-status.ts',
      'agents',
      'agents/openclaw',
      'commands',
      'config',
      'delivery',
      'kapso/http',
      'live',
      'observe',
      'poll-once.ts',
    ],
    ...['state', 'store', 'when-there.ts'],
  ],
  'app-database.ts': ['observe', 'state', 'store', 'when-there.ts'],
  'when-there.ts': ['observe'],
  'app-accounts.ts': [
    ...['access', 'account.ts', 'account-options.ts', 'config', 'domain', 'intake/webhook', 'media', 'observe'],
  ],
  'app-metrics.ts': ['config', 'metrics'],
  'app-options.ts': ['app-status.ts', 'config', 'live', 'observe', 'state'],
  'app-ui.ts': ['config', 'ui'],
  // What there is to see of the running poller, and the socket on which it is served.
  live: ['agents', 'listener', 'observe', 'problems', 'state', 'store', 'views'],
  'app-status.ts': ['config', 'observe', 'state', 'store'],
  'poll-once.ts': ['account.ts', 'agents', 'observe'],
  'account.ts': [
    ...['access', 'account-access.ts', 'account-media.ts', 'account-options.ts', 'account-outgoing.ts'],
    ...['account-workers.ts', 'commands'],
    ...['delivery', 'domain', 'intake', 'intake/registration', 'kapso', 'observe', 'store', 'when-there.ts'],
  ],
  'account-access.ts': ['access', 'account-options.ts', 'commands', 'delivery', 'domain'],
  'account-workers.ts': [
    ...['access', 'account-options.ts', 'config', 'delivery', 'delivery/own-sends', 'domain', 'instances', 'kapso'],
    'store',
  ],
  'account-media.ts': ['account-options.ts', 'delivery', 'kapso', 'media', 'state'],
  'account-outgoing.ts': ['account-options.ts', 'delivery', 'domain', 'media', 'state'],
  'account-options.ts': [
    ...['agents', 'config', 'instances', 'intake/webhook', 'kapso/http', 'media', 'observe', 'store', 'when-there.ts'],
  ],
  cli: [
    ...[
      'access',
      'agents/openclaw',
      'backup',
      'config',
      'doctor',
      'domain',
      'domain/outgoing',
      'domain/whatsapp-text',
      'intake',
      'intake/registration',
      'kapso',
      'kapso/http',
      'live',
      'media',
    ],
    ...[
      'media',
      'media/transcription',
      'observe',
      'problems',
      'setup',
      'state',
      'store',
      'store/move',
      'systemd',
      'views',
    ],
  ],
  // What makes and changes a configuration.
  setup: ['config', 'kapso', 'kapso/http', 'observe', 'state'],
  // Who may write.
  access: ['config', 'domain', 'observe', 'store'],
  // What an operator says by WhatsApp.
  commands: ['agents', 'domain', 'observe', 'problems', 'store'],
  // The way of a message.
  intake: [
    ...[
      'config',
      'domain',
      'instances',
      'intake/polling',
      'intake/statuses',
      'intake/webhook',
      'kapso',
      'kapso/inbound',
      'observe',
      'state',
      'store',
    ],
  ],
  'intake/webhook': [
    ...['config', 'domain', 'intake', 'intake/registration', 'intake/statuses', 'intake/tunnel', 'kapso/http'],
    ...['kapso/inbound', 'listener', 'observe', 'state', 'store'],
  ],
  'intake/registration': ['config', 'instances', 'intake/polling', 'kapso', 'kapso/http', 'observe', 'state', 'store'],
  'intake/polling': ['instances', 'intake', 'kapso', 'kapso/http', 'kapso/inbound', 'observe', 'state', 'store'],
  'intake/statuses': ['domain', 'intake', 'kapso', 'kapso/http', 'kapso/inbound', 'observe', 'store'],
  'intake/tunnel': ['config', 'observe'],
  delivery: [
    'access',
    'agents',
    'delivery/own-sends',
    'domain',
    'domain/outgoing',
    'domain/whatsapp-text',
    'instances',
    'kapso/outbound',
    'observe',
    'store',
  ],
  'delivery/own-sends': ['agents', 'domain', 'kapso/outbound', 'state'],
  // What the way of a message is built on.
  'agents/openclaw': ['agents', 'domain', 'observe', 'state'],
  agents: ['domain'],
  kapso: ['domain', 'kapso/http', 'kapso/inbound', 'kapso/outbound', 'observe'],
  'kapso/outbound': ['domain', 'kapso/http', 'observe'],
  'kapso/inbound': ['domain'],
  'kapso/http': ['config'],
  media: ['config', 'domain', 'kapso/http', 'media/transcription', 'state'],
  'media/transcription': ['config', 'kapso/http', 'media', 'state'],
  // What this process has of what several share.
  instances: ['observe', 'store'],
  // The rules, in steps that any database can answer, and the databases.
  'store/sql': ['domain', 'state', 'store'],
  'store/postgres': ['config', 'state', 'store', 'store/sql'],
  'store/sqlite': ['state', 'store', 'store/sql'],
  'store/move': ['state', 'store', 'store/postgres', 'store/sqlite'],
  store: ['domain', 'state', 'store/postgres', 'store/sql', 'store/sqlite'],
  domain: [],
  'domain/outgoing': ['domain'],
  'domain/whatsapp-text': [],
  // What accompanies it.
  problems: ['observe'],
  alerts: ['config', 'domain', 'instances', 'observe', 'problems', 'state', 'store'],
  doctor: [
    ...['access', 'agents', 'agents/openclaw', 'config', 'intake/registration', 'intake/tunnel', 'kapso', 'kapso/http'],
    'intake/webhook',
    'listener',
    'live',
    ...['observe', 'state', 'store', 'store/sqlite'],
  ],
  metrics: ['config', 'kapso/http', 'listener', 'observe', 'problems', 'state', 'store'],
  backup: ['observe', 'state', 'store'],
  systemd: ['config', 'observe'],
  listener: ['config'],
  config: ['state'],
  state: ['observe'],
  // What is shown of messages and of the poller.
  views: ['domain', 'observe', 'problems', 'store'],
  observe: [],
  'code-cache': [],
  simulator: [],
  // Everything tried without an account: it starts the programs and the simulators, and looks at them from outside.
  demo: ['config', 'observe', 'page', 'state', 'store'],
  // The page of the running poller.
  ui: ['config', 'listener', 'live', 'observe', 'page', 'problems', 'store', 'views'],
  // A page for a browser, and the server of it.
  page: ['config', 'listener'],
  'page/browser': ['page'],
};

const src = resolve(import.meta.dirname, '../src');
const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(path => path.endsWith('.ts'));
const folderOf = (file: string) => (dirname(file) === '.' ? file : dirname(file));
const roomOf = (file: string) => (foundation.includes(file) ? 'the foundation' : folderOf(file));

/** The files that package.json gives a name, because the build makes a part of its own of each. */
const partFiles = {
  '#attached': 'media/attached-files.ts',
  '#backup': 'backup/backup.ts',
  '#commands': 'cli/program.ts',
  '#media': 'media/received.ts',
  '#markdown': 'domain/whatsapp-text/to-whatsapp-text.ts',
  '#forms': 'cli/send-forms.ts',
  '#doctor': 'doctor/doctor.ts',
  '#setup': 'setup/setup.ts',
  '#metrics': 'metrics/metrics.ts',
  '#move': 'store/move/part.ts',
  '#postgres': 'store/postgres/postgres.ts',
  '#ui': 'ui/ui.ts',
} as const;

/** Returns everything that a file loads, by `import`, `export … from`, `import()` or `require()`, also only for its types. */
function importsOf(file: string): string[] {
  const named = readFileSync(join(src, file), 'utf8').matchAll(
    /\b(?:from|import|require)\b\s*\(?\s*(['"`])(#\w+|\.\.?\/[^'"`\s]+)\1/g,
  );
  const paths = [...named].map(([, , name = '']) =>
    name in partFiles ? partFiles[name as keyof typeof partFiles] : join(dirname(file), name),
  );
  return paths.filter(path => !relative(src, join(src, path)).startsWith('..'));
}

const imports = files.flatMap(from => importsOf(from).map(to => ({ from, to })));

/** Returns the first circle that is found, as the way along it. */
function circle(edges: readonly { from: string; to: string }[]): string[] {
  const next = Map.groupBy(edges, ({ from }) => from);
  const done = new Set<string>();
  const follow = (node: string, way: string[]): string[] => {
    if (way.includes(node)) return [...way.slice(way.indexOf(node)), node];
    if (done.has(node)) return [];
    const found = (next.get(node) ?? []).map(({ to }) => follow(to, [...way, node])).find(way => way.length > 0);
    done.add(node);
    return found ?? [];
  };
  return [...next.keys()].map(node => follow(node, [])).find(way => way.length > 0) ?? [];
}

test('every import goes along an arrow of the layout', () => {
  const against = imports.filter(({ from, to }) => {
    const [room, other] = [roomOf(from), roomOf(to)];
    return room !== other && other !== 'the foundation' && !arrows[room]?.includes(other);
  });
  expect(against).toEqual([]);
});

test('every file is found, and stands in a room of the layout', () => {
  const known = new Set(files);
  // A declaration represents the JavaScript beside it.
  expect(imports.map(({ to }) => to.replace(/\.js$/, '.d.ts')).filter(to => !known.has(to))).toEqual([]);
  expect([...new Set(files.map(roomOf))].sort()).toEqual([...Object.keys(arrows), 'the foundation'].sort());
});

test('no file leads back to itself', () => {
  expect(circle(imports)).toEqual([]);
});

test('no folder leads back to itself; a file that stands beside folders counts by itself', () => {
  const holdsFolders = new Set(files.map(folderOf).map(dirname));
  const node = (file: string) => (holdsFolders.has(dirname(file)) ? file : dirname(file));
  const edges = imports
    .map(({ from, to }) => ({ from: node(from), to: node(to) }))
    .filter(({ from, to }) => from !== to);
  expect(circle(edges)).toEqual([]);
});
