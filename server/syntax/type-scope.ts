/**
 * Types that a unit sees: struct definitions, typedefs and file-scope names, in the file first, then in headers found by include
 * lines. Headers are read on demand, nearest first, once per loader; what was looked up is remembered, misses included.
 */
import type { Span } from '../base/span.ts';
import type { CType } from './ctype.ts';
import { DeclarationReader, type Declared, type Fields } from './declaration-reader.ts';
import { environmentOf, loadUnit } from './load.ts';
import { Rewriter } from './rewriter.ts';
import { unitsOf } from './strip.ts';
import type { CUnit, HeaderLoader, HeaderText, PreprocessEnv } from './unit.ts';
import { WORDS } from './vocabulary.ts';

/** Headers looked at for one unit, nearest first; a type that is defined further away stays unknown. */
const MAX_HEADERS = 256;
/** Includes of includes: three levels reach the linux/ headers that a driver's own header pulls in. */
const MAX_DEPTH = 3;
/** Typedefs of typedefs. */
const MAX_TYPEDEFS = 8;

interface Reachable {
  readonly path: string;
  readonly text: string;
  readonly depth: number;
  readonly facts: HeaderFacts;
}

interface IncludeLine {
  readonly path: string;
  readonly quoted: boolean;
}

/** What is known of a header without preprocessing it. */
interface HeaderFacts {
  /** Those in quotes first. */
  readonly includes: readonly IncludeLine[];
  /** Tags and typedef names that it may define; more than it does. */
  readonly defines: ReadonlySet<string>;
}

const headerUnits = new WeakMap<HeaderLoader, Map<string, CUnit>>();
const headerFacts = new WeakMap<HeaderText, HeaderFacts>();

const INCLUDE = /^[ \t]*#[ \t]*include[ \t]*(?:"([^"\n]+)"|<([^>\n]+)>)/gm;
const DEFINES =
  /\b(?:struct|union)\s+(\w+)\s*\{|\}\s*(\w+)\s*[;,]|\btypedef\b[^;{}()]{0,200}?(\w+)\s*;|\btypedef\b[^;{}()]{0,200}\(\s*\*\s*(\w+)\s*\)/g;

function factsOf(header: HeaderText): HeaderFacts {
  const known = headerFacts.get(header);
  if (known !== undefined) return known;
  const { text } = header;
  const includes = [...text.matchAll(INCLUDE)].map((m) => ({ path: m[1] ?? m[2] ?? '', quoted: m[1] !== undefined }));
  const defines = new Set<string>();
  for (const m of text.matchAll(DEFINES)) defines.add(m[1] ?? m[2] ?? m[3] ?? m[4] ?? '');
  const facts = { includes: quotedFirst(includes), defines };
  headerFacts.set(header, facts);
  return facts;
}

function quotedFirst(includes: readonly IncludeLine[]): readonly IncludeLine[] {
  return [...includes.filter((i) => i.quoted), ...includes.filter((i) => !i.quoted)];
}

/** What include lines lead to, those of one header found once for all units that see it. */
const included = new WeakMap<HeaderLoader, WeakMap<IncludeLine, HeaderText | null>>();

function headerOf(loader: HeaderLoader, from: string, line: IncludeLine): HeaderText | undefined {
  let known = included.get(loader);
  if (known === undefined) {
    known = new WeakMap();
    included.set(loader, known);
  }
  let header = known.get(line);
  if (header === undefined) {
    header = loader.load(from, line.path, line.quoted) ?? null;
    known.set(line, header);
  }
  return header ?? undefined;
}

/** Lives as long as its unit. */
class TypeScope {
  readonly #unit: CUnit;
  readonly #env: PreprocessEnv;
  readonly #structs = new Map<string, Fields | undefined>();
  readonly #typedefs = new Map<string, CType | undefined>();
  readonly #globals = new Map<string, CType | undefined>();
  readonly #queue: Reachable[] = [];
  readonly #seen = new Set<string>();
  #next = 0;
  #places: ReadonlyMap<string, Span> | undefined;

  constructor(unit: CUnit) {
    this.#unit = unit;
    this.#env = environmentOf(unit);
    this.#add(unit.path, quotedFirst(unit.includes), 0);
  }

