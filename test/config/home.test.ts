import { homedir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { homeDirectory } from '../../src/config/home.ts';

describe('the home directory', () => {
  it("is the user's", () => {
    const env = { HOME: homedir() };
    expect(homeDirectory(env)).toBe(homedir());
    expect(env).toEqual({ HOME: homedir() });
  });

  it('is / for a user that has none, and that is said to whoever asks the environment', () => {
    const env: NodeJS.ProcessEnv = {};
    const home = homeDirectory(env, () => {
      throw new Error('uv_os_homedir returned ENOENT');
    });
    expect({ home, env }).toEqual({ home: '/', env: { HOME: '/' } });
  });
});
