import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

/** What every room may use. It uses nothing but itself. */
const foundation = [
  'child-environment.ts',
  'clock.ts',
  'coalesce.ts',
  'error-codes.ts',
  'errors.ts',
  'exit-codes.ts',
  'loopback.ts',
  'narrow.ts',
  'node-options.ts',
  'part.ts',
  'printable.ts',
  'slots.ts',
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
  'poller.ts': ['app.ts', 'config', 'observe', 'poller-options.ts', 'reload.ts', 'state', 'systemd'],
  'poller-options.ts': ['observe'],
  'reload.ts': ['config', 'observe'],
  'cli.ts': ['cli', 'config'],
  'app.ts': [
    ...[
      'access',
      'account.ts',
      'app-status.ts',
      'agents',
      'agents/openclaw',
      'commands',
      'config',
      'delivery',
      'kapso/http',
      'observe',
      'poll-once.ts',
    ],
    ...['state', 'store'],
  ],
  'app-status.ts': ['config', 'observe', 'state', 'store'],
  'poll-once.ts': ['account.ts', 'agents', 'observe'],
  'account.ts': [
    ...['access', 'account-access.ts', 'account-media.ts', 'account-options.ts', 'account-outgoing.ts'],
    ...['account-workers.ts', 'commands'],
    ...['delivery', 'domain', 'intake', 'intake/registration', 'kapso'],
  ],
  'account-access.ts': ['access', 'account-options.ts', 'commands', 'delivery', 'domain'],
  'account-workers.ts': [
    ...['access', 'account-options.ts', 'delivery', 'delivery/own-sends', 'domain', 'kapso', 'store'],
  ],
  'account-media.ts': ['account-options.ts', 'delivery', 'kapso', 'media', 'state'],
  'account-outgoing.ts': ['account-options.ts', 'delivery', 'domain', 'media', 'state'],
  'account-options.ts': ['agents', 'config', 'kapso/http', 'observe', 'store'],
  cli: [
    ...[
      'access',
      'agents/openclaw',
      'config',
      'doctor',
      'domain',
      'domain/outgoing',
      'domain/whatsapp-text',
      'intake',
      'intake/registration',
      'kapso',
      'kapso/http',
      'media',
    ],
    ...['media', 'media/transcription', 'observe', 'state', 'store', 'systemd'],
  ],
  // Who may write.
  access: ['config', 'domain', 'observe', 'store'],
  // What an operator says by WhatsApp.
  commands: ['agents', 'domain', 'observe', 'store'],
  // The way of a message.
  intake: [
    ...[
      'config',
      'domain',
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
    ...['kapso/inbound', 'observe', 'state', 'store'],
  ],
  'intake/registration': ['config', 'intake/polling', 'kapso', 'kapso/http', 'observe', 'state'],
  'intake/polling': ['intake', 'kapso', 'kapso/http', 'kapso/inbound', 'observe', 'state', 'store'],
  'intake/statuses': ['domain', 'intake', 'kapso', 'kapso/http', 'kapso/inbound', 'observe', 'store'],
  'intake/tunnel': ['config', 'observe'],
  delivery: [
    'access',
    'agents',
    'delivery/own-sends',
    'domain',
    'domain/outgoing',
    'domain/whatsapp-text',
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
  'store/sqlite': ['domain', 'state', 'store'],
  store: ['domain', 'state', 'store/sqlite'],
  domain: [],
  'domain/outgoing': ['domain'],
  'domain/whatsapp-text': [],
  // What accompanies it.
  doctor: [
    ...['access', 'agents', 'agents/openclaw', 'config', 'intake/registration', 'intake/tunnel', 'kapso', 'kapso/http'],
    ...['observe', 'state', 'store', 'store/sqlite'],
  ],
  systemd: ['config', 'observe'],
  config: ['state'],
  state: ['observe'],
  observe: [],
  'code-cache': [],
  simulator: [],
};

const src = resolve(import.meta.dirname, '../src');
const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(path => path.endsWith('.ts'));
const folderOf = (file: string) => (dirname(file) === '.' ? file : dirname(file));
const roomOf = (file: string) => (foundation.includes(file) ? 'the foundation' : folderOf(file));

/** The files that package.json gives a name, because the build makes a part of its own of each. */
const partFiles = {
  '#attached': 'media/attached-files.ts',
  '#commands': 'cli/program.ts',
  '#media': 'media/received.ts',
  '#markdown': 'domain/whatsapp-text/to-whatsapp-text.ts',
  '#forms': 'cli/send-forms.ts',
  '#doctor': 'doctor/doctor.ts',
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
