/**
 * Preloaded (`node --import`) into a program of a test: ends it right before a call of node:fs, so that a kill comes at
 * a known step on a fast machine and a slow one. END_BY is the signal, END_AT the name of the function, END_PATH a
 * regular expression that its first argument matches.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const { END_BY, END_AT, END_PATH } = process.env;
const call = fs[END_AT];
fs[END_AT] = (...args) => {
  if (new RegExp(END_PATH).test(String(args[0]))) process.kill(process.pid, END_BY);
  return call(...args);
};
syncBuiltinESMExports();
