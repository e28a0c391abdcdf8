import { contentHash } from '../../kapso/inbound/content-hash.ts';
import type { Normalised } from '../../kapso/inbound/normalised.ts';
import type { MessagePage } from '../../kapso/message-list.ts';
import { createSeenIds } from './seen-ids.ts';

/** A list repeats itself after this many pages without an unseen row. */
const circlingPages = 3;
/** The limit for pages whose only news are unreadable rows, or rows without an id, which may differ each time they are shown. */
const namelessPages = 100;

export interface RepeatCheck {
  /**
   * Takes the next page, which was requested `after` that cursor. Returns whether the list repeats itself. Then there
   * is no next page.
   */
  circles(page: MessagePage, items: readonly Normalised[], after: string | undefined): boolean;
  /** Different rows so far. */
  readonly seen: number;
  /** Pages so far. */
  readonly pages: number;
}

/** Recognises a list that repeats itself and would never end. */
export function createRepeatCheck(): RepeatCheck {
  const seenIds = createSeenIds();
  const cursors = new Set<string>();
  let circling = 0;
  let nameless = 0;
  let pages = 0;
  return {
    circles: (page, items, after) => {
      pages += 1;
      const before = seenIds.count;
      for (const item of items) {
        const id = item.kind === 'message' ? item.message.id : item.id;
        if (id !== null) seenIds.add(id);
      }
      nameless = seenIds.count === before ? nameless + 1 : 0;
      // A row without an id is recognised by its content. Otherwise a list of such rows would never seem to repeat itself.
      for (const [index, item] of items.entries()) {
        if (item.kind === 'skipped' && item.id === null) seenIds.add(`row ${contentHash(page.rows[index])}`);
      }
      // Rows that are too large come one a page. Each is also recognised by its place, since its content may equal another's.
      if (items.some(item => item.kind === 'unreadable' && item.tooLarge)) seenIds.add(`page at ${after}`);
      circling = seenIds.count === before ? circling + 1 : 0;
      if (page.after === null) return false;
      const known = cursors.has(page.after);
      cursors.add(page.after);
      return known || circling >= circlingPages || nameless >= namelessPages;
    },
    get seen() {
      return seenIds.count;
    },
    get pages() {
      return pages;
    },
  };
}
