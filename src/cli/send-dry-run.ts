import { filesOf, withIds } from '../domain/outgoing/files.ts';
import { type SendingAccount, sendRequest } from '../kapso/send-request.ts';
import { toJson } from './format.ts';
import type { Outgoing } from './send-job.ts';
import { leftOutNote } from './send-text.ts';
import type { Terminal } from './terminal.ts';

/** What the upload would give. */
const placeholder = 'ID-OF-THE-UPLOAD';

/**
 * Prints as one JSON object what `send` would ask Kapso for: the uploads, each once, and the requests, in order. Each
 * request also gets the key and a mark of its own (`biz_opaque_callback_data`).
 */
export function showRequests(
  { contents, leftOut }: Outgoing,
  recipients: readonly string[],
  { account, terminal, json }: { account: SendingAccount; terminal: Terminal; json: boolean },
): void {
  const uploads = contents.flatMap(filesOf).map(({ inode: _, ...file }) => file);
  const ready = contents.map(content => withIds(content, () => placeholder));
  const requests = recipients.flatMap(to => ready.map(content => sendRequest(account, { to, content })));
  const shown = {
    dryRun: true,
    ...(uploads.length > 0 && { uploads }),
    requests,
    ...(leftOut.length > 0 && { leftOut }),
  };
  terminal.out(`${toJson(shown, json ? 0 : 2)}\n`);
  if (!json && leftOut.length > 0) terminal.err(`kapso-whatsapp-cli: ${leftOutNote(leftOut, 'would be sent')}\n`);
}
