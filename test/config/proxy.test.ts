import { describe, expect, it } from 'vitest';
import { proxyPasswords, readProxy } from '../../src/config/proxy.ts';

const kapso = 'https://api.kapso.ai';
const named = (env: Record<string, string>, baseUrl = kapso) => readProxy(env, baseUrl).proxy;

describe('the proxy', () => {
  it.each([
    ['none is set', {}, null],
    ['it is set but empty', { HTTPS_PROXY: '' }, null],
    ['upper case', { HTTPS_PROXY: 'http://a:1' }, 'a:1 (HTTPS_PROXY)'],
    ['lower case comes first', { HTTPS_PROXY: 'http://a:1', https_proxy: 'http://b:2' }, 'b:2 (https_proxy)'],
    ['that of http stands in', { HTTP_PROXY: 'http://a:1' }, 'a:1 (HTTP_PROXY)'],
    ['that of https comes first', { http_proxy: 'http://a:1', HTTPS_PROXY: 'http://b:2' }, 'b:2 (HTTPS_PROXY)'],
    ['an empty one is passed over', { https_proxy: '', HTTPS_PROXY: 'http://b:2' }, 'b:2 (HTTPS_PROXY)'],
    ['without a scheme', { HTTPS_PROXY: 'proxy.example:3128' }, 'proxy.example:3128 (HTTPS_PROXY)'],
    ['without a port', { HTTPS_PROXY: 'https://proxy.example/' }, 'proxy.example:443 (HTTPS_PROXY)'],
    ['an IPv6 address', { HTTPS_PROXY: 'http://[2001:db8::1]:3128' }, '[2001:db8::1]:3128 (HTTPS_PROXY)'],
    ['with credentials', { HTTPS_PROXY: 'http://me:pa%40ss@p:1' }, 'p:1 (HTTPS_PROXY)'],
  ])('%s', (_, env, name) => {
    expect(named(env)?.name ?? null).toBe(name);
  });

  it.each(['http://127.0.0.1:8080', 'http://localhost:1', 'http://[::1]:1', 'https://127.0.0.1'])(
    'is not for a Kapso on this machine, %s',
    baseUrl => {
      expect(named({ HTTPS_PROXY: 'http://a:1', HTTP_PROXY: 'socks5://a:1' }, baseUrl)).toBeNull();
    },
  );

  it('comes with the hosts that are reached without it', () => {
    expect(named({ HTTPS_PROXY: 'http://a:1', NO_PROXY: '.internal' })?.noProxy).toBe('.internal');
    expect(named({ HTTPS_PROXY: 'http://a:1', NO_PROXY: '.internal', no_proxy: 'x' })?.noProxy).toBe('x');
  });

  it.each([
    ['a SOCKS proxy', 'socks5://me:secret-7@proxy:1080', 'SOCKS'],
    ['another scheme', 'ftp://me:secret-7@proxy:1', 'neither http:// nor https://'],
    ['a port that is none', 'http://me:secret-7@proxy:99999', 'is no address'],
    ['no host', 'http://', 'is no address'],
    ['a % of a password that is not written as %25', 'http://me:secret-7%zz@proxy:1', '%25'],
  ])('is refused without showing it: %s', (_, value, reason) => {
    const { proxy, problems } = readProxy({ https_proxy: value }, kapso);
    expect(proxy).toBeNull();
    expect(problems).toEqual([{ key: '', variable: 'https_proxy', message: expect.stringContaining(reason) }]);
    expect(JSON.stringify(problems)).not.toContain('secret-7');
  });

  it('is not taken from ALL_PROXY, which is said', () => {
    const { proxy, warnings } = readProxy({ ALL_PROXY: 'socks5://me:secret-7@proxy:1' }, kapso);
    expect(proxy).toBeNull();
    expect(warnings).toEqual([expect.stringMatching(/ALL_PROXY is not used.*HTTPS_PROXY/)]);
    expect(warnings.join()).not.toContain('secret-7');
  });
});

it.each([
  [{}, []],
  [{ HTTPS_PROXY: 'http://proxy.example.com:3128' }, []],
  [{ HTTPS_PROXY: 'http://me:pa%40ss-word@p:1' }, ['pa%40ss-word', 'pa@ss-word', 'me:pa@ss-word']],
  [
    { http_proxy: 'me:first@p', HTTP_PROXY: 'https://me:second@p' },
    ['first', 'first', 'me:first', 'second', 'second', 'me:second'],
  ],
  [{ HTTP_PROXY: 'http://me:100%@p', http_proxy: 'socks5://me:x@p' }, ['x', '100%']],
])('the passwords of %j are known', (env, passwords) => {
  expect(proxyPasswords(env)).toEqual(passwords);
});
