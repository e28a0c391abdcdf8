import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Program } from '../e2e/program.ts';
import { createStage } from '../e2e/programs.ts';
import { everywhere, openBrowser } from './chromium.ts';

const token = 'ui-token-71c0d95ae8b4';
const on = { KAPSO_UI_ENABLE: 'true', KAPSO_UI_ADDR: '127.0.0.1:0', KAPSO_UI_TOKEN: token };

async function originOf(poller: Program): Promise<string> {
  const line = poller.lines[await poller.says('The page is served')] ?? '';
  return `http://${(JSON.parse(line) as { address: string }).address}`;
}

test('the page of a running poller shows its queue and problems, and retries and drops what failed', async () => {
  const stage = createStage();
  const kapso = await stage.startKapso();
  const gateway = await stage.startGateway();
  const poller = await stage.startPoller(on);
  const origin = await originOf(poller);
  const { page, faults, close } = await openBrowser(origin);
  onTestFinished(close);
  page.setDefaultTimeout(30_000);
  const row = (name: string) => page.locator('.row', { hasText: name }).first();
  const says = (name: string, words: string) => row(name).locator('.says', { hasText: words });

  await page.goto(origin);
  await page.getByLabel('Token').fill(token);
  await page.keyboard.press('Enter');
  await page.getByText('All is well.').waitFor();
  await page.getByText('No message has come yet.').waitFor();

  await kapso.receive([
    { from: '+15551230001', text: 'hello' },
    { from: '+15551230002', text: '[[fail-late]]' },
    { from: '+15551230003', text: '<img src=x onerror=alert(1)>' },
  ]);
  poller.signal('SIGUSR2');
  await says('+1555…01', 'Answered by relay, sent').waitFor();
  await says('+1555…02', 'Given up').waitFor();
  await says('+1555…03', 'Answered').waitFor();
  expect(await page.locator('[data-counter="failed"] dd').innerText()).toBe('1');
  expect(await page.locator('body').innerText()).not.toContain('hello');

  // It fails again, and is given up for good.
  await row('+1555…02').getByRole('button', { name: 'Retry' }).click();
  await page.locator('#lines li', { hasText: 'the gateway has taken its run' }).nth(3).waitFor();
  await says('+1555…02', 'Given up').waitFor();
  await row('+1555…02').getByRole('button', { name: 'Drop', exact: false }).click();
  await says('+1555…02', 'Dropped: ').waitFor();

  await gateway.end('SIGKILL');
  await page.locator('#part-gateway .todo', { hasText: 'Start the gateway: openclaw gateway' }).waitFor();
  await page.locator('#part-gateway[data-phase="trouble"]').waitFor();
  await kapso.receive([{ from: '+15551230004', text: 'are you there?' }]);
  poller.signal('SIGUSR2');
  await row('+1555…04').locator('.says').waitFor();
  expect(await everywhere(page)).toEqual([]);

  const pictures = process.env.PICTURES || mkdtempSync(join(tmpdir(), 'pictures-'));
  if (!process.env.PICTURES) onTestFinished(() => rmSync(pictures, { recursive: true, force: true }));
  mkdirSync(pictures, { recursive: true });
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.setViewportSize({ width: 1200, height: 860 });
  await row('+1555…02').locator('summary').click();
  await page.screenshot({ path: join(pictures, 'poller.png') });
  const boxOf = async (part: string) => {
    const box = await row('+1555…02').locator(part).boundingBox();
    return box === null ? expect.fail(`${part} is not shown`) : { ...box, right: box.x + box.width };
  };
  for (const width of [1090, 1200, 1600]) {
    await page.setViewportSize({ width, height: 860 });
    const [name, track] = await Promise.all([boxOf('summary'), boxOf('.track')]);
    const [fate, facts] = await Promise.all([boxOf('.fate'), boxOf('dl')]);
    // The open row has its stages beside its name, and its facts below, where they meet nothing.
    expect(track.x, `${width}`).toBeGreaterThanOrEqual(name.right);
    expect(track.y, `${width}`).toBeLessThan(name.y + name.height);
    expect(facts.y, `${width}`).toBeGreaterThan(track.y);
    expect(facts.right, `${width}`).toBeLessThanOrEqual(fate.x);
    await row('+1555…02').locator('summary').click();
    expect((await boxOf('summary')).width, `${width}`).toBeCloseTo(name.width, 0);
    await row('+1555…02').locator('summary').click();
  }
  expect(statSync(join(pictures, 'poller.png')).size).toBeLessThan(150 * 1024);

  await page.getByLabel('Only what failed').check();
  expect(await row('+1555…01').isVisible()).toBe(false);
  await poller.end();
  await page.getByText('The poller does not answer').waitFor();
  const own = faults.filter(fault => !/status of 401|ERR_CONNECTION_REFUSED|ERR_INCOMPLETE|a dialog/.test(fault));
  expect(own).toEqual([]);
});