  /** The fields of a struct or union by tag. */
  fields(tag: string): Fields | undefined {
    if (this.#structs.has(tag)) return this.#structs.get(tag);
    this.#structs.set(tag, undefined);
    const definition = new RegExp(`\\b(?:struct|union)\\s+${escaped(tag)}\\s*\\{`);
    for (const unit of this.#unitsWith(tag)) {
      const m = definition.exec(unit.code);
      if (m === null) continue;
      this.#read(unit, m.index, endOfBraces(unit.code, m.index + m[0].length - 1), tag);
      if (this.#structs.get(tag) !== undefined) break;
    }
    return this.#structs.get(tag);
  }

  /** A type with its typedefs resolved; `named` where one is not found. */
  resolve(type: CType): CType {
    let t = type;
    for (let i = 0; i < MAX_TYPEDEFS && t.kind === 'named'; i++) {
      const target = this.#typedef(t.base);
      if (target === undefined) return t;
      t = { ...target, derived: [...t.derived, ...target.derived] };
    }
    return t;
  }

  /** The type of a variable, function or parameter list at file scope of the unit itself. */
  global(name: string): CType | undefined {
    if (this.#globals.has(name)) return this.#globals.get(name);
    let found: CType | undefined;
    const at = this.#names().get(name);
    if (at !== undefined) found = this.#find(at.start, at.end, name);
    this.#globals.set(name, found);
    return found;
  }

  /** Where file-scope names are declared; a definition of a function wins over its prototypes. */
  #names(): ReadonlyMap<string, Span> {
    if (this.#places !== undefined) return this.#places;
    const places = new Map<string, Span>();
    for (const d of this.#unit.declarations) {
      if ((d.kind === 'variable' || d.kind === 'prototype') && !places.has(d.name)) places.set(d.name, d.span);
    }
    for (const f of this.#unit.functions) {
      if (f.viaMacro === undefined) places.set(f.name, { start: f.span.start, end: f.bodySpan.start });
    }
    this.#places = places;
    return places;
  }

  #find(start: number, end: number, name: string): CType | undefined {
    return this.#read(this.#unit, start, end, name).find((d) => d.name === name)?.type;
  }

  /** Reads declarations of a unit; the structs among them become known, those of the same tag that are known stay. */
  #read(unit: CUnit, start: number, end: number, owner: string): Declared[] {
    const read = readDeclarations(unit.code.slice(start, end), start, owner);
    for (const [tag, fields] of read.structs) if (this.#structs.get(tag) === undefined) this.#structs.set(tag, fields);
    return read.declared;
  }

  #typedef(name: string): CType | undefined {
    if (this.#typedefs.has(name)) return this.#typedefs.get(name);
    this.#typedefs.set(name, undefined);
    for (const unit of this.#unitsWith(name)) {
      const item = unit.declarations.find(
        (d) => d.kind === 'type' && d.name === name && unit.code.startsWith('typedef', d.span.start),
      );
      if (item === undefined) continue;
      const found = this.#read(unit, item.span.start, item.span.end, name).find((d) => d.name === name);
      this.#typedefs.set(name, found?.type);
      break;
    }
    return this.#typedefs.get(name);
  }

  /** The unit, then headers whose text holds a word, nearest first. */
  *#unitsWith(word: string): Generator<CUnit> {
    if (this.#unit.text.includes(word)) yield this.#unit;
    for (let i = 0; ; i++) {
      if (i === this.#queue.length) return;
      const header = this.#queue[i] as Reachable;
      if (i >= this.#next) {
        this.#next = i + 1;
        if (header.depth < MAX_DEPTH) this.#add(header.path, header.facts.includes, header.depth + 1);
      }
      if (header.facts.defines.has(word)) yield this.#headerUnit(header);
    }
  }

  #headerUnit(header: Reachable): CUnit {
    const { loader, range } = this.#env;
    const cache = loader === undefined ? undefined : (headerUnits.get(loader) ?? new Map<string, CUnit>());
    if (loader !== undefined && cache !== undefined) headerUnits.set(loader, cache);
    const key = `${range.since}-${range.until}:${header.path}`;
    const known = cache?.get(key);
    if (known !== undefined && known.text === header.text) return known;
    const unit = loadUnit(header.path, header.text, this.#env);
    cache?.set(key, unit);
    return unit;
  }

  /** Puts the headers that a file includes into the queue, each with its uapi twin behind it. */
  #add(from: string, includes: readonly IncludeLine[], depth: number): void {
    const { loader } = this.#env;
    if (loader === undefined) return;
    for (const line of includes) {
      if (this.#queue.length >= MAX_HEADERS) return;
      const header = headerOf(loader, from, line);
      if (header === undefined || this.#seen.has(header.path)) continue;
      this.#seen.add(header.path);
      const facts = factsOf(header);
      this.#queue.push({ path: header.path, text: header.text, depth, facts });
      const twin = facts.includes.filter((i) => i.path.startsWith('uapi/') && i.path.endsWith(line.path));
      if (twin.length > 0) this.#add(header.path, twin, depth);
    }
  }
}

const scopes = new WeakMap<CUnit, TypeScope>();

/** The types a unit sees; made once per unit. */
export function typeScope(unit: CUnit): TypeScope {
  let s = scopes.get(unit);
  if (s === undefined) {
    s = new TypeScope(unit);
    scopes.set(unit, s);
  }
  return s;
}

export type { TypeScope };

/** Reads declarations from a piece of code. `owner` names structs without a tag. */
export function readDeclarations(
  code: string,
  base: number,
  owner: string,
): { readonly declared: Declared[]; readonly structs: ReadonlyMap<string, Fields> } {
  const r = new Rewriter(unitsOf(code), WORDS, base);
  const reader = new DeclarationReader(r, owner);
  return { declared: reader.declarations(0, r.t.count), structs: reader.structs };
}

/** Reads the type that a cast or a macro's argument names; undefined when it is none. */
export function readTypeName(code: string): CType | undefined {
  const [only, second] = readDeclarations(code, 0, 'cast').declared;
  return only === undefined || second !== undefined || only.name !== '' ? undefined : only.type;
}

/** Offset behind the `}` that closes the `{` at `open`; the text's end where it is missing. */
function endOfBraces(code: string, open: number): number {
  let depth = 0;
  for (let i = open; i < code.length; i++) {
    const c = code.charCodeAt(i);
    if (c === 123) depth++;
    else if (c === 125 && --depth === 0) return i + 1;
  }
  return code.length;
}

function escaped(word: string): string {
  return word.replace(/[^\w]/g, '\\$&');
}
