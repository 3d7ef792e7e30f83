/**
 * Where the number of a page leaves a file that keeps nothing itself, those who got it give it back to the file: to a function that makes
 * the page of its own parameter, `void drv_release_pfn(pfn)`, and drops what is held on it.
 */
import type { Model } from '../../../model/index.ts';
import type { CNode } from '../../syntax/node.ts';
import type { CUnit, FunctionDef } from '../../syntax/unit.ts';
import { callsIn, treeOf } from '../calls/call-index.ts';
import type { NameScope } from '../calls/names.ts';
import { afford } from '../effort.ts';
import { parameters } from '../locals.ts';
import type { ProjectView } from '../project-view.ts';
import type { CallSite } from '../sites/site.ts';
import { traceFunction } from '../traces/trace-function.ts';
import type { HolderKind, Holders, TraceEvent } from '../traces/trace-reach.ts';
import type { PageTrace } from '../traces/traces.ts';
import { argumentNodes, bare, codeOf } from '../trees.ts';
import { type FoundRelease, named } from './releases.ts';

/** Names of functions that make a page of its number or address: pfn_to_page(), phys_to_page(), and as projects wrap them. */
const TO_PAGE = /(?:pfn|phys|dma|addr)\w*_to_(?:\w+_)?(?:page|folio)$/;

/** Functions below one that gets a number that are looked into for the release. */
const MAX_BELOW = 4;

/** The releases of pages that functions of the file make of a number they are given; none where the site's pages are given back otherwise. */
export function numberedReleases(
  site: CallSite,
  { events }: PageTrace,
  model: Model,
  project: ProjectView,
): readonly FoundRelease[] {
  const { unit } = site;
  if (!events.some((e) => e.kind === 'number-out') || !/_to_(?:\w+_)?(?:page|folio)\s*\(/.test(unit.code)) return [];
  return unit.functions
    .filter((fn) => fn !== site.fn && !fn.isStatic)
    .flatMap((fn) => releasesIn({ unit, model, project }, site, fn))
    .flatMap((e) => named(site, { ...e, guessed: true }))
    .filter((r) => r.matches);
}

/** The releases in a function, and in those it calls, of the page that it makes of a parameter. */
function releasesIn(scope: NameScope, site: CallSite, fn: FunctionDef): readonly TraceEvent[] {
  const sources = pagesMade(scope.unit, fn);
  if (sources.size === 0) return [];
  const found: TraceEvent[] = [];
  const queue: { readonly fn: FunctionDef; readonly unit: CUnit; readonly name: string | undefined }[] = [
    { fn, unit: scope.unit, name: undefined },
  ];
  for (let i = 0; i < Math.min(queue.length, MAX_BELOW); i++) {
    const at = queue[i];
    if (at === undefined || !afford(site.unit, at.fn.span)) break;
    const names = new Map<string, HolderKind>(at.name === undefined ? [] : [[at.name, 'page']]);
    const holders: Holders = { roots: new Set(), names, fields: new Map() };
    const how = { sources: i === 0 ? sources : new Map<CNode, HolderKind>(), foreign: false };
    const trace = traceFunction({ ...scope, unit: at.unit }, at.fn, holders, how);
    found.push(...trace.events.filter((e) => e.kind === 'release'));
    for (const h of trace.handovers) {
      const name = parameters(h.unit, treeOf(h.unit, h.fn))[h.param]?.name;
      if (h.kind === 'page' && name !== undefined) queue.push({ fn: h.fn, unit: h.unit, name });
    }
  }
  return found;
}

/** The calls in a function that make a page of one of its parameters. */
function pagesMade(unit: CUnit, fn: FunctionDef): Map<CNode, HolderKind> {
  const made = new Map<CNode, HolderKind>();
  const calls = [...callsIn(unit, fn)].filter(([name]) => TO_PAGE.test(name)).flatMap(([, all]) => all);
  if (calls.length === 0) return made;
  const given = new Set(parameters(unit, treeOf(unit, fn)).flatMap((p) => (p.pointers === 0 ? p.name : [])));
  for (const call of calls) {
    const [first] = argumentNodes(call);
    if (first !== undefined && given.has(codeOf(unit, bare(first)))) made.set(call, 'page');
  }
  return made;
}
