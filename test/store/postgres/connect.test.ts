import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseDatabaseUrl } from '../../../src/config/database-url.ts';
import { createConnector, examine, type Said } from '../../../src/store/postgres/connect.ts';
import { freePort } from '../../free-port.ts';
import { manualClock } from '../../manual-clock.ts';
import { password } from '../../postgres.ts';
import { counterOf, describeOnPostgres } from './stage.ts';

const loopback = '127.0.0.1';

describeOnPostgres('a PostgreSQL that cannot be used', stage => {
  const address = (change: (url: string) => string) => change(stage.postgres.url(stage.database, { host: loopback }));
  const opened = (url: string) => stage.open({ url });
  const name = () => `the database ${stage.database} at ${loopback}:${stage.postgres.port}`;

  it('because nothing listens there', async () => {
    const port = await freePort();
    await expect(opened(stage.postgres.url('inbox', { host: loopback, port }))).rejects.toMatchObject({
      code: 'STORE_UNREACHABLE',
      message: `the database inbox at ${loopback}:${port} cannot be reached: nothing listens there`,
    });
  });

  it('because there is no such socket', async () => {
    await expect(opened('postgres://kapso@/inbox?host=/nowhere')).rejects.toMatchObject({
      code: 'STORE_UNREACHABLE',
      message: 'the database inbox at /nowhere/.s.PGSQL.5432 cannot be reached: there is no such socket',
    });
  });

  it('because its host has no address', async () => {
    await expect(opened('postgres://kapso@nowhere.invalid/inbox')).rejects.toMatchObject({
      code: 'STORE_UNREACHABLE',
      message: expect.stringMatching(/^the database inbox at nowhere\.invalid:5432 cannot be reached: /),
    });
  });

  it('because the password is wrong, without a word of it', async () => {
    const error = await opened(address(url => url.replace(/:[^:@]*@/, ':wrong-password@'))).catch(error => error);
    expect(error).toMatchObject({
      code: 'STORE_REFUSED',
      message: expect.stringContaining(`${name()} refused the password of the user kapso`),
      hint: expect.stringContaining('KAPSO_STATE_DATABASE'),
    });
    expect(JSON.stringify([error.message, error.hint, error.stack, error.cause])).not.toContain('wrong-password');
  });

  it('because it wants a password and has got none', async () => {
    await expect(opened(address(url => url.replace(/:[^:@]*@/, '@')))).rejects.toMatchObject({
      code: 'STORE_REFUSED',
      message: expect.stringContaining(`${name()} refused the password of the user kapso`),
    });
  });

  it('because it does not exist', async () => {
    await expect(opened(address(url => url.replace(stage.database, 'missing')))).rejects.toMatchObject({
      code: 'STORE_REFUSED',
      message: expect.stringContaining(`the database missing at ${loopback}:${stage.postgres.port} does not exist`),
    });
  });

  it('because the user has no rights there, until it is given a schema', async () => {
    const { database, postgres } = stage;
    await postgres.query(database, `ALTER DATABASE ${database} OWNER TO postgres`);
    await expect(opened(postgres.url(database))).rejects.toMatchObject({
      code: 'STORE_REFUSED',
      message: expect.stringContaining('does not give the user kapso the rights it needs'),
      hint: expect.stringContaining('CREATE SCHEMA kapso_whatsapp AUTHORIZATION "kapso"'),
    });
    await postgres.query(database, 'CREATE SCHEMA kapso_whatsapp AUTHORIZATION "kapso"');
    const driver = await opened(postgres.url(database));
    expect(await driver.read(() => counterOf(driver).read.get())).toEqual({ probes: 0 });
  });

  it('because it has an encoding without emoji', async () => {
    const { postgres } = stage;
    await postgres.query(
      'postgres',
      "CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C' LOCALE_PROVIDER libc",
    );
    await expect(opened(postgres.url('latin'))).rejects.toMatchObject({
      code: 'STORE_REFUSED',
      message: expect.stringContaining('has the encoding LATIN1'),
    });
    await postgres.dropDatabase('latin');
  });

  it('because it can only be read, by its own setting', async () => {
    const { postgres, database } = stage;
    const before = await stage.open();
    await postgres.query('postgres', `ALTER DATABASE ${database} SET default_transaction_read_only = on`);
    await expect(stage.open()).rejects.toMatchObject({
      code: 'STORE_READONLY',
      message: `${before.name} can only be read: default_transaction_read_only is on`,
    });
    const driver = await stage.open({ readOnly: true });
    expect(await driver.read(() => counterOf(driver).read.get())).toEqual({ probes: 0 });
  });

  it('because it has no connection left', async () => {
    const { postgres, database } = stage;
    await postgres.query('postgres', `ALTER DATABASE ${database} CONNECTION LIMIT 0`);
    await expect(opened(postgres.url(database))).rejects.toMatchObject({
      code: 'STORE_UNREACHABLE',
      message: expect.stringContaining('has no connection left'),
    });
  });

  it('only for more than it does already, when it has no further connection: nobody is told that it is lost', async () => {
    const { postgres, database } = stage;
    const told: unknown[] = [];
    const clock = manualClock(0);
    const driver = await stage.open({ clock, onConnection: connection => told.push(connection) });
    const { addOne, read } = counterOf(driver);
    await driver.write(() => addOne.get());
    await driver.read(() => read.get());
    await postgres.query('postgres', `ALTER DATABASE ${database} CONNECTION LIMIT 2`);
    driver.onNews?.(() => undefined);
    const reads = await Promise.all([1, 2, 3].map(() => driver.read(() => read.get())));
    expect(reads).toEqual([1, 2, 3].map(() => ({ probes: 1 })));
    expect(await driver.write(() => addOne.get())).toEqual({ probes: 2 });
    expect(told).toMatchObject([{ works: true }]);
  });

  it('because it takes the connection and says nothing', async () => {
    const server = createServer(() => {});
    await new Promise<void>(resolve => server.listen(0, loopback, resolve));
    const { port } = server.address() as { port: number };
    await expect(
      opened(stage.postgres.url('inbox', { host: loopback, port, parameters: 'sslmode=disable' })),
    ).rejects.toMatchObject({
      code: 'STORE_UNREACHABLE',
      message: `the database inbox at ${loopback}:${port} does not answer`,
    });
    server.close();
  });

  it('is passed by where another host is named', async () => {
    const { postgres, database } = stage;
    const nobody = await freePort();
    const url = postgres
      .url(database, { host: loopback })
      .replace(`@${loopback}:${postgres.port}`, `@${loopback}:${nobody},${loopback}:${postgres.port}`);
    const driver = await opened(url);
    expect(driver.name).toBe(`the database ${database} at ${loopback}:${nobody} or ${loopback}:${postgres.port}`);
    expect(driver.server()).toMatchObject({ at: `${loopback}:${postgres.port}`, direct: true });
    // What one of them said tells more than the silence of the other.
    await expect(opened(url.replace(encodeURIComponent(password), 'wrong'))).rejects.toMatchObject({
      code: 'STORE_REFUSED',
    });
  });
});

