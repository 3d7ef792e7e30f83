/**
 * Reads prototypes, inline functions and function-like macros of given names out of kernel headers.
 * A reader for well-kept headers, not a parser of C: comments, strings and preprocessor lines are blanked first,
 * and a declaration is what stands between the last `;`, `{`, `}` before a name and the parenthesis that closes its list.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A declaration as a header spells it; types with single spaces and no attributes. */
export interface Prototype {
  readonly name: string;
  readonly path: string;
  readonly ret: string;
  /** Type of each parameter; `...` for a variable tail. */
  readonly types: readonly string[];
  /** Name of each parameter; empty where the header gives none. */
  readonly names: readonly string[];
}

/** Names that one of the page-flags.h macros generates. */
function pageFlagNames(text: string): string[] {
  const names: string[] = [];
  const use = /^\s*(?:__)?(?:PAGEFLAG|TESTSCFLAG|TESTPAGEFLAG|SETPAGEFLAG|CLEARPAGEFLAG|TESTCLEARFLAG)\((\w+), (\w+)/gm;
  for (let m = use.exec(text); m !== null; m = use.exec(text)) {
    const [, upper = '', lower = ''] = m;
    names.push(`Page${upper}`, `SetPage${upper}`, `ClearPage${upper}`, `TestSetPage${upper}`);
    names.push(`folio_test_${lower}`, `folio_set_${lower}`, `folio_clear_${lower}`, `folio_test_set_${lower}`);
  }
  return names;
}

/** A function-like macro, or an object-like one (`parameters` undefined). */
export interface Macro {
  readonly name: string;
  readonly path: string;
  readonly parameters: readonly string[] | undefined;
  readonly body: string;
}

/** What a tree declares. */
export interface Declarations {
  readonly prototypes: ReadonlyMap<string, readonly Prototype[]>;
  readonly macros: ReadonlyMap<string, readonly Macro[]>;
}

const DIRECTORIES = [
  'include/linux',
  'include/rdma',
  'include/media',
  'include/net',
  'include/asm-generic',
  'arch/x86/include/asm',
  'mm',
];

const ATTRIBUTES =
  /\b(?:extern|static|inline|__always_inline|__inline|noinline|__must_check|__init|__sched|__malloc|__meminit|__pure|__cold|__printf|__iomem|__user|__percpu|__rcu|__releases|__acquires|__force|__attribute_const__|__realloc_size|__alloc_size|__visible|asmlinkage|__maybe_unused|__deprecated|nokprobe_inline|__no_kasan_or_inline)\b(?:\([^()]*\))?/g;

/** Header files below a directory of a tree, as paths relative to the tree. */
function headersBelow(root: string, directory: string): string[] {
  const found: string[] = [];
  const pending = [directory];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const full = join(root, next);
    if (!existsSync(full)) continue;
    for (const entry of readdirSync(full, { withFileTypes: true })) {
      const path = `${next}/${entry.name}`;
      if (entry.isDirectory()) pending.push(path);
      else if (entry.name.endsWith('.h')) found.push(path);
    }
  }
  return found.sort();
}

function blankComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:[^"\\\n]|\\.)*"/g, (m) => m.replace(/[^\n]/g, ' '));
}

/** The index after the parenthesis that closes the one at `open`; undefined when none does. */
function closing(text: string, open: number): number | undefined {
  let depth = 0;
  for (let i = open; i < text.length; i++) {
    const c = text[i];
    if (c === '(') depth++;
    else if (c === ')' && --depth === 0) return i + 1;
  }
  return undefined;
}

function splitTopLevel(list: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < list.length; i++) {
    const c = list[i];
    if (c === '(' || c === '[') depth++;
    else if (c === ')' || c === ']') depth--;
    else if (c === ',' && depth === 0) {
      parts.push(list.slice(start, i));
      start = i + 1;
    }
  }
  parts.push(list.slice(start));
  return parts.map((part) => part.trim());
}

/** One spelling for one type: single spaces, ` *` before pointers, `unsigned int` for `unsigned`. */
export function normaliseType(type: string): string {
  const words = type
    .replace(ATTRIBUTES, ' ')
    .replace(/\s+/g, ' ')
    .replace(/\s*\*\s*(?:(?:const|restrict|__restrict)\b)?\s*/g, '*')
    .replace(/\bunsigned long int\b/g, 'unsigned long')
    .replace(/\bunsigned(?! (?:int|long|short|char))\b/g, 'unsigned int')
    .trim();
  return words.replace(/(\*+)/g, ' $1').trim();
}

