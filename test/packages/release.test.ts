import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { bundledLicenses } from '../../packaging/licenses.ts';
import { checkRelease } from '../../packaging/release.ts';

const root = join(import.meta.dirname, '../..');
const { scripts, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

describe('a release', () => {
  const changelog = (heading: string, unreleased = '') => `# Changelog

## [Unreleased]
${unreleased}
${heading}

### Added

- Everything.

## [0.9.0] - 2026-01-01

- The one before.
`;
  const right = {
    tag: 'v1.2.3',
    version: '1.2.3',
    locked: ['1.2.3', '1.2.3'],
    changelog: changelog('## [1.2.3] - 2026-11-29'),
  };

  test('has as its text what the change log says of its version, and nothing of others', () => {
    expect(checkRelease(right)).toEqual({ problems: [], notes: '### Added\n\n- Everything.' });
  });

  test.each([
    ['another tag', { tag: 'v1.2.4' }, /^The tag is v1\.2\.4, .* must be v1\.2\.3\.$/],
    ['a tag without v', { tag: '1.2.3' }, /^The tag is 1\.2\.3/],
    ['another version in the lock', { locked: ['1.2.3', '1.2.2'] }, /^package-lock\.json has 1\.2\.2/],
    [
      'a change log without it',
      { changelog: changelog('## [1.2.2] - 2026-11-29') },
      /^The newest version in CHANGELOG\.md is 1\.2\.2/,
    ],
    ['no date', { changelog: changelog('## [1.2.3]') }, /no date for 1\.2\.3/],
    ['a date that is none', { changelog: changelog('## [1.2.3] - 2026-13-29') }, /no date for 1\.2\.3/],
    [
      'changes that nobody moved',
      { changelog: changelog('## [1.2.3] - 2026-11-29', '\n- More.\n') },
      /text under Unreleased/,
    ],
    [
      'nothing said of it',
      { changelog: '## [1.2.3] - 2026-11-29\n\n## [0.9.0] - 2026-01-01\n\n- Old.\n' },
      /says nothing of 1\.2\.3/,
    ],
  ])('is refused with %s, in one sentence', (_what, change, problem) => {
    expect(checkRelease({ ...right, ...change }).problems).toEqual([expect.stringMatching(problem)]);
  });

  test('is refused by the program with 1, and without a tag with 64', () => {
    const run = (...args: string[]) =>
      spawnSync(process.execPath, [join(root, 'packaging/release.ts'), ...args], { encoding: 'utf8' });
    expect(run(`v${version}-none`)).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringMatching(/^The tag is v/),
    });
    expect(run().status).toBe(64);
  });

  test('has a bill of materials with every package that is in the bundles, and none of development', () => {
    const printed = execFileSync(process.execPath, [join(root, 'packaging/sbom.ts')], { encoding: 'utf8' });
    const { bomFormat, metadata, components } = JSON.parse(printed);
    expect({ bomFormat, name: metadata.component.name, version: metadata.component.version }).toEqual({
      bomFormat: 'CycloneDX',
      name: 'openclaw-kapso-whatsapp',
      version,
    });
    const purls: string[] = components.map(({ purl }: { purl: string }) => decodeURIComponent(purl));
    expect(
      bundledLicenses(root)
        .map(one => `pkg:npm/${one.name}@${one.version}`)
        .filter(purl => !purls.includes(purl)),
    ).toEqual([]);
    expect(purls.filter(purl => /vitest|typescript|biome|node-linux/.test(purl))).toEqual([]);
  });
});

interface Job {
  needs?: string | string[];
  uses?: string;
  permissions?: Record<string, string>;
  'timeout-minutes'?: number;
  steps?: { uses?: string; run?: string }[];
}

describe.each(readdirSync(join(root, '.github/workflows')))('the workflow %s', file => {
  const { on, permissions, jobs } = parse(readFileSync(join(root, '.github/workflows', file), 'utf8')) as {
    on: object;
    permissions: object;
    jobs: Record<string, Job>;
  };
  const steps = Object.values(jobs).flatMap(job => job.steps ?? []);
  const runs = steps.flatMap(({ run }) => (run === undefined ? [] : [run]));

  test('may read only, but for the job that publishes and the one that writes the release', () => {
    expect(permissions).toEqual({ contents: 'read' });
    const more = Object.entries(jobs).flatMap(([name, job]) => (job.permissions ? [[name, job.permissions]] : []));
    expect(more).toEqual(
      file === 'release.yml'
        ? [
            ['publish', { contents: 'read', 'id-token': 'write' }],
            ['release', { contents: 'write' }],
          ]
        : [],
    );
  });

  test('names a version of each action, a limit of each job, and jobs that exist', () => {
    for (const { uses } of [...steps, ...Object.values(jobs)]) {
      if (uses?.startsWith('./')) expect(existsSync(join(root, uses))).toBe(true);
      else if (uses !== undefined) expect(uses).toMatch(/^[\w-]+\/[\w-]+@(v\d+(\.\d+)*|[0-9a-f]{40})$/);
    }
    for (const [name, job] of Object.entries(jobs)) {
      expect([name, job.uses ?? job['timeout-minutes']]).not.toContain(undefined);
      for (const needed of [job.needs ?? []].flat()) expect(Object.keys(jobs)).toContain(needed);
    }
  });

  test('runs scripts and files that exist, and puts nothing of an event into a command', () => {
    for (const run of runs) {
      for (const [, script = ''] of run.matchAll(/\bnpm run (?:--silent )?([\w:]+)/g))
        expect(scripts).toHaveProperty([script]);
      for (const [path] of run.matchAll(/(?<=^|\s)(?:packaging|\.ci|test)\/[\w./-]+/g))
        expect([path, existsSync(join(root, path))]).toEqual([path, true]);
      expect(run).not.toMatch(/\$\{\{(?! matrix\.command \}\}$)/);
    }
    expect(runs.length).toBeGreaterThan(0);
  });

  test('is called by the other, or by a tag', () => {
    expect(on).toHaveProperty(file === 'release.yml' ? ['push', 'tags'] : ['workflow_call']);
  });
});

test('the npm package has all that it needs and no more', () => {
  const [{ files }] = JSON.parse(
    // Without the build before it: other tests use what is built.
    execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: root, encoding: 'utf8' }),
  ) as [{ files: { path: string }[] }];
  const packed = files.map(({ path }) => path);
  const { bin, man } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const below = (dir: string) =>
    readdirSync(join(root, dir), { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile())
      .map(entry => join(entry.parentPath, entry.name).slice(root.length + 1));
  const wanted = [
    ...[...Object.values<string>(bin), ...man, 'README.md', 'LICENSE', 'CHANGELOG.md', 'SECURITY.md', 'package.json'],
    ...['dist/completions', 'dist/on-demand', 'dist/page', 'docs', 'nix/systemd', 'skills'].flatMap(below),
    ...['kapso-whatsapp.example.yaml', 'schema/kapso-whatsapp.schema.json'],
  ];
  expect(wanted.filter(path => !packed.includes(path))).toEqual([]);
  // The simulator and the demo besides, and nothing of the sources, the tests or other packages.
  expect(packed.filter(path => !wanted.includes(path) && !/^dist\/[\w-]+\.(js|html)$/.test(path))).toEqual([]);
});
