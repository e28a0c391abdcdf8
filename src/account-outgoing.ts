/** The files that a number's agent attaches to its answers. What takes them is loaded with the first one. */
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { AccountOptions } from './account-options.ts';
import type { TakeMedia } from './delivery/take-media.ts';
import { readContent } from './domain/outgoing-body.ts';
import type { AttachedFiles } from './media/attached-files.ts';
import { stateFiles } from './state/files.ts';

export interface OutgoingFiles extends TakeMedia {
  /** Removes the copies whose time is over, except those of messages that are yet to be sent. Returns how many. */
  tidy(): Promise<number>;
}

/** Rows that are looked through for their files. What waits behind them is younger than any file that goes. */
const mostWaiting = 10_000;

export function createOutgoingFiles(options: AccountOptions): OutgoingFiles {
  const { config, settings, store, gateway } = options;
  const stateDir = config.state.dir;
  let loading: Promise<AttachedFiles> | null = null;
  const files = (): Promise<AttachedFiles> => {
    loading ??= import('#attached').then(({ createAttachedFiles }) =>
      createAttachedFiles({
        ...{ ...options, stateDir, share: options.shareOutgoing, shared: options.instances !== null },
        settings: () => ({ ...settings().media, ...settings().reply }),
      }),
    );
    return loading;
  };
  return {
    async take(id, file, { message, signal }) {
      const session = (await store.get(message))?.session;
      const workspace = session === undefined ? null : await gateway.workspaceOf(session);
      const taken = await (await files()).take(id, file, { workspace, signal });
      const { source } = taken;
      if (options.instances === null || !('file' in source)) return taken;
      return { ...taken, source: { ...source, file: { ...source.file, machine: hostname() } } };
    },

    isHere({ path }) {
      // Few pollers ever ask, and at the start it would be loaded for all.
      const { access, constants } = process.getBuiltinModule('node:fs/promises');
      return access(path, constants.R_OK).then(
        () => true,
        () => false,
      );
    },

    async tidy() {
      if (loading === null && !existsSync(join(stateDir, stateFiles.outgoing))) return 0;
      const waiting = await store.outbox.waiting(mostWaiting);
      const needed = waiting.flatMap(({ body }) => {
        const content = readContent(body);
        return content?.kind === 'media' && 'file' in content.source ? content.source.file.path : [];
      });
      return (await files()).tidy(new Set(needed));
    },
  };
}
