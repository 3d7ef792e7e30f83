/**
 * Functions that give back what they are handed and know no struct, `put_all(pages, n)`: whose pages these are is for their callers to say,
 * as far as path analysis can name what these hand on.
 */
import { functionAt } from '../../../analysis/calls/call-index.ts';
import type { EntryEvent } from '../../../analysis/paths/path-state.ts';
import type { FlowResult } from '../../../analysis/paths/program.ts';
import type { Release } from '../../../analysis/paths/resource.ts';
import type { CallSite } from '../../../analysis/sites/site.ts';
import { ownerKey } from '../../../flow/value.ts';
import type { FunctionDef } from '../../../syntax/unit.ts';
import type { RulePass } from '../../define.ts';
import { callsOf, filesOf, placeKey } from '../file-calls.ts';
import { isOfCaller } from './explained.ts';
import { ownersOf, sameOrigin } from './owner-facts.ts';

/** Whether the function in which a release stands was handed the pages alone. */
export function isOfArgument(flow: FlowResult, { step }: Pick<Release, 'step'>): boolean {
  const fn = functionAt(step.unit, step.span.start);
  const own = fn === undefined ? [] : releasesIn(flow, fn).filter((e) => e.step.span.start === step.span.start);
  return own.length > 0 && own.every(isOfCaller);
}

/**
 * The places of releases in such functions that are called with pages of nobody knows which field, or of one that no other call than
 * that in question is seen to fill; calls of some functions do not count.
 */
export function placesOfAnybody(
  pass: RulePass,
  site: Pick<CallSite, 'unit' | 'span'>,
  isKnown: (fn: FunctionDef) => boolean,
): ReadonlySet<string> {
  const filled = ownersOf(pass.flow);
  const isOfOther = (key: string): boolean => filled.get(key)?.held.some((h) => !sameOrigin(h.origin, site)) === true;
  const places = new Set<string>();
  for (const [fn] of pass.flow.summaries) {
    const own = releasesIn(pass.flow, fn).filter(({ step }) => step.unit === pass.unit && isIn(fn, step.span.start));
    const first = own[0];
    if (first === undefined || !own.every(isOfCaller)) continue;
    const counts = new Map<FunctionDef, number>();
    for (const { fn: caller } of callsOf(filesOf(pass), fn.name)) counts.set(caller, (counts.get(caller) ?? 0) + 1);
    const isNamed = ([caller, calls]: readonly [FunctionDef, number]): boolean =>
      isKnown(caller) || namedReleases(pass.flow, caller, first.step.span.start).filter(isOfOther).length >= calls;
    if ([...counts].every(isNamed)) continue;
    for (const { step } of own) places.add(placeKey(step.unit, step.span.start));
  }
  return places;
}

function isIn({ span }: FunctionDef, offset: number): boolean {
  return span.start <= offset && offset < span.end;
}

function releasesIn({ summaries }: FlowResult, fn: FunctionDef): readonly EntryEvent[] {
  return (summaries.get(fn)?.cases ?? []).flatMap(({ events }) => events.filter((e) => e.kind === 'release'));
}

/** The fields of which a function gives the pages back at one place. */
function namedReleases(flow: FlowResult, fn: FunctionDef, offset: number): readonly string[] {
  const events = releasesIn(flow, fn).filter(({ step }) => step.span.start === offset);
  return [...new Set(events.flatMap(({ owner }) => ownerKey(owner) ?? []))];
}
