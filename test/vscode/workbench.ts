/**
 * A real VS Code workbench to test in: VS Code's own server, with its window in a headless Chromium. Every run has data directories of
 * its own.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { installExtension, serverCommand, serverEnvironment, vscodeServer } from './vscode-server.ts';

/** Built-in extensions that the tests need; the others only make the start slower. */
const KEPT_EXTENSIONS = /^(?:cpp|theme-defaults|theme-seti|markdown-.*|package\.json|node_modules)$/;

/** Chromium of the system; undefined where there is none. */
export function chromiumPath(): string | undefined {
  const found = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
  return found.find((p) => existsSync(p));
}

const SETTINGS = {
  'security.workspace.trust.enabled': false,
  'workbench.startupEditor': 'none',
  'telemetry.telemetryLevel': 'off',
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'chat.disableAIFeatures': true,
  'workbench.tips.enabled': false,
  'editor.minimap.enabled': false,
  'workbench.colorTheme': 'Default Light Modern',
  'guplint.kernel': '6.12',
};

/** A server with an extension installed, and a window on a folder. */
export class Workbench {
  readonly page: Page;
  readonly #browser: Browser;
  readonly #process: ChildProcess;
  readonly #data: string;

  private constructor(parts: { page: Page; browser: Browser; process: ChildProcess; data: string }) {
    this.page = parts.page;
    this.#browser = parts.browser;
    this.#process = parts.process;
    this.#data = parts.data;
  }

  /** Installs a .vsix and opens a folder. */
  static async open(vsix: string, folder: string): Promise<Workbench> {
    const server = vscodeServer();
    const data = mkdtempSync(path.join(os.tmpdir(), 'guplint-vscode-'));
    mkdirSync(path.join(data, 'data/User'), { recursive: true });
    writeFileSync(path.join(data, 'data/User/settings.json'), JSON.stringify(SETTINGS));
    const builtin = path.join(data, 'builtin');
    mkdirSync(builtin);
    for (const name of readdirSync(path.join(server, 'extensions')))
      if (KEPT_EXTENSIONS.test(name) && name !== 'node_modules')
        cpSync(path.join(server, 'extensions', name), path.join(builtin, name), { recursive: true });
    installExtension(vsix, data);
    const port = await freePort();
    const serve = [
      ...['--host', '127.0.0.1', '--port', String(port), '--without-connection-token'],
      ...['--enable-smoke-test-driver', '--telemetry-level', 'off', '--disable-workspace-trust'],
    ];
    const command = [...serverCommand(data), '--builtin-extensions-dir', builtin, ...serve];
    const child = spawn(process.execPath, command, { env: serverEnvironment(data), stdio: 'ignore' });
    await answering(`http://127.0.0.1:${port}/version`);
    const executablePath = chromiumPath();
    if (executablePath === undefined) throw new Error('no chromium');
    const browser = await chromium.launch({
      executablePath,
      headless: true,
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
    });
    const page = await browser.newPage({ viewport: { width: 1360, height: 850 } });
    await page.goto(`http://127.0.0.1:${port}/?folder=${encodeURIComponent(folder)}`);
    await page.waitForSelector('.monaco-workbench', { timeout: 60_000 });
    return new Workbench({ page, browser, process: child, data });
  }

  /** Goes to the tab of a file, or opens it from the explorer, which lists a file that is new on disk sooner when it is told to. */
  async openFile(name: string): Promise<void> {
    const row = this.page.locator('.explorer-folders-view .monaco-list-row', { hasText: name }).first();
    const tab = this.page.locator(`.tab[data-resource-name="${name}"]`).first();
    if ((await tab.count()) > 0) await tab.click();
    else {
      await row.waitFor({ timeout: 20_000 }).catch(async () => {
        await this.command('View: Show Explorer');
        await this.command('File: Refresh Explorer');
        await row.waitFor({ timeout: 60_000 });
      });
      await row.dblclick();
    }
    await this.page.waitForSelector(`.tab.active[data-resource-name="${name}"]`, { timeout: 30_000 });
    await this.page.waitForSelector('.editor-instance .view-line', { timeout: 30_000 });
  }

  /** Runs a command from the palette by its title. The palette sometimes swallows the first key: it is tried again. */
  async command(title: string): Promise<void> {
    const { page } = this;
    await this.retry(`command ${title}`, async () => {
      await page.keyboard.press('F1');
      await page.waitForSelector('.quick-input-widget input', { state: 'visible', timeout: 4000 });
      await page.keyboard.type(title);
      await this.#pick(title);
    });
  }

