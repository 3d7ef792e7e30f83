/** The tree of all places that take user pages: by documented case or by directory, each site with its releases below it. */
import * as vscode from 'vscode';
import type { PlainRange, SiteEntry } from './protocol.ts';

/** How the tree is grouped. */
export type Grouping = 'case' | 'directory';

interface Group {
  readonly kind: 'group';
  readonly id: string;
  readonly label: string;
  readonly sites: readonly SiteEntry[];
}

interface Site {
  readonly kind: 'site';
  readonly site: SiteEntry;
}

interface Release {
  readonly kind: 'release';
  readonly release: SiteEntry['releases'][number];
}

type Node = Group | Site | Release;

const CASES: Readonly<Record<SiteEntry['case'], string>> = {
  0: 'Callers decide',
  1: 'Case 1: direct I/O',
  2: 'Case 2: long-term DMA',
  3: 'Case 3: MMU notifier',
  4: 'Case 4: struct page only',
  5: 'Case 5: writing to the data',
};

const ICONS: Readonly<Record<SiteEntry['case'], string>> = {
  0: 'references',
  1: 'arrow-swap',
  2: 'pinned',
  3: 'bell',
  4: 'file',
  5: 'edit',
};

/** Fills the view `guplint.sites`. */
export class SitesView implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #load: (again: boolean) => Promise<readonly SiteEntry[]>;
  readonly #view: vscode.TreeView<Node>;
  #again = false;
  #grouping: Grouping = 'case';
  #timer: NodeJS.Timeout | undefined;

  /** `load` asks the server for the sites; `again`: search the folders once more. */
  constructor(load: (again: boolean) => Promise<readonly SiteEntry[]>) {
    this.#load = load;
    this.#view = vscode.window.createTreeView('guplint.sites', { treeDataProvider: this, showCollapseAll: true });
  }

  group(by: Grouping): void {
    this.#grouping = by;
    this.#changed.fire(undefined);
  }

  /** Searches the folders again. */
  refresh(): void {
    this.#again = true;
    this.#changed.fire(undefined);
  }

  /** Some file has other sites now; the view follows once typing pauses. */
  stale(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (this.#view.visible) this.#changed.fire(undefined);
    }, 800);
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#view.dispose();
    this.#changed.dispose();
  }

  async getChildren(node?: Node): Promise<Node[]> {
    if (node === undefined) return this.#groups();
    if (node.kind === 'group') return node.sites.map((site) => ({ kind: 'site', site }));
    return node.kind === 'site' ? node.site.releases.map((release) => ({ kind: 'release', release })) : [];
  }

  getTreeItem(node: Node): vscode.TreeItem {
    if (node.kind === 'group') return groupItem(node, this.#grouping);
    return node.kind === 'site' ? siteItem(node.site) : releaseItem(node.release);
  }

  async #groups(): Promise<Group[]> {
    const again = this.#again;
    this.#again = false;
    let sites: readonly SiteEntry[];
    try {
      sites = await this.#load(again);
    } catch (error) {
      this.#view.message = `The sites could not be listed: ${error instanceof Error ? error.message : String(error)}`;
      return [];
    }
    const folders = vscode.workspace.workspaceFolders ?? [];
    const empty =
      folders.length === 0 ? 'Open a folder to see its sites.' : 'Nothing in this workspace takes user pages.';
    this.#view.message = sites.length === 0 ? empty : '';
    this.#view.description = sites.length === 0 ? '' : `${sites.length} site${sites.length === 1 ? '' : 's'}`;
    const groups = new Map<string, SiteEntry[]>();
    const sorted = [...sites].sort(
      (a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) || a.range.start.line - b.range.start.line,
    );
    for (const site of sorted) {
      const key = this.#grouping === 'case' ? String(site.case) : directoryOf(site);
      groups.set(key, [...(groups.get(key) ?? []), site]);
    }
    const label = (key: string, own: readonly SiteEntry[]): string =>
      this.#grouping === 'case' ? CASES[own[0]?.case ?? 0] : key;
    return [...groups]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, own]) => ({ kind: 'group', id: `${this.#grouping}:${key}`, label: label(key, own), sites: own }));
  }
}

function directoryOf({ file }: SiteEntry): string {
  return file.includes('/') ? file.slice(0, file.lastIndexOf('/')) : '.';
}

function groupItem({ id, label, sites }: Group, grouping: Grouping): vscode.TreeItem {
  const item = new vscode.TreeItem(label, vscode.TreeItemCollapsibleState.Expanded);
  item.id = id;
  item.description = String(sites.length);
  item.iconPath = new vscode.ThemeIcon(grouping === 'case' ? ICONS[sites[0]?.case ?? 0] : 'folder');
  return item;
}

function siteItem(site: SiteEntry): vscode.TreeItem {
  const leaf = site.releases.length === 0;
  const { None, Collapsed } = vscode.TreeItemCollapsibleState;
  const item = new vscode.TreeItem(`${site.via ?? site.api}()`, leaf ? None : Collapsed);
  const name = site.file.slice(site.file.lastIndexOf('/') + 1);
  item.description = `${site.function === '' ? '' : `${site.function}() · `}${name}:${site.range.start.line + 1}`;
  item.iconPath = new vscode.ThemeIcon(site.lifetime === 'long' ? 'history' : ICONS[site.case]);
  item.tooltip = `${CASES[site.case]} (${Math.round(site.confidence * 100)} %), lifetime ${site.lifetime}\n${site.file}`;
  item.command = openCommand(site.uri, site.range);
  item.contextValue = 'site';
  return item;
}

function releaseItem({ api, uri, range }: Release['release']): vscode.TreeItem {
  const item = new vscode.TreeItem(`${api}()`, vscode.TreeItemCollapsibleState.None);
  const name = uri.slice(uri.lastIndexOf('/') + 1);
  item.description = `${decodeURIComponent(name)}:${range.start.line + 1}`;
  item.iconPath = new vscode.ThemeIcon('debug-step-out');
  item.command = openCommand(uri, range);
  return item;
}

function openCommand(uri: string, { start }: PlainRange): vscode.Command {
  const at = new vscode.Range(start.line, start.character, start.line, start.character);
  return { title: 'Open', command: 'vscode.open', arguments: [vscode.Uri.parse(uri), { selection: at }] };
}
