/** The media of a number's messages. What obtains them is loaded with the first one. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { AccountOptions } from './account-options.ts';
import type { RunMedia } from './delivery/attach.ts';
import type { KapsoClient } from './kapso/client.ts';
import type { ReceivedMedia } from './media/received.ts';
import { stateFiles } from './state/files.ts';

export interface AccountMedia extends RunMedia {
  /** Removes the files whose time is over, and what a killed process has left unfinished. Returns how many files. */
  tidy(): Promise<number>;
}

export function createAccountMedia(options: AccountOptions, kapso: Pick<KapsoClient, 'mediaInfo'>): AccountMedia {
  const { config, settings } = options;
  const stateDir = config.state.dir;
  let loading: Promise<ReceivedMedia> | null = null;
  const received = (): Promise<ReceivedMedia> => {
    loading ??= import('#media').then(({ createReceivedMedia }) =>
      createReceivedMedia({
        ...{ ...options, ...config.kapso, stateDir },
        mediaInfo: kapso.mediaInfo,
        share: options.shareReceived,
        shared: options.instances !== null,
      }),
    );
    return loading;
  };
  return {
    asFiles: () => settings().media.deliver === 'files',
    obtain: async (message, how) => (await received()).obtain(message, how),
    tidy: async () => {
      if (loading === null && !existsSync(join(stateDir, stateFiles.media))) return 0;
      return (await received()).tidy();
    },
  };
}
