import type { Change, Lists, Sets } from './shape.ts';

/** What a page is told: as it is now, and each change from then on. */
export interface Feed {
  set<Name extends keyof Sets>(name: Name, value: Sets[Name]): void;
  /** Adds an item, or replaces the one of its id. */
  put<Name extends keyof Lists>(name: Name, item: Lists[Name]): void;
  /** Calls back with everything that there is, then with each change. Returns a function that ends this. */
  subscribe(listener: (change: Change) => void): () => void;
  readonly subscribers: number;
}

/** Items of a list that are kept for those who come later. */
const kept = 300;

export interface FeedOptions {
  /** Writes a value as JSON, without secrets. */
  toJson?: (value: unknown) => string;
  /** Called when the first page looks, and when the last one has gone. */
  watched?: (is: boolean) => void;
}

/** Holds what pages show. What is equal to what was there is told to nobody. */
export function createFeed(options: FeedOptions = {}): Feed {
  const { toJson = JSON.stringify, watched = () => undefined } = options;
  const sets = new Map<string, { json: string; change: Change }>();
  const lists = new Map<string, Map<string, { json: string; item: unknown }>>();
  const listeners = new Set<(change: Change) => void>();
  const tell = (change: Change) => {
    for (const listener of listeners) listener(change);
  };

  return {
    set: (name, value) => {
      const json = toJson(value);
      if (sets.get(name)?.json === json) return;
      const change = { set: name, value: JSON.parse(json) } as Change;
      sets.set(name, { json, change });
      tell(change);
    },
    put: (name, item) => {
      const list = lists.get(name) ?? new Map();
      lists.set(name, list);
      const json = toJson(item);
      if (list.get(item.id)?.json === json) return;
      const clean = JSON.parse(json) as typeof item;
      list.set(item.id, { json, item: clean });
      if (list.size > kept) list.delete(list.keys().next().value as string);
      tell({ put: name, value: [clean] } as unknown as Change);
    },
    subscribe: listener => {
      for (const { change } of sets.values()) listener(change);
      for (const [name, list] of lists) {
        listener({ put: name, value: [...list.values()].map(({ item }) => item) } as Change);
      }
      listeners.add(listener);
      if (listeners.size === 1) watched(true);
      return () => {
        if (listeners.delete(listener) && listeners.size === 0) watched(false);
      };
    },
    get subscribers() {
      return listeners.size;
    },
  };
}
