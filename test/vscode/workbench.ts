/**
 * A real VS Code workbench to test in: the server of the code-server package, which is VS Code's own, with its window in a headless
 * Chromium. Installed once into a cache; every run has data directories of its own.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';

/** The release that is tested with: VS Code 1.100.3. */
const RELEASE = '4.100.3';

const CACHE = path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'), 'guplint');

/** Built-in extensions that the tests need; the others only make the start slower. */
const KEPT_EXTENSIONS = /^(?:cpp|theme-defaults|theme-seti|markdown-.*|package\.json|node_modules)$/;

/** Chromium of the system; undefined where there is none. */
export function chromiumPath(): string | undefined {
  const found = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
  return found.find((p) => existsSync(p));
}

/** The directory of VS Code's server, installed with npm when it is not there yet. Throws when that fails. */
export function vscodeServer(): string {
  const target = path.join(CACHE, `code-server-${RELEASE}`);
  const server = path.join(target, 'lib/vscode');
  if (existsSync(path.join(server, 'out/server-main.js')) && existsSync(path.join(server, 'node_modules')))
    return server;
  mkdirSync(CACHE, { recursive: true });
  const made = mkdtempSync(path.join(CACHE, 'code-server-'));
  try {
    const run = (file: string, args: readonly string[], cwd: string): void => {
      execFileSync(file, args, { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
    };
    run('npm', ['pack', '--silent', `code-server@${RELEASE}`], made);
    run(
      'tar',
      ['xzf', `code-server-${RELEASE}.tgz`, '--strip-components=1', 'package/lib', 'package/package.json'],
      made,
    );
    rmSync(path.join(made, `code-server-${RELEASE}.tgz`));
    run('npm', ['install', '--silent', '--omit=dev', '--ignore-scripts'], path.join(made, 'lib/vscode'));
    rmSync(target, { recursive: true, force: true });
    renameSync(made, target);
  } catch (error) {
    rmSync(made, { recursive: true, force: true });
    throw error;
  }
  return server;
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
    const extensions = path.join(data, 'ext');
    mkdirSync(path.join(data, 'data/User'), { recursive: true });
    writeFileSync(path.join(data, 'data/User/settings.json'), JSON.stringify(SETTINGS));
    const builtin = path.join(data, 'builtin');
    mkdirSync(builtin);
    for (const name of readdirSync(path.join(server, 'extensions')))
      if (KEPT_EXTENSIONS.test(name) && name !== 'node_modules')
        cpSync(path.join(server, 'extensions', name), path.join(builtin, name), { recursive: true });
    const main = path.join(server, 'out/server-main.js');
    const common = [
      '--accept-server-license-terms',
      ...['--server-data-dir', path.join(data, 'data'), '--user-data-dir', path.join(data, 'data')],
      ...['--extensions-dir', extensions, '--builtin-extensions-dir', builtin],
    ];
    const env = { PATH: process.env.PATH ?? '', HOME: data };
    const installed = spawnSync(process.execPath, [main, ...common, '--install-extension', vsix], {
      env,
      encoding: 'utf8',
    });
    if (!/successfully installed/.test(installed.stdout)) throw new Error(installed.stdout + installed.stderr);
    const port = await freePort();
    const serve = [
      ...['--host', '127.0.0.1', '--port', String(port), '--without-connection-token'],
      ...['--enable-smoke-test-driver', '--telemetry-level', 'off', '--disable-workspace-trust'],
    ];
    const child = spawn(process.execPath, [main, ...common, ...serve], { env, stdio: 'ignore' });
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

  /** Opens a file of the folder from the explorer. */
  async openFile(name: string): Promise<void> {
    const row = this.page.locator('.explorer-folders-view .monaco-list-row', { hasText: name }).first();
    await row.waitFor({ timeout: 60_000 });
    await row.dblclick();
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
      await page.waitForSelector(`.quick-input-list .monaco-list-row.focused:has-text("${title}")`, { timeout: 4000 });
      await page.keyboard.press('Enter');
    });
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
  async codeAction(title: string): Promise<readonly string[]> {
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
      await page.keyboard.press('Enter');
    });
    return shown;
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
