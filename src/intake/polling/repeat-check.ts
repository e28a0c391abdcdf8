import { contentHash } from '../../kapso/inbound/content-hash.ts';
import type { Normalised } from '../../kapso/inbound/normalised.ts';
import type { MessagePage } from '../../kapso/message-list.ts';
import { createSeenIds } from './seen-ids.ts';

/** Pages without a single unseen row after which a listing is taken for one that goes in circles. */
const circlingPages = 3;
/** The same for pages whose only news are rows without an id, which may differ each time they are shown, or rows that cannot be read. */
const namelessPages = 100;

export interface RepeatCheck {
  /** Takes the next page, which was asked for `after` that cursor. Returns whether the list goes in circles: then there is no next page. */
  circles(page: MessagePage, items: readonly Normalised[], after: string | undefined): boolean;
  /** Different rows so far. */
  readonly seen: number;
  /** Pages so far. */
  readonly pages: number;
}

/** Tells a list that goes in circles from one that goes on. */
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
      // A row without an id is known by its content: else a list of such rows would never repeat itself.
      for (const [index, item] of items.entries()) {
        if (item.kind === 'skipped' && item.id === null) seenIds.add(`row ${contentHash(page.rows[index])}`);
      }
      // Rows that are too large come one a page. Each is known by its place too, because its content may not tell it from another.
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
