/**
 * Functions that hand pages to callers out of sight, with one beside them that by its name takes these back and gives none of them back:
 * `foo_pin()` and `foo_unpin()`. It must let nothing that it is given go anywhere, and nothing else at hand may be the end.
 */

import { treeOf } from '../../../analysis/calls/call-index.ts';
import { pairedNames } from '../../../analysis/evidence/paired.ts';
import { parameters } from '../../../analysis/locals.ts';
import type { FlowResult } from '../../../analysis/paths/program.ts';
import type { SummaryCase } from '../../../analysis/paths/summary.ts';
import type { CallSite } from '../../../analysis/sites/site.ts';
import { keptToItself } from '../../../analysis/statements/hands-on.ts';
import type { CUnit, FunctionDef } from '../../../syntax/unit.ts';
import type { RulePass } from '../../define.ts';
import { callsOf, filesOf, functionsThatCall, type PlacedFunction } from '../file-calls.ts';
import { sameOrigin } from './owner-facts.ts';

/** Both ends. */
export interface IdlePair {
  /** Hands the pages out. */
  readonly taker: FunctionDef;
  /** Should give them back. */
  readonly opposite: PlacedFunction;
}

/** What is asked of a pass: the site, and which functions give its pages back. */
export interface Asked {
  readonly site: CallSite;
  readonly fits: (name: string) => boolean;
  /** Whether the file has a release nobody knows the pages of. */
  readonly isOpen: boolean;
}

/** The pair of a site whose second end is idle; undefined where there is none, or where the pages may end elsewhere. */
export function idlePair(pass: RulePass, asked: Asked): IdlePair | undefined {
  const { flow, unit } = pass;
  const takers = [...flow.summaries].flatMap(([fn, { cases }]) => {
    const ways = unit.functions.includes(fn) ? waysOut(cases, asked.site) : [];
    return ways.length === 0 ? [] : [{ fn, ways }];
  });
  const names = new Set(takers.map(({ fn }) => fn.name));
  if (!isLeftOpen(flow, asked.site, names)) return undefined;
  for (const { fn, ways } of takers) {
    for (const way of ways) {
      const type = typeOut(unit, fn, way);
      const opposite = type === undefined ? undefined : idleOpposite(pass, fn, type);
      if (type === undefined || opposite === undefined) continue;
      if (!opposite.dirties && flow.ends.some((e) => e.maybeTaken && sameOrigin(e.origin, asked.site))) continue;
      if (!mayEndElsewhere(pass, asked, { fn, type: way === 'ret' ? undefined : type, names }))
        return { taker: fn, opposite };
    }
  }
  return undefined;
}

/** Whether no path ends the hold but within the functions that take the pages, and none loses them so surely that it is told there. */
function isLeftOpen({ ends, problems, releases }: FlowResult, site: CallSite, takers: ReadonlySet<string>): boolean {
  const isOver = ends.some((e) => sameOrigin(e.origin, site) && e.hold === 'taken');
  const isTold = problems.some(
    ({ kind, confidence, resource }) =>
      /leaked$/.test(kind) && confidence !== 'low' && resource !== undefined && sameOrigin(resource.origin, site),
  );
  return !isOver && !isTold && releases.every((f) => !sameOrigin(f.origin, site) || takers.has(f.release.functionName));
}

/** How a function hands pages of a site out: by its result, or in the memory behind an argument. */
function waysOut(cases: readonly SummaryCase[], site: CallSite): readonly string[] {
  const ways = new Set<string>();
  for (const { resources, result, writes } of cases) {
    const ids = new Set(resources.flatMap((r) => (sameOrigin(r.origin, site) ? [r.id] : [])));
    if (result.kind === 'made' && result.prov.some((id) => ids.has(id))) ways.add('ret');
    for (const { place, value } of writes)
      if (value.kind === 'made' && value.prov.some((id) => ids.has(id))) ways.add(/^arg\d+/.exec(place)?.[0] ?? '');
  }
  ways.delete('');
  return [...ways];
}

/** The type of what is handed out, as `struct foo*`; undefined for what is no pointer. */
function typeOut(unit: CUnit, fn: FunctionDef, way: string): string | undefined {
  if (way !== 'ret') return typesOf(unit, fn)[Number(way.slice('arg'.length))]?.type;
  const words = unit.code.slice(fn.span.start, fn.nameSpan.start);
  return words.includes('*') ? plain(words) : undefined;
}

interface Param {
  readonly name: string;
  readonly type: string | undefined;
}

function typesOf(unit: CUnit, fn: FunctionDef): readonly Param[] {
  return parameters(unit, treeOf(unit, fn)).map(({ name, type, pointers }) => ({
    name,
    type: pointers === 0 ? undefined : plain(type + '*'.repeat(pointers)),
  }));
}

function plain(type: string): string {
  return type
    .replace(/\b(?:static|inline|extern|const|volatile|__\w+)\b/g, ' ')
    .replace(/\s+/g, ' ')
    .replace(/\s*\*\s*/g, '*')
    .trim();
}

/** The function of the opposite name, where all of such names let what they are given go nowhere and give nothing back. */
function idleOpposite(
  pass: RulePass,
  taker: FunctionDef,
  type: string,
): (PlacedFunction & { readonly dirties: boolean }) | undefined {
  const isMeant = pairedNames(taker.name);
  const all = filesOf(pass).flatMap((unit) =>
    unit.functions.filter((fn) => isMeant(fn.name) && (unit === pass.unit || !fn.isStatic)).map((fn) => ({ unit, fn })),
  );
  let first: (PlacedFunction & { readonly dirties: boolean }) | undefined;
  for (const { unit, fn } of all) {
    const params = typesOf(unit, fn).flatMap((p) => (p.type === type ? [p.name] : []));
    const kept = params.length === 0 ? undefined : keptToItself(unit, fn, params, pass.model);
    if (kept === undefined || unit !== pass.unit) return undefined;
    first ??= { unit, fn, dirties: kept.dirties };
  }
  return first;
}

/**
 * Whether other functions at hand may give the pages back: of those that give any back, one that knows the struct they are in, or calls the
 * function that returns them.
 */
function mayEndElsewhere(
  pass: RulePass,
  { fits, isOpen }: Asked,
  {
    fn,
    type,
    names,
  }: { readonly fn: FunctionDef; readonly type: string | undefined; readonly names: ReadonlySet<string> },
): boolean {
  if (type === undefined && isOpen) return true;
  const tag = type === undefined ? undefined : /^(?:struct|union) (\w+)/.exec(type)?.[1];
  if (type !== undefined && (tag === undefined || tag === 'page')) return true;
  const callers = new Set(callsOf(filesOf(pass), fn.name).map((c) => c.fn));
  const releasing = functionsThatCall(filesOf(pass), { isWanted: fits, deep: true });
  const knows = ({ unit, fn: f }: PlacedFunction): boolean =>
    callers.has(f) || (tag !== undefined && new RegExp(`\\b${tag}\\b`).test(unit.code.slice(f.span.start, f.span.end)));
  return [...releasing.values()].some((f) => !names.has(f.fn.name) && knows(f));
}
