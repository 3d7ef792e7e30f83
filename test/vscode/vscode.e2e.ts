/**
 * The extension in a real VS Code workbench: the package is built and installed, a folder with drivers is opened, and what a user
 * sees is looked at. Screenshots go to GUPLINT_SCREENSHOTS, or a temporary directory that is named at the end.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
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
const PEEK = `// SPDX-License-Identifier: MIT
#include <linux/mm.h>

int peek(unsigned long addr)
{
	struct page *page;
	int dirty;

	if (get_user_pages_fast(addr, 1, 0, &page) != 1)
		return -EFAULT;
	dirty = PageDirty(page);
	put_page(page);
	return dirty;
}
`;
const LATE = `// SPDX-License-Identifier: MIT
#include <linux/mm.h>

int late(unsigned long addr)
{
	struct page *page;

	if (pin_user_pages_fast(addr, 1, 0, &page) != 1)
		return -EFAULT;
	put_page(page);
	return 0;
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
    const tree = temporaryTree({
      'demo-driver/demo-capture.c': CAPTURE,
      'demo-driver/demo-capture.h': CAPTURE_HEADER,
      'demo-driver/take.c': TAKE,
      'demo-driver/give.c': GIVE,
      'demo-driver/ring.h': HEADER,
      'demo-driver/peek/peek.c': PEEK,
    });
    folder = path.join(tree, 'demo-driver');
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
    workbench.until(`${name} with ${wanted}`, () => {
      const file = path.join(folder, name);
      return existsSync(file) && wanted.test(readFileSync(file, 'utf8'));
    });

  /** The settings of the folder; taken while the window is open. */
  const settings = (values: Readonly<Record<string, unknown>>): void => {
    mkdirSync(path.join(folder, '.vscode'), { recursive: true });
    writeFileSync(path.join(folder, '.vscode/settings.json'), JSON.stringify(values));
  };

  it('starts with a header, and says that there is nothing in it', async () => {
    await workbench.openFile('ring.h');
    await workbench.page
      .locator('.statusbar-item', { hasText: /^\s*guplint\s*$/ })
      .first()
      .waitFor({ timeout: 60_000 });
  });

  it('draws squiggles, lenses and the status of a driver', async () => {
    const { page } = workbench;
    await workbench.openFile('demo-capture.c');
    await workbench.goTo('57');
    await page.waitForSelector('.squiggly-error', { timeout: 60_000 });
    await page.waitForSelector('.codelens-decoration:has-text("Case 1: direct I/O")', { timeout: 30_000 });
    const status = page.locator('.statusbar-item', { hasText: '6.12' }).first();
    await status.waitFor({ timeout: 30_000 });
    assert.match(await status.innerText(), /6\.12\s+\d+\s+\d+/);
    const told = page.locator('.monaco-hover', { hasText: 'index:' }).first();
    await workbench.retry('details of the status', async () => {
      await status.hover();
      await told.waitFor({ timeout: 5000 });
    });
    const details = await told.innerText();
    assert.match(details, /kernel 6\.12, by the setting guplint\.kernel/);
    assert.match(details, /4 sites; \d+ errors, \d+ warnings, \d+ hints/);
    assert.match(details, /index: (?:open files only|\d+ files?, the directories in use)/);
    await shot('status');
    await page.mouse.move(500, 300);
    await page.waitForTimeout(800);
    await shot('findings');
  });

  it('lists the findings with their rules in the Problems panel', async () => {
    const { page } = workbench;
    await page.keyboard.press('Control+Shift+M');
    await page.waitForSelector('.markers-panel .monaco-list-row', { timeout: 30_000 });
    await page.waitForSelector('.markers-panel a:has-text("pin-leaked")', { timeout: 10_000 });
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
    // It fades in.
    await page.waitForTimeout(600);
    await shot('hover');
    const text = await page.locator('.monaco-hover').allInnerTexts();
    assert.match(text.join('\n'), /Case 1: direct I\/O/);
    await page.keyboard.press('Escape');
  });

  it('applies a quick fix: the text and the problems change', async () => {
    const { page } = workbench;
    await workbench.goTo('45:38');
    const shown = await workbench.codeAction('Use FOLL_WRITE');
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
    // Control+Enter shows what changes in both files before it is done.
    await workbench.codeAction('Convert to pin_user_pages_fast()', 'Control+Enter');
    await page.waitForSelector('.bulk-edit-panel .monaco-list-row:has-text("give.c")', { timeout: 30_000 });
    await shot('preview');
    await page.locator('.bulk-edit-panel .monaco-button', { hasText: 'Apply' }).first().click();
    await page.waitForSelector('.view-line:has-text("ret = pin_user_pages_fast")', { timeout: 30_000 });
    await shot('converted');
    await workbench.command('File: Save All Files');
    await saved('give.c', /unpin_user_pages?\(r->pages/);
    await saved('take.c', /pin_user_pages_fast\(addr, r->nr/);
  });

  it('shows all sites by case and by directory', async () => {
    const { page } = workbench;
    await workbench.command('View: Hide Panel');
    await workbench.command('guplint: Show Sites');
    const row = (text: string) => page.locator('.pane-body .monaco-list-row', { hasText: text }).first();
    await row('Case 1: direct I/O').waitFor({ timeout: 60_000 });
    const rows = (await page.locator('.pane-body .monaco-list-row').allInnerTexts()).join('\n');
    assert.match(rows, /pin_user_pages_fast\(\)/);
    assert.match(rows, /demo_register\(\)/);
    assert.match(await row('Case 2: long-term DMA').innerText(), /Case 2: long-term DMA\s*2/);
    assert.equal(await row('Case 2: long-term DMA').locator('.codicon-pinned').count(), 1);
    await shot('sites');
    await page
      .locator('.pane-header, .composite.title')
      .locator('[aria-label^="Group Sites by Directory"]')
      .first()
      .click();
    const directory = page.locator('.pane-body .monaco-list-row[aria-level="1"]', { hasText: 'peek' }).first();
    await directory.waitFor({ timeout: 20_000 });
    assert.match(await directory.innerText(), /^peek\s*1$/);
    assert.equal(await directory.locator('.codicon-folder').count(), 1);
    assert.equal(await row('Case 1: direct I/O').count(), 0);
    await shot('sites-by-directory');
  });

  it('shows hints and hides lenses as the settings say, at once', async () => {
    const { page } = workbench;
    await page.waitForSelector('.codelens-decoration:has-text("Case 2")', { timeout: 30_000 });
    assert.equal(await page.locator('.editor-instance .view-line', { hasText: 'case 2, long' }).count(), 0);
    settings({ 'guplint.inlayHints.cases': true, 'guplint.inlayHints.impliedFlags': true });
    await page.waitForSelector('.editor-instance .view-line:has-text("case 2, long")', { timeout: 30_000 });
    await page.waitForSelector('.editor-instance .view-line:has-text("| FOLL_PIN")', { timeout: 30_000 });
    await shot('hints');
    settings({ 'guplint.codeLens.enabled': false });
    await page.waitForSelector('.codelens-decoration:has-text("Case 2")', { state: 'detached', timeout: 30_000 });
    const hint = page.locator('.editor-instance .view-line', { hasText: 'case 2, long' });
    await hint.waitFor({ state: 'detached', timeout: 30_000 });
    settings({});
    await page.waitForSelector('.codelens-decoration:has-text("Case 2")', { timeout: 30_000 });
  });

  it('exports a report', async () => {
    const { page } = workbench;
    await workbench.command('guplint: Export Report');
    const input = page.locator('.quick-input-widget input').first();
    await input.waitFor({ state: 'visible', timeout: 20_000 });
    await workbench.until('the proposed name', async () => /\/guplint-report\.html$/.test(await input.inputValue()));
    await page.keyboard.press('Enter');
    await workbench.notified('sites written');
    await saved('guplint-report.html', /demo_register/);
  });

  it('runs the task, and shows what the problem matcher reads in the Problems panel', async () => {
    const { page } = workbench;
    mkdirSync(path.join(folder, 'late'), { recursive: true });
    writeFileSync(path.join(folder, 'late/late.c'), LATE);
    await workbench.runTask('guplint', 'guplint: check');
    await workbench.problems('late.c');
    const rows = page.locator('.markers-panel .monaco-list-row');
    const problem = rows.filter({ hasText: 'put-on-pinned' });
    await problem.waitFor({ timeout: 60_000 });
    const line = LATE.split('\n').findIndex((text) => text.includes('put_page')) + 1;
    assert.match(
      await problem.innerText(),
      new RegExp(`late\\(\\) puts pages .* on 6\\.12 .*guplint.*\\[Ln ${line}, Col 2\\]`, 's'),
    );
    assert.equal(await problem.locator('.codicon-error').count(), 1);
    await shot('task');
    // Once the file is open it is the server that tells of it, with the path and the page of the rule, and nothing is told twice.
    await problem.dblclick();
    await page.waitForSelector('.tab.active[data-resource-name="late.c"]', { timeout: 30_000 });
    const told = rows.filter({ has: page.locator('a', { hasText: 'put-on-pinned' }) });
    await told.waitFor({ timeout: 60_000 });
    await workbench.until('one row for the finding', async () => (await problem.count()) === 1);
    await workbench.runTask('guplint', 'guplint: check');
    await workbench.problems('late.c');
    await page.waitForTimeout(3000);
    assert.equal(await told.count(), 1);
    assert.equal(await problem.count(), 1);
  });

  it('explains the rule under the cursor, shows its output, and starts the server again', async () => {
    const { page } = workbench;
    await workbench.openFile('late.c');
    await workbench.goTo('10:4');
    await page.waitForSelector('.squiggly-error', { timeout: 60_000 });
    await workbench.command('guplint: Explain a Rule, Case, Function or Flag');
    const explained = page.locator('.tab.active', { hasText: 'put-on-pinned' });
    await explained.waitFor({ timeout: 30_000 });
    // A page in a page, which is there some time after its tab.
    const preview = page.frameLocator('iframe.webview').frameLocator('#active-frame');
    await preview.locator('h1', { hasText: /^put-on-pinned$/ }).waitFor({ timeout: 60_000 });
    assert.match(await preview.locator('body').innerText(), /Why is this bad\?[\s\S]*unpin_user_page/);
    await shot('explained');
    await workbench.command('guplint: Show Output');
    await page
      .locator('.panel .title-label, .panel .action-item.checked', { hasText: /output/i })
      .first()
      .waitFor();
    await workbench.openFile('late.c');
    await workbench.command('guplint: Restart Server');
    await page.waitForSelector('.squiggly-error', { state: 'detached', timeout: 30_000 }).catch(() => undefined);
    await page.waitForSelector('.squiggly-error', { timeout: 60_000 });
    await page.locator('.statusbar-item', { hasText: '6.12' }).first().waitFor({ timeout: 30_000 });
  });

  it('walks through its parts', async () => {
    const { page } = workbench;
    await workbench.command('View: Close All Editors');
    await page.waitForSelector('iframe.webview', { state: 'detached', timeout: 20_000 });
    await workbench.walkthrough('User pages with guplint');
    const steps = page.locator('.gettingStartedContainer .step-title');
    const titles = (await steps.allInnerTexts()).map((t) => t.trim()).filter((t) => t !== '');
    assert.deepEqual(titles, ['Open a driver', 'Say which kernels', 'See every site', 'Check the whole workspace']);
    await steps.filter({ hasText: 'See every site' }).first().click();
    const media = page.frameLocator('iframe.webview').frameLocator('#active-frame');
    await media.locator('body', { hasText: /case/i }).waitFor({ timeout: 60_000 });
    await shot('walkthrough');
  });

  it('checks the whole workspace', async () => {
    await workbench.command('guplint: Check Workspace');
    assert.match(await workbench.notified('sites in'), /\d+ errors, \d+ warnings/);
    await shot('workspace');
  });

  it('is activated within 300 ms', async () => {
    const time = await workbench.activationTime();
    console.log(`      activated in ${time} ms`);
    assert.ok(time < 300, `${time} ms`);
  });
});