describe('what a server says of itself', () => {
  const said: Said = {
    process: 7,
    version: '150018',
    standby: 0,
    reading: 'off',
    encoding: 'UTF8',
    fsync: 'on',
    commits: 'on',
    standbys: '',
  };
  const look = (change: Partial<Said>, readOnly = false) =>
    examine({ ...said, ...change }, { at: 'db:5432', name: 'the database d at db:5432', process: 7, readOnly });

  it('is told', () => {
    expect(look({})).toEqual({
      ...{ at: 'db:5432', version: 15, direct: true, standby: false },
      ...{ fsync: true, synchronousCommit: 'on', synchronousStandbys: false },
    });
    expect(
      look({ process: 8, version: '170002', fsync: 'off', commits: 'off', standbys: 'ANY 1 (a, b)' }),
    ).toMatchObject({
      ...{ direct: false, version: 17, fsync: false, synchronousCommit: 'off', synchronousStandbys: true },
    });
  });

  it('is refused where it is too old', () => {
    expect(() => look({ version: '140011' })).toThrow(
      'the database d at db:5432 is on PostgreSQL 14, which is too old',
    );
  });

  it('is refused where it is a standby, unless it is only looked at', () => {
    expect(() => look({ standby: 1 })).toThrow('the database d at db:5432 can only be read: it is a standby');
    expect(look({ standby: 1 }, true).standby).toBe(true);
  });
});

describe('a connector', () => {
  it('tries again after a pause that grows, and says the same meanwhile, but only once', async () => {
    const clock = manualClock(0);
    let attempts = 0;
    const server = createServer(socket => {
      attempts += 1;
      socket.destroy();
    });
    await new Promise<void>(resolve => server.listen(0, loopback, resolve));
    const { port } = server.address() as { port: number };
    const told: unknown[] = [];
    const connector = createConnector({
      url: parseDatabaseUrl(`postgres://a@${loopback}:${port}/d?sslmode=disable`),
      readOnly: false,
      clock,
      random: () => 0.5,
      onConnection: connection => told.push(connection),
    });
    const attemptsAfter = async (ms: number) => {
      clock.advance(ms);
      await expect(connector.connect()).rejects.toMatchObject({ code: 'STORE_UNREACHABLE' });
      return attempts;
    };
    expect(await attemptsAfter(0)).toBe(1);
    expect(await attemptsAfter(249)).toBe(1);
    expect(await attemptsAfter(1)).toBe(2);
    expect(await attemptsAfter(499)).toBe(2);
    expect(await attemptsAfter(1)).toBe(3);
    expect(told).toMatchObject([{ works: false, error: { code: 'STORE_UNREACHABLE' } }]);
    await new Promise(resolve => server.close(resolve));
  });
});

