/**
 * What path analysis says of struct fields that hold pages: who fills a (struct tag, field), and who gives its pages back. A field
 * whose struct is unknown matches nothing.
 */
import type { HeldFact } from '../../../analysis/paths/flow-problem.ts';
import type { EntryEvent } from '../../../analysis/paths/path-state.ts';
import type { FlowResult } from '../../../analysis/paths/program.ts';
import type { Origin } from '../../../analysis/paths/resource.ts';
import type { CallSite } from '../../../analysis/sites/site.ts';
import type { Span } from '../../../base/span.ts';
import { type Owner, ownerKey } from '../../../flow/value.ts';
import type { CUnit } from '../../../syntax/unit.ts';

/** What happens to the pages of one field. */
export interface OwnerFacts {
  readonly owner: Owner;
  /** `struct tag.field` as messages show it. */
  readonly name: string;
  readonly held: readonly HeldFact[];
  /** Releases, dirtyings and frees of what the field holds, in functions that found it there; one a place. */
  readonly events: readonly EntryEvent[];
}

const known = new WeakMap<FlowResult, ReadonlyMap<string, OwnerFacts>>();

/** Fields in which pages are held where a function returns, by `ownerKey()`. */
export function ownersOf(flow: FlowResult): ReadonlyMap<string, OwnerFacts> {
  let owners = known.get(flow);
  if (owners === undefined) {
    owners = collect(flow);
    known.set(flow, owners);
  }
  return owners;
}

function collect(flow: FlowResult): ReadonlyMap<string, OwnerFacts> {
  const owners = new Map<string, { facts: OwnerFacts; held: HeldFact[]; events: Map<string, EntryEvent> }>();
  for (const fact of flow.held) {
    const key = ownerKey(fact.owner);
    if (key === undefined) continue;
    let entry = owners.get(key);
    if (entry === undefined) {
      const held: HeldFact[] = [];
      const events = new Map<string, EntryEvent>();
      const facts = { owner: fact.owner, name: `struct ${fact.owner.tag}.${fact.owner.field}`, held, events: [] };
      entry = { facts, held, events };
      owners.set(key, entry);
    }
    entry.held.push(fact);
  }
  for (const event of flow.events) {
    const entry = owners.get(ownerKey(event.owner) ?? '');
    const place = `${event.kind} ${event.step.unit.path}:${event.step.span.start} ${event.dirties}`;
    if (entry !== undefined && !entry.events.has(place)) entry.events.set(place, event);
  }
  return new Map([...owners].map(([key, e]) => [key, { ...e.facts, events: [...e.events.values()] }]));
}

/** Whether an origin is the acquire call of a site, or was reached through it. */
export function sameOrigin(origin: Origin, site: Pick<CallSite, 'unit' | 'span'>): boolean {
  const isAt = (p: { readonly unit: CUnit; readonly span: Span }): boolean =>
    p.unit === site.unit && p.span.start === site.span.start;
  return isAt(origin) || origin.chain.some(isAt);
}

/**
 * Which origins a site stands for, where a wrapper's callers count each for themselves: a call of the wrapper for what it leads to, the
 * acquire call in the wrapper for what no such call leads to.
 */
export function originsOf(site: CallSite, sites: readonly CallSite[]): (origin: Origin) => boolean {
  const through = site.via === undefined ? sites.filter((s) => s.via !== undefined) : [];
  const places = new Set(through.map((s) => `${s.unit.path}:${s.span.start}`));
  return (origin) =>
    sameOrigin(origin, site) && !origin.chain.some((step) => places.has(`${step.unit.path}:${step.span.start}`));
}
