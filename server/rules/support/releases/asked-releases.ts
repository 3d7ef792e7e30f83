/**
 * Plain references dropped, or pages freed, in a branch that is taken only where the pages are pinned, by what iov_iter_extract_will_pin()
 * said: where path analysis lost the pages between the two, the question says what they are.
 */

import type { Reference } from '../../../../model/schema.ts';
import type { ApiCall } from '../../../analysis/sites/site.ts';
import { branchWherePinned, type KeptAnswers, keptAnswers } from '../../../analysis/statements/asked-pins.ts';
import type { FunctionDef } from '../../../syntax/unit.ts';
import type { RulePass } from '../../define.ts';
import { filesOf } from '../file-calls.ts';
import { releaseKind } from './field-releases.ts';
import { type NamedRelease, resourceOf, type Taker } from './named-releases.ts';

/** Calls of this file that give back another kind of hold where the pages are known for pinned. */
export function askedReleases(pass: RulePass, given: Reference): readonly NamedRelease[] {
  const { unit } = pass;
  const puts = pass.calls.filter((c) => c.unit === unit && releaseKind(c) === given);
  if (puts.length === 0) return [];
  const kept = answersOf(pass);
  return puts.flatMap((call) => {
    const { fn, span, api } = call;
    const branch = fn === undefined ? undefined : branchWherePinned(unit, fn, span, kept);
    const site = branch === undefined || fn === undefined ? undefined : takerFor(pass, fn, kept);
    if (branch === undefined || fn === undefined || site === undefined || unpinsIn(pass, branch)) return [];
    const step = { unit, span, text: `given back here by ${api}()` };
    return [{ step, functionName: fn.name, api, resource: { ...resourceOf(site), answer: 'pinned' as const } }];
  });
}

function answersOf(pass: RulePass): KeptAnswers {
  const all = filesOf(pass).map(keptAnswers);
  return {
    fields: new Set(all.flatMap(({ fields }) => [...fields])),
    variables: new Map(all.flatMap(({ variables }) => [...variables])),
  };
}

/** The call whose pages are asked for: one that extracts in the same function, in one that keeps the answer, or any. */
function takerFor(pass: RulePass, fn: FunctionDef, { variables }: KeptAnswers): Taker | undefined {
  const takers: readonly Taker[] = [
    ...pass.sites.filter((s) => s.reference === 'either'),
    ...pass.calls.flatMap((c) =>
      c.rows.some((r) => r.reference === 'either') ? [{ ...c, reference: 'either' as const }] : [],
    ),
  ];
  return takers.find((t) => t.fn === fn) ?? takers.find((t) => t.fn !== undefined && variables.has(t.fn)) ?? takers[0];
}

/** Whether the branch unpins as well: what it puts may be a reference of its own. */
function unpinsIn({ calls, unit }: RulePass, branch: { readonly start: number; readonly end: number }): boolean {
  const isIn = (c: ApiCall): boolean => c.unit === unit && branch.start <= c.span.start && c.span.end <= branch.end;
  return calls.some((c) => isIn(c) && releaseKind(c) === 'pin');
}