function splitParameter(text: string): { readonly type: string; readonly name: string } {
  if (text === '...') return { type: '...', name: '' };
  const pointer = /^(.*?)\(\s*\*\s*(\w+)\s*\)\s*(\(.*\))$/s.exec(text);
  if (pointer !== null) {
    return { type: normaliseType(`${pointer[1]}(*)${pointer[3]}`), name: pointer[2] ?? '' };
  }
  const array = /^(.*?)(\w+)\s*((?:\[[^\]]*\]\s*)+)$/s.exec(text);
  if (array !== null) return { type: `${normaliseType(`${array[1]}`)}[]`, name: array[2] ?? '' };
  const named = /^(.*[\s*])(\w+)$/s.exec(text);
  const keyword = /^(?:int|long|short|char|unsigned|void|bool|size_t|const|struct|enum|union)$/;
  if (named === null || keyword.test(named[2] ?? '') || /^(?:const )?(?:struct|enum|union) *$/.test(named[1] ?? '')) {
    return { type: normaliseType(text), name: '' };
  }
  return { type: normaliseType(named[1] ?? ''), name: named[2] ?? '' };
}

function readPrototype(text: string, path: string, name: string, at: number): Prototype | undefined {
  const open = text.indexOf('(', at + name.length);
  const end = closing(text, open);
  if (end === undefined) return undefined;
  const tail = /^\s*(?:(?:__\w+|asm)\s*(?:\([^;{]*?\))?\s*)*([;{])/.exec(text.slice(end, end + 400));
  if (tail === null) return undefined;
  const before = text.slice(Math.max(0, at - 300), at);
  const start = Math.max(before.lastIndexOf(';'), before.lastIndexOf('}'), before.lastIndexOf('{'));
  const ret = before.slice(start + 1).replace(ATTRIBUTES, ' ');
  if (!/\w\s*\**\s*$/.test(ret) || /[()=,.]|\b(?:return|else|goto|case)\b/.test(ret)) return undefined;
  const list = text.slice(open + 1, end - 1).trim();
  const params = list === 'void' || list === '' ? [] : splitTopLevel(list).map((p) => splitParameter(p));
  return { name, path, ret: normaliseType(ret), types: params.map((p) => p.type), names: params.map((p) => p.name) };
}

function add<T extends { readonly name: string }>(map: Map<string, T[]>, value: T): void {
  const known = map.get(value.name);
  if (known === undefined) map.set(value.name, [value]);
  else known.push(value);
}

function readMacros(text: string, path: string, wanted: ReadonlySet<string>, into: Map<string, Macro[]>): void {
  const define = /^[ \t]*#[ \t]*define[ \t]+(\w+)(\([^()\n]*\))?((?:\\\n|[^\n])*)$/gm;
  for (let m = define.exec(text); m !== null; m = define.exec(text)) {
    const name = m[1] ?? '';
    if (!wanted.has(name)) continue;
    const list = m[2]?.slice(1, -1).trim();
    const parameters = list === undefined ? undefined : list === '' ? [] : list.split(',').map((p) => p.trim());
    add(into, { name, path, parameters, body: (m[3] ?? '').replace(/\\\n/g, ' ').trim() });
  }
}

/** What stands at file scope without a semicolon ends a declaration all the same. */
function endsStatement(text: string): string {
  return `;${text.slice(1).replace(/[^\n]/g, ' ')}`;
}

/** Reads everything that the headers of a tree declare of the given names; `extra` are further files to read. */
export function readDeclarations(
  root: string,
  names: ReadonlySet<string>,
  extra: readonly string[] = [],
): Declarations {
  const prototypes = new Map<string, Prototype[]>();
  const macros = new Map<string, Macro[]>();
  const files = new Set([...DIRECTORIES.flatMap((d) => headersBelow(root, d)), ...extra]);
  for (const path of files) {
    const full = join(root, path);
    if (!existsSync(full)) continue;
    const raw = blankComments(readFileSync(full, 'latin1'));
    if (path === 'include/linux/page-flags.h') {
      for (const name of pageFlagNames(raw)) add(macros, { name, path, parameters: ['page'], body: '' });
    }
    readMacros(raw, path, names, macros);
    const text = raw
      .replace(/^[ \t]*#(?:\\\n|[^\n])*/gm, endsStatement)
      .replace(
        /^(?:DEFINE|DECLARE|EXPORT|MODULE)_\w+\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)(?=\s*$)/gm,
        endsStatement,
      );
    const word = /\b(\w+)\s*\(/g;
    for (let m = word.exec(text); m !== null; m = word.exec(text)) {
      const name = m[1] ?? '';
      if (!names.has(name)) continue;
      const prototype = readPrototype(text, path, name, m.index);
      if (prototype !== undefined) add(prototypes, prototype);
    }
  }
  return { prototypes, macros };
}
