import { createHash, type Hash } from 'node:crypto';
import { createJsonStructure, openBrace, openBracket } from './json-structure.ts';

/** What is kept of a page whose bytes were not held. */
export interface ScannedPage {
  /** Bytes of the whole body. */
  size: number;
  /** Rows in `data`; null when it is no list. */
  rows: number | null;
  /** The first row; null when there is none. */
  first: ScannedRow | null;
  /** The value of `paging`; undefined when the body has none. */
  paging: unknown;
  /** Whether the body ended as JSON does, and `paging` could be read. If not, the other fields mean nothing. */
  complete: boolean;
}

export interface ScannedRow {
  /** The value of `id`, wherever it stands in the row; undefined when it has none or one that is far too long. */
  id: unknown;
  /** The SHA-256, in hex, of the whole row as it was written. */
  hash: string;
  /** The row's first characters. */
  beginning: string;
}

export interface PageScanner {
  /** Takes the next bytes of the body, from its first byte on. */
  push(bytes: Uint8Array): void;
  end(): ScannedPage;
}

/** The largest number of bytes to keep of each. */
const kept = { name: 512, paging: 65_536, id: 4_096, beginning: 8_000 };
const keptCharacters = 2_000;

/** The depths of the page's object, of its list of rows, and of a row. Below them only strings and the ends of values matter. */
const [page, list, row] = [1, 2, 3];

/**
 * Reads a page that is too large to hold, `{"data": […], "paging": {…}}` in any order, while its bytes pass. It finds
 * the number of rows, what identifies the first one, and where the next page begins. Content of strings, and anything
 * deeper, is never mistaken for these. The last of equal names counts, as with JSON.parse.
 */
export function createPageScanner(): PageScanner {
  let size = 0;
  let notAPage = false;
  let inList = false;
  let rows: number | null = null;
  let first: ReturnType<typeof createRowKeeper> | null = null;
  let pageMembers: ReturnType<typeof createMembers> | null = null;
  let rowMembers: ReturnType<typeof createMembers> | null = null;

  const structure = createJsonStructure(row, {
    piece(bytes) {
      pageMembers?.take(bytes);
      first?.take(bytes);
      rowMembers?.take(bytes);
    },
    opened(depth, bracket) {
      if (depth === page) {
        if (pageMembers !== null || bracket !== openBrace) notAPage = true;
        pageMembers ??= createMembers({ paging: kept.paging });
      } else if (depth === list && bracket === openBracket && pageMembers?.name === 'data') {
        inList = true;
        rows = 0;
        first = createRowKeeper();
      } else if (depth === row && inList && rows === 0 && bracket === openBrace) {
        rowMembers = createMembers({ id: kept.id });
      }
    },
    closed(depth) {
      if (depth === row) rowEnded();
      else if (depth === list && inList) listEnded();
      else if (depth === page) pageMembers?.ended();
    },
    comma(depth) {
      if (depth === row) rowMembers?.ended();
      else if (depth === list) nextRow();
      else if (depth === page) pageMembers?.ended();
    },
    colon(depth) {
      if (depth === row) rowMembers?.named();
      else if (depth === list) nextRow();
      else if (depth === page) pageMembers?.named();
      if (depth === page && pageMembers?.name === 'data') [rows, first] = [null, null];
    },
  });

  function rowEnded(): void {
    rowMembers?.ended();
    if (rowMembers !== null && first !== null) first.id = rowMembers.value('id');
    rowMembers = null;
  }

  function nextRow(): void {
    if (!inList) return;
    rows = Number(rows) + 1;
    first?.close();
  }

  function listEnded(): void {
    inList = false;
    first?.close();
    if (first?.isBlank()) first = null;
    else rows = Number(rows) + 1;
  }

  return {
    push(bytes) {
      size += bytes.length;
      structure.push(bytes);
    },
    end: () => {
      const paging = pageMembers?.value('paging');
      const readable = paging !== undefined || !pageMembers?.has('paging');
      const complete = structure.balanced() && !notAPage && pageMembers !== null && readable;
      return { size, rows, first: first?.read() ?? null, paging, complete };
    },
  };
}

/** Collects the members of one object, whose bytes come piece by piece. It keeps at most so many bytes of each wanted member. */
function createMembers(wanted: Readonly<Record<string, number>>) {
  const values = new Map<string, ReturnType<typeof createKeeper>>();
  let present: ReturnType<typeof createKeeper> | null = createKeeper(kept.name);
  let name: string | null = null;
  return {
    /** The name of the member whose value is passing. */
    get name() {
      return name;
    },
    take: (bytes: Uint8Array) => present?.take(bytes),
    named() {
      const read = present?.parse();
      name = typeof read === 'string' ? read : null;
      const limit = name !== null && Object.hasOwn(wanted, name) ? wanted[name] : undefined;
      present = limit === undefined ? null : createKeeper(limit);
    },
    ended() {
      if (name !== null && present !== null) values.set(name, present);
      name = null;
      present = createKeeper(kept.name);
    },
    has: (of: string) => values.has(of),
    /** Undefined when it is missing, too long, or no JSON. */
    value: (of: string): unknown => values.get(of)?.parse(),
  };
}

function createRowKeeper() {
  const hash: Hash = createHash('sha256');
  const start = createKeeper(kept.beginning);
  let open = true;
  return {
    id: undefined as unknown,
    take(bytes: Uint8Array) {
      if (!open) return;
      hash.update(bytes);
      start.take(bytes);
    },
    close() {
      open = false;
    },
    isBlank: () => start.text().trim() === '',
    read(): ScannedRow {
      const beginning = start.text().trimStart().slice(0, keptCharacters).toWellFormed();
      return { id: this.id, hash: hash.digest('hex'), beginning };
    },
  };
}

/** Keeps the first bytes of what passes. */
function createKeeper(limit: number) {
  const parts: Buffer[] = [];
  let room = limit;
  let whole = true;
  return {
    take(bytes: Uint8Array) {
      if (bytes.length > room) whole = false;
      if (room === 0 || bytes.length === 0) return;
      // A copy: the piece itself would hold the whole chunk that it was cut from.
      parts.push(Buffer.from(bytes.subarray(0, room)));
      room -= Math.min(room, bytes.length);
    },
    /** Without the mark before it. */
    text: () => Buffer.concat(parts).toString('utf8').slice(1),
    parse(): unknown {
      if (!whole) return undefined;
      try {
        return JSON.parse(this.text());
      } catch {
        return undefined;
      }
    },
  };
}
