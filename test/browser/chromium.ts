import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';

const program = process.env.CHROMIUM || '/usr/bin/chromium';
const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** A browser of its own, and what its pages did that they may not. */
export interface Browser {
  page: Page;
  /** Errors of scripts, messages of the console, dialogs, which are accepted, and requests to anywhere but `origin`. */
  readonly faults: string[];
  close(): Promise<void>;
}

/** Starts Chromium without a profile. Throws when it is not there: nothing of this can be tested without it. */
export async function openBrowser(origin: string): Promise<Browser> {
  if (!existsSync(program)) throw new Error(`there is no ${program}: install chromium, or name one with CHROMIUM`);
  const profile = mkdtempSync(join(tmpdir(), 'chromium-'));
  const context: BrowserContext = await chromium.launchPersistentContext(profile, {
    executablePath: program,
    headless: true,
    args: [
      ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
      ...['--disable-component-update', '--disable-sync'],
    ],
    viewport: { width: 1360, height: 860 },
    colorScheme: 'light',
  });
  const page = context.pages()[0] ?? (await context.newPage());
  const faults: string[] = [];
  page.on('console', message => faults.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', error => faults.push(error.message));
  page.on('dialog', dialog => {
    faults.push(`a dialog: ${dialog.message()}`);
    void dialog.accept();
  });
  page.on('request', request => {
    if (!request.url().startsWith(`${origin}/`) && !request.url().startsWith('blob:')) faults.push(request.url());
  });
  return {
    page,
    faults,
    close: async () => {
      await context.close();
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** What axe finds wrong with a page as it is now, a line each. */
export async function violations(page: Page): Promise<string[]> {
  // The page's policy refuses scripts of others; the debugger's are none.
  if (!(await page.evaluate(() => 'axe' in globalThis))) {
    await page.evaluate(readFileSync(axe, 'utf8'));
  }
  const results = await page.evaluate(async () => {
    const { run } = (globalThis as unknown as { axe: { run(): Promise<AxeResults> } }).axe;
    return run();
  });
  return results.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary ?? ''}`),
  );
}

interface AxeResults {
  violations: readonly { id: string; nodes: readonly { html: string; failureSummary?: string }[] }[];
}

export const allSizes = [
  { width: 1360, height: 860 },
  { width: 390, height: 844 },
];

/** What axe finds, in both colours and at both widths. */
export async function everywhere(page: Page): Promise<string[]> {
  const found: string[] = [];
  // What moves has a colour in between.
  await page.emulateMedia({ reducedMotion: 'reduce' });
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const size of allSizes) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize(size);
      found.push(...(await violations(page)).map(one => `${colorScheme} ${size.width}: ${one}`));
    }
  }
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'no-preference' });
  await page.setViewportSize(allSizes[0] as { width: number; height: number });
  return found;
}
