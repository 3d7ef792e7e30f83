/**
 * One file of a tree as operators see it: its calls and sites, which releases and dirtyings belong to which site, its paths.
 * A file that implements a function of the API has none of them: it is the API, not its use.
 */
import type { Model } from '../../model/index.ts';
import { treeOf } from '../../server/analysis/calls/call-index.ts';
import type { FlowResult } from '../../server/analysis/paths/program.ts';
import type { ProjectView } from '../../server/analysis/project-view.ts';
import type { ApiCall, CallSite } from '../../server/analysis/sites/site.ts';
import { tracePages } from '../../server/analysis/traces/traces.ts';
import type { CNode } from '../../server/syntax/node.ts';
import type { CUnit } from '../../server/syntax/unit.ts';
import { statementOf } from './trees.ts';

/** A call in a function of the file, written out by its name. */
export interface PlainCall {
  readonly call: ApiCall;
  readonly node: CNode;
  /** The function's tree. */
  readonly root: CNode;
  /** The statement that is this call and nothing else. */
  readonly statement: CNode | undefined;
  /** The sites whose pages it is given, as far as known. */
  readonly sites: readonly CallSite[];
}

/** A file to be mutated. */
export interface Subject {
  readonly file: string;
  readonly text: string;
  readonly unit: CUnit;
  readonly model: Model;
  /** Direct sites that take a reference. */
  readonly sites: readonly CallSite[];
  readonly calls: readonly PlainCall[];
  /** The calls among `calls` that give pages of the sites back: pins, and references that were followed there. */
  readonly releases: readonly PlainCall[];
  /** The calls among `calls` that mark pages of the sites dirty, releases included. */
  readonly dirtyings: readonly PlainCall[];
}

/** What the analysis said of the file as it is. */
export interface Seen {
  readonly file: string;
  readonly unit: CUnit;
  readonly model: Model;
  readonly project: ProjectView;
  readonly calls: readonly ApiCall[];
  readonly sites: readonly CallSite[];
  readonly flow: FlowResult;
}

/** Reads the file for the operators. */
export function subjectOf(seen: Seen): Subject {
  const { unit, model } = seen;
  const implementsApi = unit.functions.some((fn) => model.isSite(fn.name));
  const mine = (c: ApiCall): boolean =>
    c.unit === unit &&
    c.fn !== undefined &&
    c.macro === undefined &&
    c.node !== undefined &&
    c.spelled === c.api &&
    !implementsApi;
  const sites = seen.sites.filter((s) => mine(s) && s.via === undefined && s.reference !== 'none');
  const uses = usesOf(seen, seen.sites);
  const calls = seen.calls.filter(mine).flatMap((call) => plain(call, uses));
  const releasing = calls.filter(({ call }) => {
    const row = rowOf(call);
    // Freeing a user's page with the allocator's function gives nothing back.
    return row !== undefined && row.family !== 'memory' && row.effects.some((e) => e.op === 'release');
  });
  return {
    file: seen.file,
    text: unit.text,
    unit,
    model,
    sites,
    calls,
    releases: releasing.filter((c) => referenceOf(c.call) === 'pin' || c.sites.length > 0),
    dirtyings: calls.filter((c) => c.sites.length > 0 && rowOf(c.call)?.effects.some((e) => e.op === 'dirty') === true),
  };
}

function plain(call: ApiCall, uses: ReadonlyMap<number, readonly CallSite[]>): PlainCall[] {
  const { node, unit, fn } = call;
  if (node === undefined || fn === undefined) return [];
  const root = treeOf(unit, fn);
  return [{ call, node, root, statement: statementOf(root, node), sites: uses.get(call.span.start) ?? [] }];
}

/** The sites behind each call of the unit that gets their pages: as the trace by names and as the paths see it. */
function usesOf(seen: Seen, sites: readonly CallSite[]): ReadonlyMap<number, readonly CallSite[]> {
  const uses = new Map<number, Set<CallSite>>();
  const add = (start: number, site: CallSite): void => {
    const set = uses.get(start) ?? new Set();
    uses.set(start, set.add(site));
  };
  const bySpan = new Map<number, CallSite>();
  for (const site of sites) {
    if (site.unit !== seen.unit) continue;
    if (site.via === undefined) bySpan.set(site.span.start, site);
    for (const e of tracePages(site, seen.model, seen.project).events) {
      if ((e.kind === 'release' || e.kind === 'dirty') && e.unit === seen.unit) add(e.node.start, site);
    }
  }
  for (const { origin, release } of seen.flow.releases) {
    const site = origin.unit === seen.unit ? bySpan.get(origin.span.start) : undefined;
    if (site !== undefined && release.step.unit === seen.unit) add(release.step.span.start, site);
  }
  return new Map([...uses].map(([start, set]) => [start, [...set]]));
}

/** The newest row of a call. */
export function rowOf(call: ApiCall): ApiCall['rows'][number] | undefined {
  return call.rows.at(-1);
}

/** The kind of hold that a release gives back. */
export function referenceOf(call: ApiCall): string | undefined {
  const row = rowOf(call);
  return row?.effects.find((e) => e.op === 'release')?.ref ?? row?.reference;
}
