/**
 * Loaded into a program with Node's `--import`. It ends the program with SIGKILL at one of its steps, as the file
 * KILL_POINTS orders: each commit of the database and each request that sends a message or a file are two, before and after. The
 * file has a word that tells it from earlier orders, and the number of the step, counted from the time of the order.
 */
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { DatabaseSync } from 'node:sqlite';

let order = '';
let left = 0;

function step() {
  const present = readFileSync(process.env.KILL_POINTS, 'utf8');
  if (present !== order) {
    order = present;
    left = Number(present.split(' ')[1]);
  }
  left -= 1;
  if (left === 0) process.kill(process.pid, 'SIGKILL');
}

function around(act) {
  step();
  const result = act();
  step();
  return result;
}

const { prepare } = DatabaseSync.prototype;
DatabaseSync.prototype.prepare = function (sql) {
  const statement = prepare.call(this, sql);
  if (sql !== 'COMMIT') return statement;
  const run = statement.run.bind(statement);
  statement.run = () => around(run);
  return statement;
};

const { write } = net.Socket.prototype;
net.Socket.prototype.write = function (...parts) {
  const isSend = typeof parts[0] === 'string' && /^POST \S+\/(?:messages|media) /.test(parts[0]);
  return isSend ? around(() => write.apply(this, parts)) : write.apply(this, parts);
};
