/**
 * Whether changes of the page tables are followed for the pages of a site (case 3): an MMU notifier that has to do with the object that keeps
 * them, in the file that takes them or in one that the calls to the acquire and the release run through.
 */

import { pointee } from '../../syntax/ctype.ts';
import { type CNode, childByField } from '../../syntax/node.ts';
import { typeOfExpression } from '../../syntax/types.ts';
import type { CUnit, FunctionDef } from '../../syntax/unit.ts';
import { callsOf, treeOf } from '../calls/call-index.ts';
import { NOTIFIERS, notifierIn } from '../notifier.ts';
import { type ProjectView, unitSymbols, usersOf } from '../project-view.ts';
import type { CallSite } from '../sites/site.ts';
import { fieldOwner } from '../structs/owners.ts';
import { definesStruct, structBody } from '../structs/struct-home.ts';
import type { PageTrace } from '../traces/traces.ts';
import { argumentNodes, bare, operatorOf } from '../trees.ts';
import type { Clue } from './clue.ts';
import type { FunctionIn } from './reached.ts';

const TAG = /\bstruct\s+(\w+)/g;

/** What the site's file and the files of `ways`, the functions that lead to the acquire and the releases, say of notifiers. */
export function notifierClues(
  site: CallSite,
  trace: PageTrace,
  project: ProjectView,
  ways: readonly FunctionIn[],
): Clue[] {
  const { unit } = site;
  if (site.reference !== 'get') return [];
  const device = trace.events.some(
    (e) => e.kind === 'dma' || (e.kind === 'looked-up' && /_to_(?:phys|bus|dma)$/.test(e.api ?? '')),
  );
  const own = notifierIn(unit);
  if (own !== undefined) {
    // Callers that are not seen may have the pages where the notifier is.
    if (trace.handedOut !== 'open' && !concerns(unit, ways, project)) return [];
    const text = `${own.name}(): changes of the page tables are followed`;
    const touched = trace.events.some((e) => e.kind === 'read' || e.kind === 'write' || e.kind === 'data-out');
    const cases = touched ? { 3: 1.5 } : { 3: device ? 5 : 3.5, 4: 0.5 };
    return [{ kind: 'notifier', unit, span: own.span, text, cases }];
  }
  // A device that is told of changes elsewhere in the driver may use the pages under plain references.
  if (!device) return [];
  for (const other of filesBeside(unit, ways, project)) {
    const near = notifierIn(other);
    if (near === undefined || unitSymbols(other).functions.has(near.name)) continue;
    const text = `${near.name}() beside this file: changes of the page tables are followed`;
    return [{ kind: 'notifier', unit: other, span: near.span, text, cases: { 3: 4.5 } }];
  }
  return [];
}

/** Files with notifiers that concern the pages: those on the ways to them, and others whose notifiers lie in structs that the file names. */
function filesBeside(unit: CUnit, ways: readonly FunctionIn[], project: ProjectView): readonly CUnit[] {
  const passed = [...new Set(ways.map((way) => way.unit))].filter((other) => concerns(other, ways, project));
  const others = [...new Set(NOTIFIERS.flatMap((name) => usersOf(unit, name, project)))];
  if (others.length === 0) return passed;
  const named = new Set([...unit.code.matchAll(TAG)].flatMap((m) => m[1] ?? []));
  return [
    ...passed,
    ...others.filter((other) => holdersIn(other, project).some((t) => t !== undefined && named.has(t))),
  ];
}

/**
 * Whether a notifier of a file has to do with what functions handle: one of them calls a function of the notifiers, or names the struct that
 * holds the notifier, or one which that struct holds. Where the struct is not known, it has.
 */
function concerns(unit: CUnit, ways: readonly FunctionIn[], project: ProjectView): boolean {
  const calls = NOTIFIERS.flatMap((name) => callsOf(unit, name));
  if (calls.some((call) => ways.some((way) => way.fn === call.fn))) return true;
  const holders = holdersIn(unit, project);
  if (holders.length === 0 || holders.includes(undefined)) return true;
  const named = new Set(ways.flatMap((way) => tagsIn(way)));
  return holders.some(
    (tag) => tag === undefined || named.has(tag) || heldBy(unit, tag, project).some((t) => named.has(t)),
  );
}

/** The structs that the notifiers of a file lie in; undefined for one that is not known. */
function holdersIn(unit: CUnit, project: ProjectView): readonly (string | undefined)[] {
  return NOTIFIERS.flatMap((name) =>
    callsOf(unit, name).flatMap(({ fn, node }) =>
      // What the core allocates through callbacks is known by what the callbacks make of it.
      name.startsWith('mmu_notifier_get') ? containersIn(unit) : [holderOf(unit, fn, node, project)],
    ),
  );
}

function containersIn({ code }: CUnit): readonly (string | undefined)[] {
  const names = new Set([...code.matchAll(/\bstruct\s+mmu_notifier\s*\*\s*(\w+)/g)].map((m) => m[1]));
  const found = [...code.matchAll(/\bcontainer_of\s*\(\s*(\w+)\s*,\s*struct\s+(\w+)/g)].filter((m) => names.has(m[1]));
  return found.length === 0 ? [undefined] : found.map((m) => m[2]);
}

/** The struct that the notifier of a call lies in: `&map->notifier`; or the one that is told: `kvm`. */
function holderOf(unit: CUnit, fn: FunctionDef, call: CNode, project: ProjectView): string | undefined {
  const [first] = argumentNodes(call);
  if (first === undefined) return undefined;
  const node = bare(first);
  const inner = operatorOf(unit, node) === '&' ? childByField(node, 'argument') : undefined;
  if (inner !== undefined && bare(inner).type === 'field_expression')
    return fieldOwner(unit, treeOf(unit, fn), bare(inner), project);
  const tag = pointee(typeOfExpression(unit, fn, node))?.tag;
  return tag === undefined || /^mmu_/.test(tag) ? undefined : tag;
}

function tagsIn({ unit, fn }: FunctionIn): string[] {
  return [...unit.code.slice(fn.span.start, fn.span.end).matchAll(TAG)].flatMap((m) => m[1] ?? []);
}

/** Structs of the project that the members of a struct are, or point to. */
function heldBy(unit: CUnit, tag: string, project: ProjectView): readonly string[] {
  const near = [unit, ...project.headers(unit)];
  const body = near.map((file) => structBody(file, tag)).find((text) => text !== '') ?? '';
  const members = [...body.matchAll(TAG)].flatMap((m) => m[1] ?? []);
  return [...new Set(members)].filter((name) => near.some((file) => definesStruct(file, name)));
}
