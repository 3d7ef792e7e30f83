/**
 * What stands against a conversion: pages of another origin in the same places, further references, and releases of what may be the same pages
 * that no path connects. By the names of fields and locals: what is found here only ever keeps a fix from being offered.
 */
import { functionAt, namesBeforeBrackets } from '../../../analysis/calls/call-index.ts';
import { macroCalls } from '../../../analysis/calls/call-text.ts';
import type { Span } from '../../../base/span.ts';
import { variablesOf } from '../../../syntax/types.ts';
import type { CUnit, FunctionDef } from '../../../syntax/unit.ts';
import type { ReleaseCall } from './release.ts';

/** A place that stands against a conversion, and why. */
export interface Objection {
  readonly unit: CUnit;
  readonly span: Span;
  readonly reason: string;
}

/** Where pages are held: fields by name in all files, locals by name in their function. */
export interface Holders {
  readonly fields: ReadonlySet<string>;
  readonly locals: ReadonlyMap<FunctionDef, ReadonlySet<string>>;
}

const PLACE = /^[(&*\s]*((?:\w+\s*(?:\[[^\]]*\])?\s*(?:->|\.)\s*)*)(\w+)/;

/** The last field of a place, or its variable: `pages` of `&buf->pages[i]`, `*pages`, `pages + k`. */
function holderOf(text: string): { readonly name: string; readonly field: boolean } | undefined {
  const m = PLACE.exec(text);
  return m?.[2] === undefined ? undefined : { name: m[2], field: (m[1] ?? '') !== '' };
}

/** The holders that calls name in their first argument, and further places in their functions. */
export function holdersOf(places: readonly { readonly fn: FunctionDef | undefined; readonly text: string }[]): Holders {
  const fields = new Set<string>();
  const locals = new Map<FunctionDef, Set<string>>();
  for (const { fn, text } of places) {
    const holder = holderOf(text);
    if (holder === undefined) continue;
    if (holder.field) fields.add(holder.name);
    else if (fn !== undefined) locals.set(fn, (locals.get(fn) ?? new Set()).add(holder.name));
  }
  return { fields, locals };
}

