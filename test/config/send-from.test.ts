import { join } from 'node:path';
import { expect, test } from 'vitest';
import { account, createHome } from './fixture.ts';

test('the directories from which an agent may send are none, or absolute, or below the home directory', async () => {
  const home = createHome();
  const load = async (env: NodeJS.ProcessEnv) =>
    (await home.load({ env: { ...account, ...env } })).config.media.sendFrom;
  expect(await load({})).toEqual([]);
  expect(await load({ KAPSO_MEDIA_SEND_FROM: '/srv/files/../pictures, ~/for customers' })).toEqual([
    '/srv/pictures',
    join(home.path, 'for customers'),
  ]);
  expect(await load({ KAPSO_MEDIA_SEND_FROM: '~/a' })).toEqual([join(home.path, 'a')]);
});

test.each(['pictures', './pictures', '~other/pictures'])(
  'the directory %j is refused: it depends on who asks',
  async place => {
    const { problems } = await createHome().refusal({ env: { ...account, KAPSO_MEDIA_SEND_FROM: `/srv,${place}` } });
    expect(problems).toEqual([
      expect.objectContaining({
        key: 'media.sendFrom',
        message: expect.stringContaining('the absolute path of a directory, or one that begins with ~/'),
      }),
    ]);
  },
);
