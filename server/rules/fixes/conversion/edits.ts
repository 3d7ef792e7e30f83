/** The edits of a conversion: acquire calls, releases, locals that nobody uses any more, ladders for kernels without the pin API. */
import type { Span } from '../../../base/span.ts';
import type { Edit, JudgedSite, RulePass } from '../../define.ts';
import { asksForWrite, writingCall } from '../../support/dirty/writing-call.ts';
import { branchKernels } from '../../support/facts.ts';
import { bothOf, type Kernels, unionOf } from '../../support/kernels.ts';
import { longtermInCallers } from '../longterm-in-callers.ts';
import { dropUnusedLocals } from '../unused-locals.ts';
import { availability, pinFor, pinNameOf, rewriteAcquire } from './acquire.ts';
import type { Group } from './group.ts';
import { ladders, type VersionedEdit } from './ladder.ts';
import { type ReleaseCall, type Rewritten, rewriteRelease } from './release.ts';

/** What is converted. */
export interface Work extends Group {
  readonly calls: readonly ReleaseCall[];
  /** Whether missing flags are added. */
  readonly flags: boolean;
}

/** Flags that the hold and what is done with the data ask for, and the call does not pass. */
export function addedFlags(pass: RulePass, { site, record }: JudgedSite): readonly string[] {
  const { may, span } = site.flags;
  if (span === undefined) return [];
  const write = !asksForWrite(site) && writingCall(pass, site) !== undefined;
  const longterm = record.lifetime === 'long' && record.case === 2 && !may.has('FOLL_LONGTERM');
  return [
    ...(write ? ['FOLL_WRITE'] : []),
    ...(longterm || site.api === 'get_user_pages_longterm' ? ['FOLL_LONGTERM'] : []),
  ];
}

/** A call's new form and the kernels of the call that have it. */
interface Change {
  readonly edits: readonly Edit[];
  /** undefined: all of them. */
  readonly since: number | undefined;
}

/** The edits, or why there are none. */
export function conversionEdits(
  pass: RulePass,
  work: Work,
): { readonly edits: readonly Edit[] } | { readonly reason: string } {
  const acquires = acquireChanges(pass, work);
  if ('reason' in acquires) return acquires;
  const live = unionOf(work.members.flatMap(({ site }) => [...pass.liveOn(site)]));
  const laddered = (name: string, call: ReleaseCall): number | undefined | 'missing' => {
    const found = availability(pass, name, releaseKernels(pass, call, live));
    return found === undefined ? 'missing' : found.since;
  };
  const plain =
    acquires.some((c) => c.since !== undefined) ||
    work.calls.some((call) => typeof laddered('unpin_user_page', call) === 'number');
  const done: { readonly call: ReleaseCall; readonly now: Rewritten }[] = [];
  const changes: Change[] = [...acquires];
  for (const call of work.calls) {
    const now = rewriteRelease(call, plain);
    const since = now === undefined ? undefined : laddered(now.name, call);
    if (now === undefined) return { reason: `${call.api}() could not be rewritten` };
    if (since === 'missing') return { reason: `${now.name}() is not in all kernels aimed at` };
    changes.push({ edits: now.edits, since });
    done.push({ call, now });
  }
  const all = inLadders(changes);
  return all === undefined
    ? { reason: 'a statement cannot be doubled for the kernels without the pin API' }
    : { edits: [...all, ...unusedLocals(done)] };
}

function acquireChanges(pass: RulePass, { members, flags }: Work): readonly Change[] | { readonly reason: string } {
  const changes: Change[] = [];
  for (const member of members) {
    const { site } = member;
    if (site.reference === 'pin') continue;
    const added = flags ? addedFlags(pass, member) : [];
    const name = pinFor(pass, site, added);
    if (name === undefined)
      return { reason: `${pinNameOf(site.api) ?? 'a pin'}() does not take these flags on all kernels aimed at` };
    const callers = added.includes('FOLL_LONGTERM') ? longtermInCallers(site, pass.around) : undefined;
    const here = callers === undefined ? added : added.filter((f) => f !== 'FOLL_LONGTERM');
    const edits = rewriteAcquire(site, name, here);
    if (edits === undefined) return { reason: 'its arguments are not written out here' };
    changes.push({ edits, since: availability(pass, name, pass.liveOn(site))?.since });
    if (callers !== undefined) changes.push({ edits: callers, since: undefined });
  }
  return changes;
}

/** The kernels on which a release is compiled: as its file says, within those of the calls where it stands in another file. */
function releaseKernels(pass: RulePass, { unit, node }: ReleaseCall, live: Kernels): Kernels {
  const call = pass.calls.find((c) => c.unit === unit && c.span.start === node.start);
  if (call !== undefined) return pass.liveOn(call);
  return bothOf(live, branchKernels(unit, node.start));
}

function inLadders(changes: readonly Change[]): readonly Edit[] | undefined {
  const direct = changes.flatMap((c) => (c.since === undefined ? [...c.edits] : []));
  const versioned = changes.flatMap(({ edits, since }): VersionedEdit[] =>
    since === undefined ? [] : edits.map((edit) => ({ edit, since })),
  );
  const found = versioned.length === 0 ? [] : ladders(versioned);
  return found === undefined ? undefined : dedupe([...direct, ...found]);
}

/** Locals that only the loops used which are gone. */
function unusedLocals(done: readonly { readonly call: ReleaseCall; readonly now: Rewritten }[]): readonly Edit[] {
  const byFunction = new Map<
    ReleaseCall['fn'],
    { readonly call: ReleaseCall; readonly names: Set<string>; readonly gone: Span[] }
  >();
  for (const { call, now } of done) {
    const entry = byFunction.get(call.fn) ?? { call, names: new Set<string>(), gone: [] };
    for (const name of now.locals) entry.names.add(name);
    entry.gone.push(...now.gone);
    byFunction.set(call.fn, entry);
  }
  return [...byFunction.values()].flatMap(({ call, names, gone }) =>
    dropUnusedLocals(call.unit, call.tree, { names, gone }),
  );
}

function dedupe(edits: readonly Edit[]): readonly Edit[] {
  const byPlace = new Map(edits.map((e) => [`${e.unit.path}:${e.span.start}:${e.span.end}:${e.newText}`, e]));
  return [...byPlace.values()];
}
