import { userInfo } from 'node:os';
import { describe, expect, it } from 'vitest';
import { databasePasswords, isThisMachine, parseDatabaseUrl } from '../../src/config/database-url.ts';

describe('the address of a database', () => {
  it('is read as libpq reads it', () => {
    expect(
      parseDatabaseUrl('postgresql://kapso:secret@db.example.com:6543/inbox?sslmode=verify-ca&sslrootcert=/etc/ca.pem'),
    ).toEqual({
      hosts: [{ host: 'db.example.com', port: 6543 }],
      user: 'kapso',
      password: 'secret',
      database: 'inbox',
      sslmode: 'verify-ca',
      sslrootcert: '/etc/ca.pem',
      sslcert: null,
      sslkey: null,
      channelBinding: false,
    });
  });

  it.each([
    [
      'postgres://a@one,two:6000,[::1]:7000/d',
      [
        ['one', 5432],
        ['two', 6000],
        ['::1', 7000],
      ],
    ],
    ['postgres://a@/d?host=/run/postgresql', [['/run/postgresql', 5432]]],
    ['postgres://a@/d?host=/run/postgresql&port=6000', [['/run/postgresql', 6000]]],
    ['postgres://a@%2Frun%2Fpostgresql/d', [['/run/postgresql', 5432]]],
    [
      'postgres://a@/d?host=one,two&port=1,2',
      [
        ['one', 1],
        ['two', 2],
      ],
    ],
    ['postgres:///d', [['/var/run/postgresql', 5432]]],
  ])('has the hosts of %s', (text, hosts) => {
    expect(parseDatabaseUrl(text).hosts.map(({ host, port }) => [host, port])).toEqual(hosts);
  });

  it('takes its user from the system, and its database from the user, where it names none', () => {
    const { username } = userInfo();
    expect(parseDatabaseUrl('postgres://host')).toMatchObject({ user: username, database: username, password: null });
    expect(parseDatabaseUrl('postgres://kapso@host/')).toMatchObject({ user: 'kapso', database: 'kapso' });
    expect(parseDatabaseUrl('postgres://host?user=a&password=b&dbname=c')).toMatchObject({
      user: 'a',
      password: 'b',
      database: 'c',
    });
  });

  it('decodes what is encoded, and takes the last @ for the end of the password', () => {
    expect(parseDatabaseUrl('postgres://a%40b:p%2Fw%25@h/my%20db')).toMatchObject({
      user: 'a@b',
      password: 'p/w%',
      database: 'my db',
    });
    expect(parseDatabaseUrl('postgres://a:p@w:x#y@h/d')).toMatchObject({
      user: 'a',
      password: 'p@w:x#y',
      hosts: [{ host: 'h' }],
    });
  });

  it('takes what libpq and poolers have in their addresses, where it is so anyway', () => {
    const text =
      'postgres://a:b@h/d?application_name=x&connect_timeout=10&target_session_attrs=read-write&pgbouncer=true';
    expect(parseDatabaseUrl(`${text}&channel_binding=require`)).toMatchObject({ database: 'd', channelBinding: true });
  });

  it.each([
    ['mysql://a@h/d', 'is not an address such as postgresql://user:password@host/database'],
    ['postgres://a:secret/x@h/d', 'must be percent-encoded'],
    ['postgres://a:secret?x@h/d', 'must be percent-encoded'],
    // The part before the slash is taken for a port, and the rest would be shown as the name of the database.
    ['postgres://a:12/secret@h', 'must be percent-encoded'],
    ['postgres://a:12/secret@h?sslmode=require', 'must be percent-encoded'],
    ['postgres://a:secret%zz@h/d', 'has a % that begins no percent-encoded sign'],
    ['postgres://a:secret@h:0/d', 'has a port that is no number'],
    ['postgres://a:secret@h:99999/d', 'has a port that is no number'],
    [
      'postgres://a:secret@h/d?sslmode=allow',
      'has sslmode with a value other than disable, prefer, require, verify-ca, verify-full',
    ],
    ['postgres://a:secret@h/d?target_session_attrs=standby', 'has target_session_attrs with a value other than'],
    ['postgres://a:secret@h/d?options=-csearch_path%3Dx', 'has the parameter options'],
    ['postgres://a:secret@h/d?secret=1', 'has a parameter other than'],
    ['postgres://a:secret@h/d?sslcert=/a', 'has only one of sslcert and sslkey'],
    ['postgres://a:secret@h/d?sslrootcert=', 'has no value for sslrootcert'],
  ])('is refused without a word of it: %s', (text, why) => {
    const told = (() => {
      try {
        return parseDatabaseUrl(text);
      } catch (error) {
        return String(error);
      }
    })();
    expect(told).toContain(why);
    expect(told).not.toContain('secret');
  });

  it('shows what must be hidden, also where it is refused', () => {
    expect(databasePasswords('postgres://a:p%2Fw@h/d')).toEqual(['p%2Fw', 'p/w']);
    expect(databasePasswords('postgres://a:p/w@h@i/d')).toEqual(['p/w@h', 'p/w@h']);
    expect(databasePasswords('postgres://a:p%zz@h/d')).toEqual(['p%zz', 'p%zz']);
    expect(databasePasswords('postgres://a@h/d?password=s%20t&port=1')).toEqual(['s%20t', 's t']);
    expect(databasePasswords('postgres://a@h/d')).toEqual([]);
    expect(databasePasswords('nothing')).toEqual([]);
  });

  it('knows which hosts are this machine', () => {
    expect(['/run/postgresql', 'localhost', '127.0.0.1', '127.9.9.9', '::1'].map(isThisMachine)).toEqual([
      true,
      true,
      true,
      true,
      true,
    ]);
    expect(['10.0.0.1', 'db', '::2', '0.0.0.0'].map(isThisMachine)).toEqual([false, false, false, false]);
  });
});
