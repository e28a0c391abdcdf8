/** Variables by which a program finds its user, its language and its files. */
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
 * Returns the environment for a program that this one starts. It has the few variables that any program needs. It has
 * no secret, such as the API key, and nothing for this process alone, such as systemd's sockets and credentials. Every
 * other variable is left out: nobody knows what it holds.
 */
export function childEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => passed.has(name) || name.startsWith('LC_')));
}
