/** Reads a session's record page by page, back to the input of one run, within limits whatever the gateway answers. */
import type { Clock } from '../../clock.ts';
import { GatewayError } from '../agent.ts';
import type { Connection } from './connection.ts';
import { hasInput } from './history.ts';
import { type History, readHistory, updateHint } from './wire.ts';

/** Rows of the first page, which nearly always contains the run; rows of further pages; characters of one text. */
const page = { first: 50, further: 1000, maxChars: 500_000 };
/** Limits of one record: rows, characters of texts and of the outputs of tools, pages, and milliseconds. */
const most = { rows: 100_000, characters: 16_000_000, outputs: 8_000_000, pages: 110, time: 120_000 };
/** Milliseconds for one page. */
const pageTimeout = 30_000;
/** `inputRunIds` accepts no longer ids. */
const longestRunId = 256;

/** Reads the session's record from its end back to the run's input, or all of it when the input is not there. */
export type ReadRecord = (sessionKey: string, runKey: string, signal?: AbortSignal) => Promise<History>;

/**
 * The returned function throws a GatewayError: `refused` when the record cannot be read back to the input or to its
 * beginning. Then the input's absence proves nothing.
 */
export function createRecordReader({ connection, clock }: { connection: Connection; clock: Clock }): ReadRecord {
  const readPage = async (sessionKey: string, params: object, signal?: AbortSignal): Promise<History> =>
    readHistory(
      await connection.request(
        'chat.history',
        { sessionKey, maxChars: page.maxChars, ...params },
        { timeout: pageTimeout, ...(signal ? { signal } : {}) },
      ),
    );

  return async (sessionKey, runKey, signal) => {
    const unreadable = (why: string) =>
      new GatewayError(
        'refused',
        "The gateway's record of the conversation cannot be read to its beginning, " +
          `and this message is not in what can be read: ${why}`,
        { hint: updateHint },
      );
    const receipts = runKey.length <= longestRunId ? { inputRunIds: [runKey] } : {};
    const begun = clock.monotonic();
    let last = await readPage(sessionKey, { limit: page.first, ...receipts }, signal);
    const found = last;
    const known = new Set(found.rows.map(row => row.seq));
    let characters = sizeOf(found);
    for (let pages = 1; !hasInput(found, runKey); pages += 1) {
      if (last.cut) throw unreadable('it names more rows, and no way to ask for them');
      const offset = last.nextOffset;
      if (offset === null) break;
      if (found.rows.length > most.rows || characters > most.characters || pages >= most.pages) {
        throw unreadable(`it is longer than ${found.rows.length} rows`);
      }
      if (clock.monotonic() - begun > most.time) throw unreadable(`it takes longer than ${most.time / 1000} s`);
      last = await readPage(sessionKey, { limit: page.further, offset }, signal);
      // Rows that came meanwhile shift the pages, so known rows appear again.
      const further = last.rows.filter(row => row.seq === null || !known.has(row.seq));
      if (last.nextOffset !== null && (last.nextOffset <= offset || further.length === 0)) {
        throw unreadable('its pages do not get on');
      }
      for (const row of further) known.add(row.seq);
      characters += sizeOf(last);
      found.rows = further.concat(found.rows);
      limitOutputs(found);
    }
    return found;
  };
}

function sizeOf({ rows }: History): number {
  return rows.reduce((sum, row) => sum + row.text.length, 0);
}

/** Keeps the oldest outputs of tools: the run that is looked for is at the beginning of what was read. */
function limitOutputs({ rows }: History): void {
  let characters = 0;
  for (const { tools } of rows) {
    if (tools.result === null) continue;
    characters += tools.result.output?.length ?? 0;
    if (characters > most.outputs) tools.result.output = null;
  }
}
