/** The roots of a session: one for each workspace folder, and one for each project that a file outside of them belongs to. */
import nodePath from 'node:path';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { createFileSystem } from '../host/files.ts';
import type { Documents } from './documents.ts';
import { pathOfUri, Root } from './root.ts';
import { type EditorSettings, readSettings } from './settings.ts';

/** A file's root and its path there. */
export interface RootPlace {
  readonly root: Root;
  readonly file: string;
}

/** Names that mark the top of a project, for files outside of the workspace. */
const MARKS: readonly string[] = ['guplint.json', 'guplint-baseline.json', '.git'];

/** How far above a file its project's top is looked for. */
const MAX_UP = 12;

/** Finds the root of each file. */
export class Roots {
  readonly #folders = new Map<string, Root>();
  readonly #others = new Map<string, Root>();
  readonly #places = new Map<string, RootPlace | undefined>();
  readonly #uris = new Map<Root, Map<string, string>>();
  /** Settings of files outside of every folder. */
  fallback: EditorSettings = readSettings(undefined);

  all(): readonly Root[] {
    return [...this.#folders.values(), ...this.#others.values()];
  }

  folders(): readonly Root[] {
    return [...this.#folders.values()];
  }

  addFolder(uri: string): void {
    const path = pathOfUri(uri);
    if (path === undefined) return;
    const directory = folderAt(path);
    if (!this.#folders.has(directory)) this.#folders.set(directory, new Root(directory, this.fallback));
    this.#places.clear();
    this.#uris.clear();
  }

  async removeFolder(uri: string): Promise<void> {
    const path = pathOfUri(uri);
    const root = path === undefined ? undefined : this.#folders.get(folderAt(path));
    if (root === undefined) return;
    this.#folders.delete(root.directory);
    this.#places.clear();
    this.#uris.clear();
    await root.close();
  }

  /** The root of a document; undefined for what is no file. */
  placeOf(uri: string): RootPlace | undefined {
    if (!this.#places.has(uri)) {
      const place = this.#find(uri);
      this.#places.set(uri, place);
      if (place !== undefined) {
        const uris = this.#uris.get(place.root) ?? new Map<string, string>();
        uris.set(place.file, uri);
        this.#uris.set(place.root, uris);
      }
    }
    return this.#places.get(uri);
  }

  /** The open document of a file, under the URI that the client gave it. */
  openAt(root: Root, file: string, documents: Documents): TextDocument | undefined {
    const uri = this.#uris.get(root)?.get(file);
    return uri === undefined ? undefined : documents.get(uri);
  }

  async close(): Promise<void> {
    await Promise.all(this.all().map((root) => root.close()));
  }

  #find(uri: string): RootPlace | undefined {
    const path = pathOfUri(uri);
    if (path === undefined) return undefined;
    const fitting = this.folders().filter((root) => root.contains(path));
    const root = fitting.sort((a, b) => b.directory.length - a.directory.length)[0] ?? this.#projectOf(path);
    return { root, file: root.fileOf(path) };
  }

  #projectOf(path: string): Root {
    const directory = topOf(nodePath.dirname(path));
    let root = this.#others.get(directory);
    if (root === undefined) {
      root = new Root(directory, this.fallback);
      this.#others.set(directory, root);
    }
    return root;
  }
}

/** The directory that a folder's path means: some clients name the file they were started with. */
function folderAt(path: string): string {
  const at = nodePath.resolve(path);
  return createFileSystem(nodePath.dirname(at)).kind(at) === 'file' ? nodePath.dirname(at) : at;
}

function topOf(directory: string): string {
  const files = createFileSystem(directory);
  let at = directory;
  for (let up = 0; up < MAX_UP; up++) {
    if (MARKS.some((mark) => files.kind(nodePath.join(at, mark)) !== 'missing')) return at;
    const above = nodePath.dirname(at);
    if (above === at) break;
    at = above;
  }
  return directory;
}
