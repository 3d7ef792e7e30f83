/**
 * Pinned pages that lie where no name says, in files that give none back which may be these: what they do give back are pages of other sites,
 * or those that the taking functions could not use.
 */
import type { Reference } from '../../../../model/schema.ts';
import { functionAt } from '../../../analysis/calls/call-index.ts';
import type { EntryEvent } from '../../../analysis/paths/path-state.ts';
import type { CallSite } from '../../../analysis/sites/site.ts';
import type { CUnit } from '../../../syntax/unit.ts';
import type { RulePass } from '../../define.ts';
import { filesOf, functionsThatCall, type PlacedFunction, placeKey } from '../file-calls.ts';
import { isOfCaller, placesOfOthers } from './explained.ts';
import { releaseOf } from './giving-back.ts';
import { onlyFor } from './taker-helpers.ts';

/** The site, and the functions that take its pages and return with them held. */
export interface Kept {
  readonly site: CallSite;
  readonly takers: ReadonlySet<string>;
}

/** Events by which no pages go anywhere. */
const STAYS = /^(?:free|dirty|told|copy|access)$/;

/** Whether nothing at hand gives one of the pages back, by whatever name, nor gives pages that it found somewhere to functions out of sight. */
export function isAllForGood(pass: RulePass, kept: Kept): boolean {
  const { flow, unit } = pass;
  const isHelper = onlyFor(unit, kept.takers);
  const except = placesOfStrangers(pass, kept);
  const isImplemented = implementedIn(pass);
  const isOpen = (taken: Reference, files: readonly CUnit[]): boolean => {
    const fits = releaseOf(pass, taken);
    const isWanted = (name: string): boolean => fits(name) && !isImplemented(name);
    return [...functionsThatCall(files, { isWanted, except, deep: false }).keys()].some((fn) => !isHelper(fn));
  };
  const mayGiveBack = ({ kind, step }: EntryEvent): boolean =>
    step.unit === unit &&
    !STAYS.test(kind) &&
    !except.has(placeKey(unit, step.span.start)) &&
    !isHelper(functionAt(unit, step.span.start));
  return !isOpen('pin', filesOf(pass)) && !isOpen('either', [unit, ...pass.headers]) && !flow.events.some(mayGiveBack);
}

/** Wrappers of the model that the files implement: their own calls tell. What goes by a release's name in a compatibility header is one. */
function implementedIn(pass: RulePass): (name: string) => boolean {
  const defined = new Set(filesOf(pass).flatMap(({ functions }) => functions.map(({ name }) => name)));
  return (name) => defined.has(name) && pass.model.allRows(name).every(({ family }) => family === 'wrapper');
}

/**
 * The places where other pages are given back, by functions that took these themselves or know no struct that the takers know, too: in one
 * that both know may lie pages of both.
 */
function placesOfStrangers(pass: RulePass, { site, takers }: Kept): ReadonlySet<string> {
  const places = new Set(placesOfOthers(pass.flow, { site, owners: new Set() }));
  const known = new Set(
    pass.unit.functions.flatMap((fn) => (takers.has(fn.name) ? structsIn({ unit: pass.unit, fn }) : [])),
  );
  for (const e of pass.flow.events) {
    const fn = functionAt(e.step.unit, e.step.span.start);
    const isShared = fn === undefined || structsIn({ unit: e.step.unit, fn }).some((tag) => known.has(tag));
    if (isShared || isOfCaller(e)) places.delete(placeKey(e.step.unit, e.step.span.start));
  }
  return places;
}

/** Structs in which no pages of a user are kept. */
const COMMON = /^(?:page|folio|mm_struct|vm_area_struct|task_struct|device)$/;

function structsIn({ unit, fn }: PlacedFunction): readonly string[] {
  const text = unit.code.slice(fn.span.start, fn.span.end);
  return [...text.matchAll(/\b(?:struct|union)\s+(\w+)/g)].flatMap(([, tag = '']) => (COMMON.test(tag) ? [] : [tag]));
}