/** Functions that make pages of the kernel's own. */
const OTHER_PAGES =
  /\b(?:alloc_pages?\w*|dev_alloc_pages?|__page_cache_alloc|virt_to_page|vmalloc_to_page|kmap_to_page|ZERO_PAGE|shmem_read_mapping_page\w*|read_mapping_page\w*|grab_cache_page\w*|find_get_page\w*|follow_page\w*|get_zeroed_page|get_dump_page|nopage_page)\s*\(/;

const OTHER_IN_ARRAY = new RegExp(`\\]\\s*=\\s*${OTHER_PAGES.source}`);
const OTHER_IN_ARRAY_OF = `\\s*\\[[^\\]]*${OTHER_IN_ARRAY.source}`;

const RELEASES = [
  'put_page',
  'release_pages',
  'folio_put',
  'put_user_page',
  'put_user_pages',
  'put_user_pages_dirty_lock',
];
const SINGLE = ['put_page', 'release_pages', 'put_user_page'];
const REFERENCES = ['get_page', 'try_get_page', 'page_ref_inc', 'page_ref_add'];
const FURTHER = [
  'get_page',
  'try_get_page',
  'folio_get',
  'page_ref_inc',
  'bio_add_page',
  '__bio_add_page',
  'bvec_set_page',
];

/** What a conversion knows of its files. */
export interface Known {
  readonly holders: Holders;
  /** The releases that are converted. */
  readonly releases: readonly ReleaseCall[];
  /** Places of releases that belong to some site, as `path:offset`. */
  readonly attributed: ReadonlySet<string>;
  /** The functions that take the pages. */
  readonly takers: ReadonlySet<FunctionDef | undefined>;
  /** Tags of the structs that hold the pages; undefined where not all are known, or where none does. */
  readonly owners: ReadonlySet<string> | undefined;
}

/** The first thing that stands against a conversion, in the files at hand. */
export function objection(files: Iterable<CUnit>, known: Known): Objection | undefined {
  const { holders, releases, attributed, takers } = known;
  for (const unit of files) {
    const concerned = releases.some((r) => r.unit === unit) || unit.functions.some((fn) => takers.has(fn));
    if (!concerned && !namesOwner(unit, known)) continue;
    const found =
      otherSource(unit, holders) ??
      furtherReference(unit, holders) ??
      otherRelease(unit, holders, attributed) ??
      macroRelease(unit, holders) ??
      (concerned ? unexplained(unit, attributed) : undefined);
    if (found !== undefined) return found;
  }
  for (const release of releases) {
    const found = takers.has(release.fn) ? undefined : throughParameter(release);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Whether a file that neither takes nor gives back the pages may do something to what holds them. */
function namesOwner({ code }: CUnit, { owners, holders }: Known): boolean {
  if (holders.fields.size === 0) return false;
  return owners === undefined || [...owners].some((tag) => new RegExp(`\\bstruct\\s+${tag}\\b`).test(code));
}

/**
 * A release that belongs to no site, or a further reference, of a page that a caller passes or a number stands for: it may be one of these
 * pages.
 */
function unexplained(unit: CUnit, attributed: ReadonlySet<string>): Objection | undefined {
  for (const { name, fn, span, argument } of callsNamed(unit, [...SINGLE, ...REFERENCES])) {
    if (attributed.has(`${unit.path}:${span.start}`)) continue;
    const local = holderOf(argument);
    if (local === undefined || local.field || isFilledHere(unit, fn, local.name)) continue;
    if (!isParameter(unit, fn, local.name) && !isFromNumber(unit, fn, local.name)) continue;
    const what = REFERENCES.includes(name)
      ? `${name}() may take a reference of its own to the same pages`
      : `${name}() may give the same pages back, and no path that leads here was seen`;
    return { unit, span, reason: what };
  }
  return undefined;
}

/** Whether the function itself fills the array with pages of the kernel's own: those it gives back. */
function isFilledHere(unit: CUnit, fn: FunctionDef, name: string): boolean {
  const text = unit.code.slice(fn.bodySpan.start, fn.bodySpan.end);
  return new RegExp(`\\b${name}${OTHER_IN_ARRAY_OF}`).test(text);
}

function isParameter(unit: CUnit, fn: FunctionDef, name: string): boolean {
  return variablesOf(unit, fn).some((v) => v.parameter && v.name === name);
}

/** `page = pfn_to_page(…)` and the like. */
function isFromNumber(unit: CUnit, fn: FunctionDef, name: string): boolean {
  const text = unit.code.slice(fn.bodySpan.start, fn.bodySpan.end);
  return new RegExp(
    `\\b${name}\\s*=\\s*(?:pfn_to_page|phys_to_page|mfn_to_page|sg_page|sg_page_iter_page)\\s*\\(`,
  ).test(text);
}

/** A release of what a caller passes, in a file that fills arrays with pages of the kernel's own. */
function throughParameter({ unit, fn, node }: ReleaseCall): Objection | undefined {
  const text = unit.code.slice(node.start, node.end);
  const local = holderOf(text.slice(text.indexOf('(') + 1));
  if (local === undefined || local.field) return undefined;
  const body = unit.code.slice(fn.bodySpan.start, fn.bodySpan.end);
  const source = new RegExp(`\\b${local.name}\\s*=\\s*\\*?\\s*(\\w+)\\s*;`).exec(body)?.[1] ?? local.name;
  if (!isParameter(unit, fn, source)) return undefined;
  const made = OTHER_IN_ARRAY.exec(unit.code);
  if (made === null) return undefined;
  const span = { start: made.index, end: made.index + made[0].length };
  return { unit, span, reason: `${fn.name}() gives back what its callers pass, which may come from here` };
}

/** `x->pages[i] = alloc_page(…)`: pages that are not taken from user space in the same place. */
function otherSource(unit: CUnit, holders: Holders): Objection | undefined {
  const assign = /(?:(->|\.)\s*)?\b(\w+)\s*(?:\[[^\]=;]*\]\s*)*=(?!=)([^=;{}]*)/g;
  for (const fn of unit.functions) {
    const locals = holders.locals.get(fn);
    if (holders.fields.size === 0 && locals === undefined) continue;
    const text = unit.code.slice(fn.bodySpan.start, fn.bodySpan.end);
    for (const m of text.matchAll(assign)) {
      const name = m[2] ?? '';
      const holds = m[1] === undefined ? locals?.has(name) === true : holders.fields.has(name);
      if (!holds || !OTHER_PAGES.test(m[3] ?? '')) continue;
      const start = fn.bodySpan.start + m.index;
      return { unit, span: { start, end: start + m[0].length }, reason: `${name} may hold pages that come from here` };
    }
  }
  return undefined;
}

function furtherReference(unit: CUnit, holders: Holders): Objection | undefined {
  for (const { name, fn, span, argument } of callsNamed(unit, FURTHER)) {
    if (!isHeld(unit, fn, argument, holders)) continue;
    return { unit, span, reason: `${name}() takes a reference of its own to the page here` };
  }
  return undefined;
}

function otherRelease(unit: CUnit, holders: Holders, attributed: ReadonlySet<string>): Objection | undefined {
  for (const { name, fn, span, argument } of callsNamed(unit, RELEASES)) {
    if (attributed.has(`${unit.path}:${span.start}`) || !isHeld(unit, fn, argument, holders)) continue;
    return { unit, span, reason: `${name}() may give the same pages back, and no path that leads here was seen` };
  }
  return undefined;
}

/** A macro that gives pages back, where it is used in a function: its text is none that a conversion changes. */
function macroRelease(unit: CUnit, holders: Holders): Objection | undefined {
  for (const macro of unit.macros) {
    if (macro.params === undefined) continue;
    const [given] = macroCalls(unit, macro, (name) => RELEASES.includes(name));
    const argument = given?.args[0];
    if (given === undefined || argument === undefined) continue;
    const field = /(?:->|\.)\s*(\w+)\W*$/.exec(unit.text.slice(argument.start, argument.end))?.[1];
    const uses = callsNamed(unit, [macro.name]);
    const use = uses.find(({ fn, argument: passed }) =>
      field === undefined ? isHeld(unit, fn, passed, holders) : holders.fields.has(field),
    );
    if (use !== undefined)
      return {
        unit,
        span: use.span,
        reason: `${macro.name}() gives the same pages back with ${given.name}(), by a macro`,
      };
  }
  return undefined;
}

interface NamedCall {
  readonly name: string;
  readonly fn: FunctionDef;
  readonly span: Span;
  /** What follows the opening bracket. */
  readonly argument: string;
}

function callsNamed(unit: CUnit, names: readonly string[]): readonly NamedCall[] {
  return names.flatMap((name) =>
    (namesBeforeBrackets(unit).get(name) ?? []).flatMap((start) => {
      const fn = functionAt(unit, start);
      const open = unit.code.indexOf('(', start);
      if (fn === undefined || open < 0 || start < fn.bodySpan.start) return [];
      const end = unit.code.indexOf(')', open) + 1;
      return [{ name, fn, span: { start, end }, argument: unit.code.slice(open + 1, Math.max(open + 1, end - 1)) }];
    }),
  );
}

/** Whether a place holds the pages: a field or local that does, or a local that is filled from such a field. */
function isHeld(unit: CUnit, fn: FunctionDef, argument: string, holders: Holders): boolean {
  const inner = /^\s*(?:page_folio|virt_to_head_page|compound_head)\s*\((.*)/s.exec(argument)?.[1] ?? argument;
  const holder = holderOf(inner);
  if (holder === undefined) return false;
  if (holder.field) return holders.fields.has(holder.name);
  if (holders.locals.get(fn)?.has(holder.name) === true) return true;
  if (holders.fields.size === 0) return false;
  const text = unit.code.slice(fn.bodySpan.start, fn.bodySpan.end);
  const filled = new RegExp(`\\b${holder.name}\\s*=[^=;]*?(?:->|\\.)\\s*(\\w+)\\s*(?:\\[[^\\]]*\\])?\\s*;`, 'g');
  return [...text.matchAll(filled)].some((m) => holders.fields.has(m[1] ?? ''));
}