  /** Takes the entry of a title from the list that is open. Those that only begin like it, or were used before, may come first. */
  async #pick(title: string, timeout = 4000): Promise<void> {
    const { page } = this;
    const list = '.quick-input-list .monaco-list-row';
    await page.waitForSelector(`${list}:has-text("${title}")`, { timeout });
    const label = page.locator(`${list}.focused .label-name`).first();
    // Icons are characters of their own.
    const isFocused = async (): Promise<boolean> =>
      (await label.innerText({ timeout })).replace(/[^ -~]/g, '').trim() === title;
    for (let i = 0; i < 12 && !(await isFocused()); i++) await page.keyboard.press('ArrowDown');
    if (!(await isFocused())) throw new Error(`no entry ${title}`);
    await page.keyboard.press('Enter');
  }

  /** Moves the cursor to a place: `line` or `line:column`. */
  async goTo(place: string): Promise<void> {
    await this.page.keyboard.press('Control+1');
    await this.page.keyboard.press('Control+g');
    await this.page.waitForSelector('.quick-input-widget input', { state: 'visible', timeout: 10_000 });
    await this.page.keyboard.type(place);
    await this.page.keyboard.press('Enter');
    await this.page.waitForTimeout(300);
  }

  /** Puts the cursor into a word of the visible text. */
  async clickWord(line: string, word: string): Promise<void> {
    const row = this.page.locator('.editor-instance .view-line', { hasText: line }).first();
    await row.locator('span span', { hasText: word }).first().click();
  }

  /** Opens the menu of actions at the cursor and takes the one of a title. */
  async codeAction(title: string, key = 'Enter'): Promise<readonly string[]> {
    const { page } = this;
    let shown: readonly string[] = [];
    await this.retry(`action ${title}`, async () => {
      await page.keyboard.press('Control+.');
      await page.waitForSelector('.action-widget .monaco-list-row.focused', { timeout: 4000 });
      shown = (await page.locator('.action-widget .monaco-list-row').allInnerTexts()).map((s) => s.trim());
      const wanted = shown.findIndex((s) => s.includes(title));
      if (wanted < 0) throw new Error(`no action ${title} among ${shown.join(' | ')}`);
      for (let i = 0; i < shown.length; i++) {
        const focused = await page.locator('.action-widget .monaco-list-row.focused').innerText();
        if (focused.includes(title)) break;
        await page.keyboard.press('ArrowDown');
      }
      await page.keyboard.press(key);
    });
    return shown;
  }

  /**
   * The text of the notification that says something; waits a minute for it. VS Code shows no toast for a fourth notification
   * within 800 ms, and takes toasts away after some seconds: what is not seen as a toast is looked for in the notification centre.
   */
  async notified(text: string): Promise<string> {
    const item = this.page.locator('.notification-list-item', { hasText: text }).first();
    for (let tries = 1; ; tries++) {
      try {
        await item.waitFor({ timeout: 6000 });
        return await item.innerText();
      } catch (error) {
        const shown = await this.page.locator('.notification-list-item').allInnerTexts();
        if (tries >= 10) throw new Error(`no notification with ${text} among ${shown.join(' | ')}: ${error}`);
        await this.command('Notifications: Show Notifications');
      }
    }
  }

  /** Runs a task that an extension offers. The list shows the kinds of tasks first, and ahead of them what was run before. */
  async runTask(kind: string, name: string): Promise<void> {
    const { page } = this;
    await this.retry(`task ${name}`, async () => {
      await this.command('Tasks: Run Task');
      const before = page.locator('.quick-input-list .monaco-list-row', { hasText: name });
      await page.waitForSelector(`.quick-input-list .monaco-list-row:has-text("${kind}")`, { timeout: 20_000 });
      if ((await before.count()) === 0) await this.#pick(kind);
      await this.#pick(name, 20_000);
      await page.waitForSelector('.terminal-wrapper.active', { timeout: 20_000 });
    });
  }

  /** Opens the walkthrough of a title. */
  async walkthrough(title: string): Promise<void> {
    await this.retry(`walkthrough ${title}`, async () => {
      await this.command('Welcome: Open Walkthrough...');
      await this.#pick(title, 20_000);
      await this.page.waitForSelector('.gettingStartedContainer .step-title', { timeout: 10_000 });
    });
  }

  /** Shows the Problems panel with the rows that hold a text. */
  async problems(text: string): Promise<void> {
    const { page } = this;
    const filter = page.locator('.markers-panel-action-filter-container input, .viewpane-filter input').first();
    await this.retry('the Problems panel', async () => {
      await this.command('Problems: Focus on Problems View');
      await filter.waitFor({ state: 'visible', timeout: 5000 });
    });
    await filter.fill(text);
  }

  /** Milliseconds that the extension's activation took, as VS Code tells it. */
  async activationTime(): Promise<number> {
    await this.command('Developer: Show Running Extensions');
    const activated = /Activation: (\d+)ms/;
    const row = this.page
      .locator('.runtime-extensions-editor .monaco-list-row', { hasText: 'guplint' })
      .filter({ hasText: activated })
      .first();
    await row.waitFor({ timeout: 30_000 });
    const text = await row.innerText();
    const [, time] = activated.exec(text) ?? [];
    if (time === undefined) throw new Error(`no time of activation in ${text}`);
    return Number(time);
  }

  /** Tries a few times; between tries, whatever is open is closed. */
  async retry(what: string, attempt: () => Promise<void>): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        await attempt();
        return;
      } catch (error) {
        if (tries >= 6) throw new Error(`${what}: ${error instanceof Error ? error.message : String(error)}`);
        await this.page.keyboard.press('Escape');
        await this.page.waitForTimeout(500);
      }
    }
  }

  /** Waits until something holds that no selector can say, at most 20 seconds. */
  async until(what: string, test: () => boolean | Promise<boolean>): Promise<void> {
    for (let i = 0; i < 100; i++) {
      if (await test()) return;
      await this.page.waitForTimeout(200);
    }
    throw new Error(`waited in vain for ${what}`);
  }

  async close(): Promise<void> {
    await this.#browser.close();
    const ended = new Promise((resolve) => this.#process.on('exit', resolve));
    this.#process.kill();
    await ended;
    rmSync(this.#data, { recursive: true, force: true });
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

async function answering(url: string): Promise<void> {
  for (let i = 0; i < 300; i++) {
    try {
      if ((await fetch(url)).ok) return;
    } catch {
      // Not up yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`${url} does not answer`);
}
