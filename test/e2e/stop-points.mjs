/**
 * Loaded into a program with Node's `--import`. It stops the program (SIGSTOP) at the point that the file STOP_POINT names, once:
 *
 * - `run known`, `reply known`: the database knows that the run, or the reply, is about to leave. Its look at the lease comes next,
 *   and nothing that waits for a time or for the network comes before it.
 * - `run leaving`, `reply leaving`: the look at the lease is over, and nothing has left yet.
 *
 * Then the file has the word `stopped`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';

function at(point) {
  const file = process.env.STOP_POINT;
  if (readFileSync(file, 'utf8') !== point) return;
  writeFileSync(file, 'stopped');
  process.kill(process.pid, 'SIGSTOP');
}

/** Whether the database was told of it. The program sends it the text of a statement when it first uses that. */
const isKnown = { run: false, reply: false };

const { write } = net.Socket.prototype;
net.Socket.prototype.write = function (data, ...more) {
  const text = Buffer.isBuffer(data) ? data.toString('latin1') : String(data);
  if (/UPDATE entries\s+SET state = 'sending'/.test(text)) isKnown.run = true;
  if (/UPDATE outbox\s+SET state = 'sending'/.test(text)) isKnown.reply = true;
  if (/^POST \S+\/messages /.test(text) && text.includes('biz_opaque_callback_data')) at('reply leaving');
  return write.call(this, data, ...more);
};

const { request } = http;
http.request = (url, options, ...more) => {
  if (isKnown.reply && options?.method === 'POST') at('reply known');
  return request(url, options, ...more);
};

// Each run gets one, right before it begins.
const { AbortController } = globalThis;
globalThis.AbortController = class extends AbortController {
  constructor() {
    super();
    if (isKnown.run) at('run known');
  }
};

const { stringify } = JSON;
JSON.stringify = (value, ...more) => {
  const text = stringify(value, ...more);
  if (value?.type === 'req' && value.method === 'agent') at('run leaving');
  return text;
};
