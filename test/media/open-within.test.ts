import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isOurs } from '../../src/errors.ts';
import { openWithin } from '../../src/media/open-within.ts';

let dir = '';
let workspace = '';
beforeEach(() => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), 'kapso-open-')));
  workspace = join(dir, 'workspace');
  mkdirSync(join(workspace, 'deep'), { recursive: true });
  mkdirSync(join(workspace, 'state'));
  mkdirSync(join(dir, 'workspace-other'));
  for (const name of [
    'workspace/a.png',
    'workspace/deep/b.png',
    'workspace/state/db',
    'workspace-other/c.png',
    'passwd',
  ])
    writeFileSync(join(dir, name), name);
});
afterEach(() => rmSync(dir, { recursive: true }));

async function opened(path: string, within: readonly string[] | null = [workspace]): Promise<string> {
  try {
    const { handle, path: real, ...file } = await openWithin(path, { within, except: [join(workspace, 'state')] });
    const content = await handle.readFile('utf8');
    await handle.close();
    expect(real).toBe(join(dir, content));
    expect(file).toMatchObject({ size: content.length, inode: expect.stringMatching(/^\d+:\d+$/) });
    return `opened ${content}`;
  } catch (error) {
    if (!isOurs(error)) throw error;
    return `${error.code}: ${error.message}. ${error.hint}`;
  }
}

test('a file below an allowed directory is opened, by whatever way its path goes', async () => {
  expect(await opened(join(workspace, 'a.png'))).toBe('opened workspace/a.png');
  expect(await opened(join(workspace, 'deep/../deep//b.png'))).toBe('opened workspace/deep/b.png');
  symlinkSync(workspace, join(dir, 'way'));
  expect(await opened(join(dir, 'way/a.png'))).toBe('opened workspace/a.png');
  expect(await opened(join(workspace, 'a.png'), [join(dir, 'way')])).toBe('opened workspace/a.png');
  symlinkSync('deep/b.png', join(workspace, 'inside'));
  expect(await opened(join(workspace, 'inside'))).toBe('opened workspace/deep/b.png');
});

const outside = 'is outside the directories from which an agent may send. Allowed are files below';
test.each([
  ['by its path', '../passwd'],
  ['by steps up', 'deep/../../passwd'],
  ['in a directory whose name begins alike', '../workspace-other/c.png'],
  ['by a link', 'link.png'],
  ['by a linked directory', 'up/passwd'],
  ['that the kernel makes', '../../../../../../proc/self/status'],
  ['that is not there', '../none'],
  ['below what is not there', '../none/none'],
])('a file elsewhere is refused, %s', async (_, path) => {
  symlinkSync('../passwd', join(workspace, 'link.png'));
  symlinkSync('..', join(workspace, 'up'));
  expect(await opened(join(workspace, path))).toContain(outside);
  expect(await opened(`${workspace}/${path}`)).toContain(outside);
});

test('without an allowed directory nothing is opened, and with any place everything is', async () => {
  expect(await opened(join(workspace, 'a.png'), [])).toContain('No workspace of OpenClaw is found here');
  expect(await opened(join(dir, 'passwd'), null)).toBe('opened passwd');
});

test.each(['.env', '.git/config', 'deep/.cache/a.png'])(
  'the hidden file %s is refused, unless any place is allowed',
  async name => {
    const path = join(workspace, name);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, `workspace/${name}`);
    expect(await opened(path)).toContain('is hidden. An agent may send no file');
    expect(await opened(path, null)).toBe(`opened workspace/${name}`);
    expect(await opened(path, [join(path, '..')])).toBe(
      name === '.env' ? await opened(path) : `opened workspace/${name}`,
    );
  },
);

test("the program's own files are never opened, not by a link either, nor where any place is allowed", async () => {
  symlinkSync('state/db', join(workspace, 'db.png'));
  for (const within of [[workspace], null]) {
    for (const path of ['state/db', 'db.png', 'deep/../state/db']) {
      expect(await opened(join(workspace, path), within)).toContain("is one of this program's own files");
    }
  }
});

test('what is no regular file is refused, and does not hold the program up', async () => {
  execFileSync('mkfifo', [join(workspace, 'pipe')]);
  expect(await opened(join(workspace, 'pipe'))).toContain('is not a regular file');
  expect(await opened(join(workspace, 'deep'))).toContain('is not a regular file');
  expect(await opened('/dev/zero', null)).toContain('is not a regular file');
  expect(await opened(join(workspace, 'none\n.png'))).toContain('none\\u000a.png" is not there');
});

/** Exchanges a directory with a link to another one, again and again, until its input ends. */
const exchanging = `
  const { renameSync, symlinkSync } = require('node:fs');
  const [deep, old, link] = process.argv.slice(1);
  symlinkSync('../secret', link);
  let ended = false;
  process.stdin.on('end', () => { ended = true; }).resume();
  process.stdout.write('begun');
  (function exchange() {
    for (let turn = 0; turn < 50; turn += 1) {
      renameSync(deep, old); renameSync(link, deep);
      renameSync(deep, link); renameSync(old, deep);
    }
    if (!ended) setImmediate(exchange);
  })();
`;

test('a directory that is exchanged while the file is opened leads nowhere else', async () => {
  mkdirSync(join(dir, 'secret'));
  writeFileSync(join(dir, 'secret/b.png'), 'secret');
  const deep = join(workspace, 'deep');
  const args = ['-e', exchanging, deep, join(dir, 'old'), join(dir, 'link')];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  const outcomes = new Map<string, number>();
  for (let turn = 0; turn < 3000; turn += 1) {
    const outcome = await openWithin(join(deep, 'b.png'), { within: [workspace], except: [] }).then(
      async ({ handle }) => {
        const content = await handle.readFile('utf8');
        await handle.close();
        return content;
      },
      (error: unknown) => (isOurs(error) ? error.code : String(error)),
    );
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
  child.stdin.end();
  await once(child, 'exit');
  expect([...outcomes.keys()]).toContain('SEND_FILE_REFUSED');
  expect([...outcomes.keys()]).not.toContain('secret');
});
