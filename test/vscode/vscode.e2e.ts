/**
 * The extension in a real VS Code workbench: the package is built and installed, a folder with drivers is opened, and what a user
 * sees is looked at. Screenshots go to GUPLINT_SCREENSHOTS, or a temporary directory that is named at the end.
 */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { temporaryTree } from '../harness/cli.ts';
import { artefacts } from '../harness/package.ts';
import { Workbench } from './workbench.ts';

const ROOT = path.join(__dirname, '../..');
const CAPTURE = readFileSync(path.join(ROOT, 'examples/demo-capture.c'), 'utf8');
const CAPTURE_HEADER = readFileSync(path.join(ROOT, 'examples/demo-capture.h'), 'utf8');

const TAKE = `// SPDX-License-Identifier: MIT
#include "ring.h"

int ring_take(struct ring *r, unsigned long addr)
{
	int ret;

	ret = get_user_pages_fast(addr, r->nr, FOLL_WRITE, r->pages);
	if (ret != r->nr)
		return -EFAULT;
	return 0;
}
`;
const GIVE = `// SPDX-License-Identifier: MIT
#include "ring.h"

void ring_give(struct ring *r)
{
	int i;

	for (i = 0; i < r->nr; i++)
		put_page(r->pages[i]);
}

void ring_give_pinned(struct page **pages, int nr)
{
	unpin_user_pages(pages, nr);
}
`;
const HEADER = '#include <linux/mm.h>\n\nstruct ring {\n\tstruct page **pages;\n\tint nr;\n};\n';

describe('VS Code', function () {
  this.timeout(300_000);
  const shots = process.env.GUPLINT_SCREENSHOTS ?? mkdtempSync(path.join(os.tmpdir(), 'guplint-screenshots-'));
  let folder: string;
  let workbench: Workbench;

  const shot = async (name: string): Promise<void> => {
    await workbench.page.screenshot({ path: path.join(shots, `${name}.png`) });
  };

  before(async () => {
    mkdirSync(shots, { recursive: true });
    folder = temporaryTree({
      'demo-capture.c': CAPTURE,
      'demo-capture.h': CAPTURE_HEADER,
      'take.c': TAKE,
      'give.c': GIVE,
      'ring.h': HEADER,
    });
    workbench = await Workbench.open(artefacts().vsix, folder);
  });

  after(async () => {
    await workbench?.close();
    console.log(`      screenshots: ${shots}`);
  });

  afterEach(async function () {
    if (this.currentTest?.state === 'failed' && workbench !== undefined) await shot(`failed-${Date.now()}`);
  });

  /** Waits until a file of the folder was saved with such a text. */
  const saved = (name: string, wanted: RegExp): Promise<void> =>
    workbench.until(`${name} with ${wanted}`, () => wanted.test(readFileSync(path.join(folder, name), 'utf8')));

  it('draws squiggles, lenses and the status of a driver', async () => {
    const { page } = workbench;
    await workbench.openFile('demo-capture.c');
    await workbench.goTo('57');
    await page.waitForSelector('.squiggly-error', { timeout: 60_000 });
    await page.waitForSelector('.codelens-decoration:has-text("Case 1: direct I/O")', { timeout: 30_000 });
    const status = page.locator('.statusbar-item', { hasText: '6.12' }).first();
    await status.waitFor({ timeout: 30_000 });
    assert.match(await status.innerText(), /6\.12/);
    await page.waitForTimeout(800);
    await shot('findings');
  });

  it('lists the findings with their rules in the Problems panel', async () => {
    const { page } = workbench;
    await page.keyboard.press('Control+Shift+M');
    await page.waitForSelector('.markers-panel .monaco-list-row', { timeout: 30_000 });
    await shot('problems');
    for (const rule of ['longterm-without-pin', 'magic-gup-flags']) {
      await page.locator('.markers-panel-action-filter-container input, .viewpane-filter input').first().fill(rule);
      await page.waitForSelector(`.markers-panel .monaco-list-row:has-text("${rule}")`, { timeout: 10_000 });
    }
  });

  it('tells the case with its evidence in a hover', async () => {
    const { page } = workbench;
    await page.locator('.editor-instance .view-line', { hasText: 'pin_user_pages_fast(addr, nr, 1' }).first().waitFor();
    await workbench.clickWord('pin_user_pages_fast(addr, nr, 1', 'pin_user_pages_fast');
    await workbench.retry('hover', async () => {
      await page.keyboard.press('Control+k');
      await page.keyboard.press('Control+i');
      await page.waitForSelector('.monaco-hover:has-text("Evidence")', { timeout: 5000 });
    });
    await shot('hover');
    const text = await page.locator('.monaco-hover').allInnerTexts();
    assert.match(text.join('\n'), /Case 1: direct I\/O/);
    await page.keyboard.press('Escape');
  });

  it('applies a quick fix: the text and the problems change', async () => {
    const { page } = workbench;
    await workbench.goTo('45:38');
    const shown = await workbench.codeAction('Write FOLL_WRITE');
    assert.ok(
      shown.some((s) => s.includes('Explain magic-gup-flags')),
      shown.join(' | '),
    );
    await page.waitForSelector('.view-line:has-text("nr, FOLL_WRITE, pages")', { timeout: 30_000 });
    const row = '.markers-panel .monaco-list-row:has-text("magic-gup-flags")';
    await page.waitForSelector(row, { state: 'detached', timeout: 30_000 });
    await shot('fixed');
    await page.keyboard.press('Control+s');
    await saved('demo-capture.c', /pin_user_pages_fast\(addr, nr, FOLL_WRITE, pages\)/);
  });

  it('converts a site and its release in another file', async () => {
    const { page } = workbench;
    await workbench.openFile('take.c');
    await page.waitForSelector('.codelens-decoration:has-text("Case")', { timeout: 60_000 });
    await workbench.clickWord('get_user_pages_fast', 'get_user_pages_fast');
    await workbench.codeAction('Convert to pin_user_pages_fast()');
    await page.waitForSelector('.view-line:has-text("ret = pin_user_pages_fast")', { timeout: 30_000 });
    await shot('converted');
    await workbench.command('File: Save All Files');
    await saved('give.c', /unpin_user_pages?\(r->pages/);
    await saved('take.c', /pin_user_pages_fast\(addr, r->nr/);
  });

  it('shows all sites by case and by directory', async () => {
    const { page } = workbench;
    await workbench.command('guplint: Show Sites');
    const tree = page.locator('.pane-body .monaco-list-row');
    await page.waitForSelector('.monaco-list-row:has-text("Case 1: direct I/O")', { timeout: 60_000 });
    const rows = (await tree.allInnerTexts()).join('\n');
    assert.match(rows, /pin_user_pages_fast\(\)/);
    assert.match(rows, /demo_register\(\)/);
    await shot('sites');
  });

  it('checks the whole workspace', async () => {
    const { page } = workbench;
    await workbench.command('guplint: Check Workspace');
    await page.waitForSelector('.notification-toast:has-text("sites in")', { timeout: 60_000 });
    assert.match((await page.locator('.notification-toast').allInnerTexts()).join(' '), /\d+ errors, \d+ warnings/);
    await shot('workspace');
  });
});
