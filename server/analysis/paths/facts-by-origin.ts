/** What path analysis says of the pages of one call, found by the place of that call instead of by looking at all that is known. */
import { kept } from '../../base/kept.ts';
import { ownerKey } from '../../flow/value.ts';
import type { CUnit } from '../../syntax/unit.ts';
import type { HeldFact, ReleaseFact } from './flow-problem.ts';
import type { EntryEvent } from './path-state.ts';
import type { FlowResult } from './program.ts';
import type { Origin } from './resource.ts';

/** Facts about the pages of a call, in the order in which they were found. */
export interface OriginFacts {
  readonly releases: readonly ReleaseFact[];
  readonly held: readonly HeldFact[];
}

type Place = Pick<Origin, 'unit' | 'span'>;
type ByPlace<F> = Map<CUnit, Map<number, F[]>>;

interface Index {
  /** By the call that takes the pages, and those through which it was reached. */
  readonly releases: ByPlace<ReleaseFact>;
  readonly held: ByPlace<HeldFact>;
  /** Releases of what lay in an owner, with their number in order. */
  readonly byOwner: ReadonlyMap<string, readonly (readonly [number, EntryEvent])[]>;
}

const indexes = new WeakMap<FlowResult, Index>();

/** The facts about the pages that a call takes; with `through` also where it is a call of the function that does. */
export function factsOfOrigin(flow: FlowResult, { unit, span }: Place, through: boolean): OriginFacts {
  const at = <F extends { readonly origin: Origin }>(facts: ByPlace<F>): readonly F[] => {
    const found = facts.get(unit)?.get(span.start) ?? [];
    return through ? found : found.filter((f) => f.origin.unit === unit && f.origin.span.start === span.start);
  };
  const { releases, held } = indexOf(flow);
  return { releases: at(releases), held: at(held) };
}

/** What gives back the pages that lie in owners, by their keys, in the order in which it was found. */
export function releasesByOwner(flow: FlowResult, owners: ReadonlySet<string>): readonly EntryEvent[] {
  const { byOwner } = indexOf(flow);
  const found = [...owners].flatMap((owner) => byOwner.get(owner) ?? []);
  return (owners.size > 1 ? found.sort(([a], [b]) => a - b) : found).map(([, event]) => event);
}

function indexOf(flow: FlowResult): Index {
  let index = indexes.get(flow);
  if (index === undefined) {
    index = { releases: byPlace(flow.releases), held: byPlace(flow.held), byOwner: ownersIn(flow.events) };
    indexes.set(flow, index);
  }
  return index;
}

function ownersIn(events: readonly EntryEvent[]): Map<string, [number, EntryEvent][]> {
  const found = new Map<string, [number, EntryEvent][]>();
  events.forEach((event, i) => {
    const key = event.kind === 'release' ? ownerKey(event.owner) : undefined;
    if (key === undefined) return;
    kept(found, key, (): [number, EntryEvent][] => []).push([i, event]);
  });
  return found;
}

function byPlace<F extends { readonly origin: Origin }>(facts: readonly F[]): ByPlace<F> {
  const found: ByPlace<F> = new Map();
  for (const fact of facts) {
    for (const { unit, span } of [fact.origin, ...fact.origin.chain]) {
      const there = kept(found, unit, () => new Map<number, F[]>());
      const list = kept(there, span.start, (): F[] => []);
      // A function that calls itself is in its chain more than once.
      if (list.at(-1) !== fact) list.push(fact);
    }
  }
  return found;
}
