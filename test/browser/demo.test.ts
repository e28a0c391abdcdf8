import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { allSizes, type Browser, everywhere, openBrowser, violations } from './chromium.ts';

const root = join(import.meta.dirname, '../..');
/** Milliseconds that only a hang reaches. */
const patience = 30_000;
/** Where the picture of the page goes. `PICTURES=docs/images npm run test:page` renews that of the documentation. */
const pictures = process.env.PICTURES || mkdtempSync(join(tmpdir(), 'pictures-'));

let dir: string;
let demo: ChildProcess;
let url: string;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'page-'));
  demo = spawn(process.execPath, [join(root, 'dist/kapso-whatsapp-cli.cjs'), 'demo'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, TMPDIR: dir, KAPSO_API_KEY: 'mine', OPENCLAW_TOKEN: 'mine' },
  });
  url = await printedAddress(demo);
  browser = await openBrowser(new URL(url).origin);
  page = browser.page;
  page.setDefaultTimeout(patience);
});

afterAll(async () => {
  await browser?.close();
  demo?.kill('SIGKILL');
  rmSync(dir, { recursive: true, force: true });
  if (!process.env.PICTURES) rmSync(pictures, { recursive: true, force: true });
});

async function printedAddress(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('the demo has no output');
  for await (const line of createInterface(child.stdout)) {
    const address = /http:\S+/.exec(line)?.[0];
    if (address !== undefined) return address;
  }
  throw new Error('the demo printed no address');
}

async function write(text: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Message' }).fill(text);
  await page.keyboard.press('Enter');
}

/** The row of the newest message with this text. */
const row = (text: string) => page.locator('.row', { has: page.locator('.words', { hasText: text }) }).first();
const bubble = (text: string) => page.locator('.bubble.mine', { hasText: text }).last();
const answer = (text: string) => page.locator('.bubble.theirs', { hasText: text }).last();
const line = (text: string | RegExp) => page.locator('#lines li', { hasText: text }).first();
const state = (part: string) => page.locator(`#part-${part} .state`).first();

/** Waits until a message has been answered, and its answer read. */
async function answered(text: string): Promise<void> {
  await page.waitForFunction(
    words =>
      [...document.querySelectorAll<HTMLElement>('.row')].some(
        one =>
          one.querySelector('.words')?.textContent === words && one.dataset.state === 'done' && one.dataset.at === '5',
      ),
    text,
  );
}

async function counters(): Promise<Record<string, number>> {
  const pairs = await page
    .locator('.counters > div')
    .evaluateAll(all =>
      all.map(one => [one.getAttribute('data-counter'), Number(one.querySelector('dd')?.textContent)]),
    );
  return Object.fromEntries(pairs);
}

async function choose(name: string): Promise<void> {
  await page.getByRole('button', { name: 'Send something else' }).click();
  await page.getByRole('button', { name }).click();
}

async function fact(text: string, label: string): Promise<string> {
  const found = row(text);
  if (!(await found.locator('details').evaluate(one => (one as HTMLDetailsElement).open))) {
    await found.locator('summary').click();
  }
  const value = await found.locator(`dt:text-is("${label}") + dd`).innerText();
  await found.locator('summary').click();
  return value;
}

