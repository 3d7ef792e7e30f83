/** The report's page in Chromium, opened from disk: what it shows, the search, no network, and axe's accessibility rules. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { guplint, temporaryTree } from '../harness/cli.ts';
import { chromiumPath } from '../vscode/workbench.ts';

const AXE = require.resolve('axe-core/axe.min.js');
/** A file whose name and text would break a page that takes them for markup. */
const HOSTILE = `static int demo_fill(unsigned long addr, struct page **pages)
{
	return get_user_pages_fast(addr, 1, FOLL_LONGTERM /* </script><b>x</b> */, pages);
}
`;

describe('report', () => {
  let browser: Browser;
  let page: Page;
  const asked: string[] = [];
  const complaints: string[] = [];

  before(async function () {
    const executablePath = chromiumPath();
    if (executablePath === undefined) this.skip();
    const tree = temporaryTree({ 'drivers/demo/a.c': HOSTILE, 'drivers/<b>.c': HOSTILE });
    const run = guplint(['report', '--kernel', '6.12', '-o', 'report.html', '.'], { cwd: tree });
    assert.equal(run.code, 0, run.err);
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
    page = await browser.newPage();
    page.on('request', (request) => asked.push(request.url()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => complaints.push(message.text()));
    await page.goto(pathToFileURL(path.join(tree, 'report.html')).href);
  });

  after(() => browser?.close());

  it('lists findings and sites, and asks for nothing else', async () => {
    assert.deepEqual(complaints, []);
    assert.deepEqual(
      asked.map((url) => path.basename(url)),
      ['report.html'],
    );
    assert.equal(await page.locator('#site-list > li').count(), 2);
    const findings = await page.locator('#finding-list summary').allTextContents();
    assert.equal(findings.filter((f) => f.includes('longterm-without-pin')).length, 2, findings.join('\n'));
    assert.ok(
      findings.some((f) => f.includes('drivers/<b>.c:3:9')),
      findings.join('\n'),
    );
    assert.equal(await page.locator('#plots canvas').count(), 3);
  });

  it('shows what a search leaves', async () => {
    await page.fill('#search', 'demo/a.c case');
    assert.equal(await page.locator('#site-list > li:visible').count(), 1);
    assert.match((await page.locator('#shown').textContent()) ?? '', /, 1 of 2 sites$/);
    await page.fill('#search', '');
    assert.equal(await page.locator('#site-list > li:visible').count(), 2);
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    it(`breaks no rule of axe (${colorScheme})`, async () => {
      await page.emulateMedia({ colorScheme });
      for (const summary of await page.locator('summary').all())
        await summary.evaluate((s) => ((s.parentElement as never as { open: boolean }).open = true));
      await page.evaluate(readFileSync(AXE, 'utf8'));
      const broken = await page.evaluate<string[]>(
        'axe.run().then((r) => r.violations.map((v) => v.id + ": " + v.nodes.map((n) => n.html).join(" ")))',
      );
      assert.deepEqual(broken, []);
    });
  }
});
