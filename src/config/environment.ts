import { settings } from './config.generated.ts';
import type { Layer } from './layer.ts';
import type { Setting, SettingValue } from './setting.ts';
import { nearest } from './suggest.ts';

/** Names the configuration file. It is the only variable that is no setting. */
export const configFileVariable = 'KAPSO_CONFIG';

/**
 * Reads the settings from the environment. A variable that is set but empty counts as not set, except that of a list
 * with commas: it is an empty list, so that one that was meant to hold somebody does not open the door.
 */
export function readEnvironment(env: NodeJS.ProcessEnv): Layer {
  const layer: Layer = new Map();
  for (const setting of settings) {
    const text = env[setting.env];
    if (text === undefined || (text === '' && !setting.commas)) continue;
    layer.set(setting.key, {
      value: parseText(setting, text),
      origin: `environment variable ${setting.env}`,
      place: { variable: setting.env },
    });
  }
  return layer;
}

/**
 * Reads text as the setting's type. Text that does not fit stays text; the check against the schema refuses it.
 *
 * `true`, `false`, `1` and `0` are booleans. A list has one item a line, since a comma may be part of a secret; some
 * lists have commas too, and may be JSON. Objects are JSON. A leading byte order mark and one trailing newline are left
 * out: a file that a shell reads may have them.
 */
export function parseText(setting: Setting, text: string): SettingValue {
  const value = text.replace(/^\uFEFF/, '').replace(/\r?\n$/, '');
  switch (setting.type) {
    case 'integer':
      return /^-?\d{1,15}$/.test(value) ? Number(value) : value;
    case 'boolean':
      if (value === 'true' || value === '1') return true;
      return value === 'false' || value === '0' ? false : value;
    case 'objects':
    case 'named-objects':
      return fromJson(value);
    case 'list':
      if (setting.commas)
        return value === '' ? [] : value.startsWith('[') ? fromJson(value) : value.split(/\s*[,\n]\s*/);
      return value.includes('\n') ? value.split(/\r?\n/) : value;
    default:
      return value;
  }
}

/** Reads a list or an object. Anything else stays text, and so do quotes around the whole. */
function fromJson(text: string): SettingValue {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as SettingValue) : text;
  } catch {
    return text;
  }
}

/** Returns a warning for each variable that looks like one of ours and is not. */
export function unknownVariables(env: NodeJS.ProcessEnv): string[] {
  const known = new Set([configFileVariable, ...settings.map(setting => setting.env)]);
  const warnings: string[] = [];
  for (const name of Object.keys(env)) {
    const ours = name.startsWith('KAPSO_');
    if (known.has(name) || !(ours || name.startsWith('OPENCLAW_'))) continue;
    // `OPENCLAW_` names belong to OpenClaw. Only one that nearly equals one of ours is reported.
    const meant = ours ? nearest(name, known) : nearest(name, known, 2);
    if (!ours && meant === null) continue;
    const hint = meant === null ? '' : `; did you mean ${meant}?`;
    warnings.push(`the environment variable ${name} is not known and is ignored${hint}`);
  }
  return warnings;
}
