/**
 * Loaded into a program with Node's `--import`. It makes defects whose message quotes the file DEFECT_QUOTES: at SIGWINCH, and
 * whenever a file is written whose path ends with DEFECT_AT.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const { DEFECT_QUOTES: quotes, DEFECT_AT: at } = process.env;
const { readFileSync, writeFileSync } = fs;

function defect() {
  return new Error(`something unforeseen: ${readFileSync(quotes, 'utf8')}`);
}

process.on('SIGWINCH', () => {
  throw defect();
});
if (at) {
  fs.writeFileSync = (path, ...rest) => {
    if (String(path).endsWith(at)) throw defect();
    return writeFileSync(path, ...rest);
  };
  syncBuiltinESMExports();
}
