/**
 * What the text puts into a struct field: whether that is pages of acquire calls of the same function alone, whatever other pages the files
 * have. As pages, as frame numbers or addresses of them, in a list or a table.
 */
import { functionAt } from '../../../analysis/calls/call-index.ts';
import type { CallSite } from '../../../analysis/sites/site.ts';
import { kept } from '../../../base/kept.ts';
import type { CUnit } from '../../../syntax/unit.ts';
import type { RulePass } from '../../define.ts';
import { argumentOf } from '../facts.ts';
import { filesOf } from '../file-calls.ts';

const known = new WeakMap<RulePass, Map<string, boolean>>();

/** Whether every statement of the files at hand that fills a field of this name does so with pages of a site, and one does. */
export function isFilledBySites(pass: RulePass, field: string): boolean {
  let fields = known.get(pass);
  if (fields === undefined) {
    fields = new Map();
    known.set(pass, fields);
  }
  return kept(fields, field, () => allOfSites(pass, field));
}

function allOfSites(pass: RulePass, field: string): boolean {
  let found = false;
  for (const unit of filesOf(pass)) {
    for (const { offset, value } of fillings(unit, field)) {
      if (NOTHING.test(value)) continue;
      if (!isOfSite(pass, unit, offset, value)) return false;
      found = true;
    }
  }
  return found;
}

/** Values that are no page: NULL, numbers, constants. */
const NOTHING = /^(?:\([^()]*\)\s*)?(?:NULL|-?\d\w*|[A-Z][A-Z0-9_]*)$/;

interface Filling {
  readonly offset: number;
  readonly value: string;
}

/** The places where a field is assigned, or an entry of a list or table in it is given a page. */
function fillings(unit: CUnit, field: string): readonly Filling[] {
  const element = '(?:\\s*\\[[^\\][]*(?:\\[[^\\][]*\\][^\\][]*)*\\])*';
  const inner = '(?:\\s*(?:->|\\.)\\s*(?:sgl|bv_page|page|pages))?';
  const assigned = new RegExp(`(?:->|\\.)\\s*${field}\\b${element}${inner}${element}\\s*=(?!=)\\s*([^;]*);`, 'g');
  const entered = new RegExp(
    `\\b(?:sg_set_page|sg_set_folio|bvec_set_page|bvec_set_folio|sg_init_one)\\s*\\([^,;]*(?:->|\\.)\\s*${field}\\b[^,;]*,\\s*([^,;]*(?:\\[[^\\]]*\\])?)[,)]`,
    'g',
  );
  return [assigned, entered].flatMap((pattern) =>
    [...unit.code.matchAll(pattern)].map((m) => ({ offset: m.index, value: (m[1] ?? '').trim() })),
  );
}

/** Whether a value names the pages of a site of the function that it stands in. */
function isOfSite(pass: RulePass, unit: CUnit, offset: number, value: string): boolean {
  const fn = functionAt(unit, offset);
  if (fn === undefined) return false;
  const names = new Set(value.match(/\b[A-Za-z_]\w*\b/g) ?? []);
  const before = unit.code.slice(fn.bodySpan.start, offset);
  return sitesOf(pass).some((s) => {
    const variable = s.unit === unit && s.fn === fn ? variableOf(pass, s) : undefined;
    return variable !== undefined && [...copiesOf(before, variable)].some((name) => names.has(name));
  });
}

/** A variable and those set to it, to an element of it, or to a number or address of that (page_to_pfn(), page_to_phys(), page_address()). */
function copiesOf(code: string, variable: string): ReadonlySet<string> {
  const names = new Set([variable]);
  const set =
    /(?<![\w.>])(\w+)\s*=(?!=)\s*(?:\(\w[^()]*\)\s*)?(?:\w*(?:page|folio|sg|phys|pfn)\w*\s*\(\s*)?[&*]?(\w+)\b([^;]*);/g;
  for (const [, name = '', from = '', rest = ''] of code.matchAll(set))
    if (names.has(from) && !/[(=?]/.test(rest)) names.add(name);
  return names;
}

function sitesOf(pass: RulePass): readonly CallSite[] {
  return [...pass.sites, ...pass.around.map((j) => j.site)].filter((s) => s.reference !== 'none');
}

/** The variable that a site alone puts pages into; undefined for a field, and where the function allocates pages into the same. */
function variableOf(pass: RulePass, site: CallSite): string | undefined {
  const roles = ['pages', 'page', 'folios'] as const;
  const argument = roles.map((role) => argumentOf(site, role, pass)).find((a) => a !== undefined);
  const name = /^[&*\s]*(?:\([^()]*\)\s*)?[&*\s]*(\w+)\s*(?:\[[^\]]*\]|\+.*)?$/.exec(argument?.text ?? '')?.[1];
  const { unit, fn } = site;
  if (name === undefined || fn === undefined) return undefined;
  const other = new RegExp(
    `(?<![\\w.>])${name}\\s*(?:\\[[^\\]]*\\]\\s*)?=(?!=)[^;]*(?:_page\\w*|_folio\\w*|ZERO_PAGE)\\s*\\(`,
  );
  return other.test(unit.code.slice(fn.bodySpan.start, fn.bodySpan.end)) ? undefined : name;
}
