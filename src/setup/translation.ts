/** What the entries of another program's configuration become in ours. */
import { setPath } from '../config/layer.ts';
import { checkValues } from '../config/schema-findings.ts';

/** One entry of the other configuration. */
export interface ForeignEntry {
  /** Its key there, with dots. */
  key: string;
  /** As it is written: the key, or the variable. */
  name: string;
  file: string;
  /** Counted from 1; null where the format does not tell. */
  line: number | null;
  value: unknown;
  /** The file whose content is the value. */
  contentOf?: string;
}

/** What became of an entry. Values are never secrets. */
export interface TranslatedEntry {
  name: string;
  file: string;
  line: number | null;
  /** Our keys with their values. Empty where there is no counterpart. */
  became: string[];
  note: string | null;
}

/** Collects settings, secrets and what is to be said of each entry. */
export interface Translation {
  settings: Map<string, unknown>;
  /** The content of each secret file, by its name beside the configuration. */
  secrets: Map<string, string>;
  entries: TranslatedEntry[];
}

/** What a rule does with an entry. */
export interface Into {
  /** Sets one of our keys. A value that is wrong there is said instead, and not set. */
  set(key: string, value: unknown): void;
  /** Sets a secret: its value goes to the file, or the configuration names the file that holds it. */
  secret(key: string, file: string): void;
  /** Says why there is no counterpart, or what is different. */
  note(text: string): void;
}

export function createTranslation(): Translation & { into(entry: ForeignEntry): Into } {
  const translation: Translation = { settings: new Map(), secrets: new Map(), entries: [] };
  return {
    ...translation,
    into: ({ name, file, line, value, contentOf }) => {
      const said: TranslatedEntry = { name, file, line, became: [], note: null };
      translation.entries.push(said);
      const note = (text: string) => {
        said.note = said.note === null ? text : `${said.note}; ${text}`;
      };
      const wrong = (key: string, given: unknown): boolean => {
        const nested: Record<string, unknown> = {};
        setPath(nested, key, given);
        const [finding] = checkValues(nested);
        if (finding !== undefined) note(`left out: ${key} ${finding.message}`);
        return finding !== undefined;
      };
      return {
        note,
        set: (key, given) => {
          if (wrong(key, given)) return;
          translation.settings.set(key, given);
          said.became.push(`${key}: ${typeof given === 'string' ? given : JSON.stringify(given)}`);
        },
        secret: (key, secretFile) => {
          if (contentOf === undefined && wrong(key, value)) return;
          const named = contentOf ?? secretFile;
          if (contentOf === undefined) translation.secrets.set(secretFile, String(value));
          translation.settings.set(`${key}File`, named);
          said.became.push(`${key}File: ${named}`);
        },
      };
    },
  };
}
