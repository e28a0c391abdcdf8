import { parse, TomlError } from 'smol-toml';
import { ConfigError } from '../config/errors.ts';

/**
 * Reads a TOML file. Returns its values by their keys with dots, down to what is no table: `security.roles.admin`.
 *
 * @throws ConfigError with line and column, without the text, which may be a secret
 */
export function readTomlFile(path: string, text: string): Map<string, unknown> {
  try {
    return new Map(leaves(parse(text), ''));
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const { line, column } = error;
    throw new ConfigError([{ key: '', file: path, line, column, message: 'is not valid TOML here' }]);
  }
}

function leaves(table: Record<string, unknown>, before: string): [string, unknown][] {
  return Object.entries(table).flatMap(([name, value]) => {
    const isTable = typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
    return isTable ? leaves(value as Record<string, unknown>, `${before}${name}.`) : [[`${before}${name}`, value]];
  });
}