/** A certificate for 127.0.0.1 and one for another name, signed by a root of their own. */
function makeCertificates(dir: string): void {
  const openssl = (words: string) =>
    execFileSync('openssl', words.split(' '), { cwd: dir, stdio: ['ignore', 'ignore', 'pipe'] });
  openssl('req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=root -keyout root.key -out root.pem');
  for (const [file, subject] of [
    ['right', `IP:${loopback},DNS:localhost`],
    ['other', 'DNS:elsewhere.example'],
  ] as const) {
    openssl(`req -newkey rsa:2048 -nodes -subj /CN=${file} -keyout ${file}.key -out ${file}.csr`);
    writeFileSync(join(dir, `${file}.ext`), `subjectAltName=${subject}\n`);
    const signed = `-CA root.pem -CAkey root.key -CAcreateserial -days 2 -extfile ${file}.ext`;
    openssl(`x509 -req -in ${file}.csr ${signed} -out ${file}.pem`);
  }
}

describeOnPostgres('TLS to a PostgreSQL', stage => {
  let dir: string;
  const opened = (parameters: string, host = loopback) =>
    stage.open({ url: stage.postgres.url(stage.database, { host, parameters }) });
  const isEncrypted = async (driver: Awaited<ReturnType<typeof stage.open>>) => {
    const { look } = driver.prepareAll({ look: 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()' });
    return (await driver.read(() => look.get()))?.ssl;
  };
  /** Restarts the server with a certificate. */
  async function serve(file: 'right' | 'other'): Promise<void> {
    const { postgres } = stage;
    await postgres.stop('fast');
    for (const [kind, mode] of [
      ['pem', 0o644],
      ['key', 0o600],
    ] as const) {
      copyFileSync(join(dir, `${file}.${kind}`), join(postgres.dataDirectory, `server.${kind}`));
      chmodSync(join(postgres.dataDirectory, `server.${kind}`), mode);
      postgres.own(join(postgres.dataDirectory, `server.${kind}`));
    }
    postgres.configure("ssl = on\nssl_cert_file = 'server.pem'\nssl_key_file = 'server.key'");
    await postgres.start();
  }

  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'kapso-tls-'));
    makeCertificates(dir);
  });
  afterAll(() => rmSync(dir, { recursive: true }));

  it('is required and not offered', async () => {
    for (const mode of ['require', 'verify-ca', 'verify-full']) {
      await expect(opened(`sslmode=${mode}`)).rejects.toMatchObject({
        code: 'STORE_REFUSED',
        message: `the database ${stage.database} at ${loopback}:${stage.postgres.port} does not offer TLS`,
        hint: expect.stringContaining('sslmode=disable'),
      });
    }
    expect(await isEncrypted(await opened('sslmode=prefer'))).toBe(0);
    // What goes to this machine passes no network.
    expect(await isEncrypted(await opened(''))).toBe(0);
  });

  it('is taken as the mode says', async () => {
    await serve('right');
    const root = `sslrootcert=${encodeURIComponent(join(dir, 'root.pem'))}`;
    for (const good of [
      '',
      'sslmode=prefer',
      'sslmode=require',
      `sslmode=verify-ca&${root}`,
      `sslmode=verify-full&${root}`,
    ]) {
      expect([good, await isEncrypted(await opened(good))]).toEqual([good, 1]);
    }
    expect(await isEncrypted(await opened('sslmode=disable'))).toBe(0);
    for (const unsigned of ['sslmode=verify-ca', 'sslmode=verify-full']) {
      await expect(opened(unsigned)).rejects.toMatchObject({
        code: 'STORE_REFUSED',
        message: expect.stringContaining('has a certificate that is not taken: '),
        hint: expect.stringContaining('sslrootcert'),
      });
    }
    await expect(opened('sslmode=verify-full&sslrootcert=/nowhere.pem')).rejects.toMatchObject({
      code: 'STORE_REFUSED',
      message: 'the file /nowhere.pem cannot be read (ENOENT)',
    });
  });

  it('is refused where the certificate is of another host, unless nobody looks at that', async () => {
    await serve('other');
    const root = `sslrootcert=${encodeURIComponent(join(dir, 'root.pem'))}`;
    await expect(opened(`sslmode=verify-full&${root}`)).rejects.toMatchObject({
      code: 'STORE_REFUSED',
      message: expect.stringContaining('has a certificate that is not taken: '),
    });
    expect(await isEncrypted(await opened(`sslmode=verify-ca&${root}`))).toBe(1);
    // Whoever names a certificate wants it to be looked at, as with libpq.
    expect(await isEncrypted(await opened(`sslmode=require&${root}`))).toBe(1);
    await expect(
      opened(`sslmode=require&sslrootcert=${encodeURIComponent(join(dir, 'other.pem'))}`),
    ).rejects.toMatchObject({
      code: 'STORE_REFUSED',
    });
  });
});