describe('the page of the demo', () => {
  test('is for this machine only, and its address has a token', () => {
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#token=[\w-]{32}$/);
  });

  test('asks for the token without one, and hides it from the address', async () => {
    await page.goto(new URL(url).origin);
    await page.getByLabel('Token').fill('wrong');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'This page needs its token' }).waitFor();
    expect(await violations(page)).toEqual([]);
    await page.goto('about:blank');
    await page.goto(url);
    await page.locator('.counters > div').first().waitFor();
    expect(page.url()).toBe(`${new URL(url).origin}/`);
    expect(await violations(page)).toEqual([]);
  });

  test('takes a text through poll, store, run and answer, with ticks', async () => {
    await write('Hello there');
    await answer('You said: Hello there').waitFor();
    await answered('Hello there');
    expect(await bubble('Hello there').locator('.ticks').getAttribute('data-state')).toBe('read');
    expect(await fact('Hello there', 'Kept on disk')).toMatch(/by polling$/);
    expect(await fact('Hello there', 'The agent got')).toContain('> Hello there');
    await line('“Hello there” came by polling and is on disk').waitFor();
  });

  test('hands pictures, voice messages and files to the agent as media', async () => {
    await page.getByRole('textbox', { name: 'Message' }).fill('Look at this');
    await choose('A sample picture');
    await choose('A sample voice message');
    const chooser = page.waitForEvent('filechooser');
    await choose('A file of yours…');
    await (await chooser).setFiles({ name: 'note.txt', mimeType: 'text/plain', buffer: Buffer.from('A note.') });
    await page.getByRole('button', { name: 'Poll now' }).click();
    for (const name of ['Look at this', 'Voice message', 'note.txt']) await answered(name);
    expect(await fact('Look at this', 'The agent saw')).toMatch(/^image\/png, [\d,]+ bytes$/);
    const voice = /is here: *(\/\S+\.ogg)/.exec(await fact('Voice message', 'The agent got'))?.[1] ?? '';
    expect(readFileSync(voice)).toEqual(readFileSync(join(root, 'src/demo/voice-message.ogg')));
    // The browser can show and play what was sent.
    const shown = await bubble('Look at this')
      .locator('img')
      .evaluate(image => (image as HTMLImageElement).naturalWidth);
    expect(shown).toBe(640);
    await page.waitForFunction(() => (document.querySelector('audio')?.duration ?? 0) > 2);
    const refused = await page.evaluate(async () => {
      const { status } = await fetch('/actions/write', { method: 'POST', body: '{"texts": ["x"]}' });
      return status;
    });
    expect(refused).toBe(401);
  });

  test('shows what a customer writes as text', async () => {
    const text = '<img src=x onerror=alert(1)><script>alert(2)</script>';
    await write(text);
    await bubble(text).waitFor();
    await row(text).waitFor();
    await page.getByRole('button', { name: 'Poll now' }).click();
    await answered(text);
    expect(await page.locator('.bubble p img, .bubble script, .row img, #lines img').count()).toBe(0);
  });

  test('switches to webhooks, and keeps what comes twice once', async () => {
    await page.getByRole('radio', { name: 'Webhook' }).check();
    await page.waitForFunction(() => document.querySelector('#part-poller .state')?.textContent?.includes('webhooks'));
    // A poller that has just started also looks for what came before, and may find this one so.
    await write('After the switch');
    await answered('After the switch');
    await write('By webhook');
    await answered('By webhook');
    expect(await fact('By webhook', 'Kept on disk')).toMatch(/by webhook$/);
    const before = await counters();
    await row('By webhook').getByRole('button', { name: 'Have Kapso bring it again' }).click();
    await line('Kapso delivered “By webhook” again. The poller answered 200').waitFor();
    await row('By webhook').getByText('came twice').waitFor();
    for (const size of [...allSizes, { width: 1280, height: 740 }]) {
      await page.setViewportSize(size);
      const shown = await row('By webhook').evaluate(one =>
        ['.words', '.says'].map(part => {
          const { width, height } = one.querySelector(part)?.getBoundingClientRect() ?? { width: 0, height: 0 };
          return { isWide: width > 60, isOneLine: height < 30 };
        }),
      );
      expect(shown).toEqual(Array(2).fill({ isWide: true, isOneLine: true }));
    }
    await page.setViewportSize(allSizes[0] as { width: number; height: number });
    expect(await counters()).toEqual(before);
  });

  test('loses and doubles nothing when the poller is killed in the midst', async () => {
    await choose('Five messages at once');
    await row('Five').waitFor();
    await page.locator('#poller-turn').click();
    await line(/^.*The poller was killed \(SIGKILL, process \d+\)/).waitFor();
    await state('poller').getByText('Does not run').waitFor();
    await write('While it was dead');
    await page.waitForFunction(() => document.querySelector('.row .says')?.textContent === 'Waits for the poller');
    await page.locator('#poller-turn').click();
    for (const text of ['One', 'Two', 'Three', 'Four', 'Five', 'While it was dead']) await answered(text);
  });

  test('loses and doubles nothing when the gateway is killed in the midst of a run', async () => {
    await write('[[slow 1500]] a long answer');
    await page.waitForFunction(() => document.querySelector('.row')?.getAttribute('data-at') === '3');
    await page.locator('#gateway-turn').click();
    await line('The gateway was killed').waitFor();
    await write('Meanwhile');
    await page.waitForFunction(() =>
      document.querySelector('.row .says')?.textContent?.includes('Waits for the gateway'),
    );
    await page.locator('#part-poller[data-phase="trouble"]').waitFor();
    expect(await violations(page)).toEqual([]);
    await page.locator('#gateway-turn').click();
    for (const text of ['[[slow 1500]] a long answer', 'Meanwhile']) await answered(text);
  });

  test('keeps what is written while Kapso is away on the phone', async () => {
    await page.getByRole('button', { name: 'Take offline' }).click();
    await state('kapso').getByText('Away').waitFor();
    await write('Can you hear me?');
    await bubble('Can you hear me?').locator('.ticks[data-state="waiting"]').waitFor();
    await page.getByRole('button', { name: 'Bring back' }).click();
    await answered('Can you hear me?');
  });

  test('switches back to polling, where Kapso lists a message again', async () => {
    await page.getByRole('radio', { name: 'Polling' }).check();
    await page.locator('#countdown', { hasText: 'next in' }).waitFor();
    await row('Can you hear me?').getByRole('button', { name: 'Have Kapso bring it again' }).click();
    await line('Kapso lists “Can you hear me?” again').waitFor();
    await write('The last one');
    await row('The last one').waitFor();
    await page.getByRole('button', { name: 'Poll now' }).click();
    await answered('The last one');
    const { written, kept, run, answered: replies, lost, doubled } = await counters();
    expect({ kept, run, replies, lost, doubled }).toEqual({
      ...{ kept: written, run: written, replies: written, lost: 0, doubled: 0 },
    });
    expect(written).toBe(17);
  });

  test('has nothing that axe finds wrong, light and dark, wide and narrow', async () => {
    await row('The last one').locator('summary').click();
    expect(await everywhere(page)).toEqual([]);
    for (const size of allSizes) {
      await page.setViewportSize(size);
      const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(wider).toBeLessThanOrEqual(0);
    }
    await page.setViewportSize(allSizes[0] as { width: number; height: number });
    await row('The last one').locator('summary').click();
  });

  test('works by keyboard alone, and stands still for who wants that', async () => {
    await page.reload();
    await page.locator('.bubble.theirs', { hasText: 'The last one' }).waitFor();
    await page.getByRole('link', { name: 'Go to the message' }).focus();
    await page.keyboard.press('Enter');
    await page.keyboard.type('By hand');
    await page.keyboard.press('Enter');
    await row('By hand').waitFor();
    await page.locator('#poll-now').focus();
    await page.keyboard.press('Enter');
    await answered('By hand');
    await page.locator('#words').focus();
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('sample-picture');
    await page.keyboard.press('Escape');
    expect(await page.locator('#attach-menu').isVisible()).toBe(false);
    await page.locator('#theme').focus();
    await page.keyboard.press('Space');
    expect(await page.evaluate(() => getComputedStyle(document.body).colorScheme)).toBe('dark');
    await page.keyboard.press('Space');
    await page.emulateMedia({ reducedMotion: 'reduce' });
    expect(await page.evaluate(() => document.getAnimations().length)).toBe(0);
    await page.emulateMedia({ reducedMotion: 'no-preference' });
  });

  test('asks for nothing from elsewhere, and nothing of it fails', () => {
    // Chromium itself says that it got those two.
    expect(browser.faults.filter(fault => !fault.includes('status of 401'))).toEqual([]);
  });

  test('has a picture for the documentation, which is small', async () => {
    mkdirSync(pictures, { recursive: true });
    await page.setViewportSize({ width: 1280, height: 740 });
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await page.getByRole('textbox', { name: 'Message' }).focus();
    const path = join(pictures, 'demo.png');
    await page.screenshot({ path });
    expect(statSync(path).size).toBeLessThan(150 * 1024);
  });

  test('ends everything at Ctrl-C, and leaves nothing behind', async () => {
    demo.kill('SIGINT');
    expect((await once(demo, 'exit'))[0]).toBe(0);
    expect(readdirSync(dir)).toEqual([]);
    await page.getByText('The demo does not answer').waitFor();
  });
});
