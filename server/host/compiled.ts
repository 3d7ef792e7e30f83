/**
 * Parts of the program with the code that V8 made of them in an earlier run: compiling them anew costs more than most runs take. The code
 * lies in the user's cache directory. It is of no use to another build, another V8 or other settings of it, which their names say; V8 itself
 * refuses what does not fit.
 */
import fs from 'node:fs';
import { createRequire } from 'node:module';
import nodePath from 'node:path';
import v8 from 'node:v8';
import vm from 'node:vm';
import { hashOf, hashOfBytes } from '../base/hash.ts';
import { buildOfProgram, cacheDirectory, writeWhole } from './cache-store.ts';

/** A part that was loaded: its exports, and how to keep its code where none was kept. */
interface Part {
  readonly exports: unknown;
  readonly fresh: { readonly script: vm.Script; readonly place: string } | undefined;
}

/** Hex digits that `hashOfBytes` gives. */
const HASH_LENGTH = 16;

/** What is known in one thread. */
interface State {
  readonly parts: Map<string, Part>;
  keeping: boolean;
}

const KEY = Symbol.for('guplint.compiled');

/** One for all parts, each of which has this file in it. */
function state(): State {
  const shared = globalThis as { [KEY]?: State };
  shared[KEY] ??= { parts: new Map(), keeping: false };
  return shared[KEY];
}

/** Allows that compiled code is kept. Without this call nothing is written. */
export function allowKeeping(): void {
  state().keeping = true;
}

/** Whether compiled code is to be kept. */
export function keepsCompiled(): boolean {
  return state().keeping;
}

/** Loads a part of the bundle, once; `otherwise` does it where there is no bundle. Rejects as `otherwise` does where the part is missing. */
export async function loadPart<T>(name: string, otherwise: () => Promise<T>): Promise<T> {
  const build = buildOfProgram();
  if (build === undefined) return otherwise();
  const { parts } = state();
  let part = parts.get(name);
  if (part === undefined) {
    part = load(nodePath.join(__dirname, name), build);
    if (part === undefined) return otherwise();
    parts.set(name, part);
  }
  return part.exports as T;
}

/** Keeps the code of all parts loaded in this thread, as far as it was compiled, unless code of theirs was there. */
export function keepCompiled(): void {
  const { parts } = state();
  for (const [name, { exports, fresh }] of parts) {
    if (fresh === undefined) continue;
    parts.set(name, { exports, fresh: undefined });
    const code = fresh.script.createCachedData();
    writeWhole(fresh.place, Buffer.concat([Buffer.from(hashOfBytes(code), 'latin1'), code]));
  }
}

function load(path: string, build: string): Part | undefined {
  const source = sourceOf(path);
  if (source === undefined) return undefined;
  const place = nodePath.join(cacheDirectory(), `code-${hashOf(path, build, source.stamp, tagOf())}.bin`);
  const cachedData = codeIn(place);
  // The bundle is ASCII: what stands around it moves no line.
  const script = new vm.Script(`(function(exports,require,module,__filename,__dirname){${source.text}\n})`, {
    filename: path,
    ...(cachedData === undefined ? {} : { cachedData }),
  });
  const module = { exports: {} };
  script.runInThisContext()(module.exports, createRequire(path), module, path, nodePath.dirname(path));
  const known = cachedData !== undefined && script.cachedDataRejected === false;
  return { exports: module.exports, fresh: known ? undefined : { script, place } };
}

/** Stands for V8's version and all its settings as they are now. */
function tagOf(): string {
  return v8.cachedDataVersionTag().toString(16);
}

function sourceOf(path: string): { readonly text: string; readonly stamp: string } | undefined {
  try {
    const { size, mtimeMs } = fs.statSync(path);
    return { text: fs.readFileSync(path, 'latin1'), stamp: `${size} ${mtimeMs}` };
  } catch {
    return undefined;
  }
}

/** The code in a file, behind its hash: V8 would run what a failing disk has made of it. */
function codeIn(path: string): Buffer | undefined {
  try {
    const bytes = fs.readFileSync(path);
    const code = bytes.subarray(HASH_LENGTH);
    return hashOfBytes(code) === bytes.toString('latin1', 0, HASH_LENGTH) ? code : undefined;
  } catch {
    return undefined;
  }
}
