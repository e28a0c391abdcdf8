/** What a program needs to find itself, its user, its language and its files. */
const passed: ReadonlySet<string> = new Set([
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'LANG',
  'LANGUAGE',
  'TZ',
  'TMPDIR',
  'XDG_RUNTIME_DIR',
  'LD_LIBRARY_PATH',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
]);

/**
 * The environment of a program that this one starts: the little that any program needs, and nothing of what may be a secret, such as the API key,
 * or is meant for this process alone, such as systemd's sockets and credentials. What a variable of another name holds cannot be known.
 */
export function childEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => passed.has(name) || name.startsWith('LC_')));
}
