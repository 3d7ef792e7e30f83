/** Mapping pages for a device and taking them back; and which pages a place that a row names reaches. */
import type { ApiRow, Effect } from '../../../model/schema.ts';
import { conversionOf, mergeProvenance, type Provenance, regionOf, type Value } from '../../flow/value.ts';
import { isTowardsMemory } from '../flags/constants.ts';
import { argumentIndex } from '../traces/trace-reach.ts';
import { checkWritten } from './check-written.ts';
import { foundBy, objectOf } from './found-by.ts';
import { type OnPath, reportProblem, stepAt } from './frame.ts';
import { addEvent, type EntryEvent, isEntryKey, type PathState, type Returned, setResource } from './path-state.ts';
import { type CallValues, contentOf, type Resolved } from './place-pattern.ts';
import type { Resource, Step } from './resource.ts';

/** Name of the pseudo field through which a container (sg entry, bio, folio batch) reaches pages put into it. */
export const CONTENT = '.<pages>';

/** An effect of a row at a call. */
export interface EffectCall extends CallValues {
  readonly row: ApiRow;
  readonly effect: Effect;
}

/** Resources reachable at a target: through the value itself, its elements, or what was put into the container it points to. */
export function provenanceOf(s: PathState, target: Resolved): Provenance {
  const v = contentOf(s, target);
  return throughPointer(s, v);
}

/** Resources reachable through a value that is a page, or a pointer to an array or container of pages. */
function throughPointer(s: PathState, v: Value): Provenance {
  const region = regionOf(v);
  const below = mergeProvenance(s.env.get(region)?.prov ?? [], s.env.get(region + CONTENT)?.prov ?? []);
  return mergeProvenance(v.prov, below);
}

/** Applies a mapping or an unmapping. */
export function mapping(on: OnPath, call: EffectCall, target: Resolved): Value {
  const { frame, s, info } = on;
  const step = stepAt(
    frame,
    info.instr.span,
    `${call.effect.op === 'map' ? 'mapped for the device' : 'unmapped'} here by ${call.row.name}()`,
  );
  const prov = provenanceOf(s, target);
  if (mapsForWriting(on, call)) checkWritten(on, prov, call.row.name);
  for (const id of prov) {
    const r = s.resources.get(id);
    if (r === undefined) continue;
    if (call.effect.op === 'unmap') endMapping(on, r, step);
    else
      setResource(s, {
        ...r,
        mapped: { step, through: regionOf(contentOf(s, target)), result: call.ret, succeeds: mapSuccess(call.row) },
      });
  }
  if (call.effect.op === 'unmap') {
    unmapAddress(on, contentOf(s, target), step);
    if (prov.length === 0) unmapsFound(on, contentOf(s, target), { step, api: call.row.name });
  }
  return call.ret;
}

/** Whether a mapping names a direction in which the device writes. */
function mapsForWriting({ frame, info }: OnPath, { effect }: EffectCall): boolean {
  const index = effect.op === 'map' ? argumentIndex(effect.direction ?? '') : undefined;
  const span = index === undefined ? undefined : info.instr.argSpans[index];
  return span !== undefined && isTowardsMemory(frame.unit.code.slice(span.start, span.end));
}

/** The mapping of an object that the function found is taken back: pages of the same object may have been given back before. */
function unmapsFound(on: OnPath, mapped: Value, { step, api }: { readonly step: Step; readonly api: string }): void {
  const { frame, s } = on;
  const path = foundBy(mapped);
  checkReleasedBefore(on, mapped, step);
  const object = objectOf(mapped);
  if (object !== undefined && !s.unmapped.has(object)) s.unmapped = new Set(s.unmapped).add(object);
  if (path === undefined || !isEntryKey(path)) return;
  addEvent(s, {
    kind: 'unmap',
    path: path.endsWith('@') ? path : `${path}@`,
    owner: undefined,
    api,
    reference: 'none',
    step,
    functionName: frame.fn.name,
    all: false,
    dirties: 'no',
  });
}

/** A callee takes back the mapping of what it found at entry. */
export function unmapsBelow(on: OnPath, mapped: Value, event: EntryEvent): void {
  unmapAddress(on, mapped, event.step);
  if (mapped.prov.length === 0) unmapsFound(on, mapped, event);
}

/** Pages of the same object that this function gave back further up in its text, also where both stand in one loop. */
function checkReleasedBefore({ frame, s, info }: OnPath, mapped: Value, step: Step): void {
  const object = objectOf(mapped);
  const root = step.unit === frame.unit && step.span.start === info.instr.span.start ? rootOf(mapped) : undefined;
  const before = s.returned.find(
    (r) =>
      r.here.span.start < info.instr.span.start && (r.object === object || (root !== undefined && isBelow(r, root))),
  );
  if (before === undefined) return;
  reportProblem(frame, {
    kind: 'release-before-dma-unmap',
    step: before.here,
    functionName: frame.fn.name,
    resource: undefined,
    steps: before.here.span.start === before.step.span.start ? [step] : [before.step, step],
    confidence: s.facts.dropped || frame.cfg.gaps.length > 0 ? 'low' : 'medium',
    detail: before.api,
  });
}

/** Whether pages that the function gave back itself were found through an argument or a global. */
function isBelow({ path, here, step }: Returned, root: string): boolean {
  return (
    path?.startsWith(root) === true && /^[.[@^%]/.test(path.slice(root.length)) && here.span.start === step.span.start
  );
}

/** The argument or global that a value was found through. */
function rootOf(v: Value): string | undefined {
  const plain = unconverted(v);
  const key = plain.kind === 'address' ? plain.place : plain.kind === 'symbol' ? plain.path : undefined;
  return key === undefined ? undefined : /^(?:arg\d+|g:\w+)/.exec(key)?.[0];
}

/**
 * dma_unmap_page() is given the bus address that the mapping returned, dma_unmap_sg() the list: whoever got that in between may have
 * changed what it holds, and it is the same list all the same.
 */
function unmapAddress(on: OnPath, address: Value, step: Step): void {
  const key = unconverted(address).key;
  const region = regionOf(address);
  const mapped = [...on.s.resources.values()].filter((r) => r.mapped !== undefined);
  const own = mapped.filter(
    ({ mapped: m }) => m !== undefined && (unconverted(m.result).key === key || m.through === region),
  );
  for (const r of own) endMapping(on, r, step);
  if (own.length > 0 || !ONE_OF_MANY.test(key)) return;
  for (const r of mapped) if (r.mapped?.succeeds === 'asked' && r.hold.kind === 'held') endMapping(on, r, step);
}

/** An element of an array that several turns of a loop wrote, or one of the paths that met: which of the addresses it is, nobody knows. */
const ONE_OF_MANY = /\[\*\]~|^phi.*-\*\]$/;

/** The mapping of pages is taken back: too late where they were given back before. */
function endMapping({ frame, s, info }: OnPath, r: Resource, step: Step): void {
  setResource(s, r.hold.kind === 'held' ? { ...r, mapped: undefined, unmapped: true } : { ...r, mapped: undefined });
  if (r.hold.kind !== 'released' || r.mapped === undefined || r.reference === 'either') return;
  const { by } = r.hold;
  // What a callee took and mapped is told where both ends stand in the function itself, in their order.
  const isOwn = by.here !== undefined && by.here.span.end < info.instr.span.start;
  const isGuess = s.facts.dropped || frame.cfg.gaps.length > 0 || (r.origin.chain.length > 0 && !isOwn);
  reportProblem(frame, {
    kind: 'release-before-dma-unmap',
    step: by.step,
    functionName: by.functionName,
    resource: r,
    steps: [...r.origin.chain, r.mapped.step, step],
    confidence: isGuess ? 'low' : 'medium',
    detail: by.api,
  });
}

/** A value without the integer conversions around it. */
function unconverted(v: Value): Value {
  const inner = v.kind === 'op' && conversionOf(v.op) !== undefined ? v.args[0] : undefined;
  return inner === undefined ? v : unconverted(inner);
}

function mapSuccess(row: ApiRow): 'zero' | 'positive' | 'asked' {
  if (row.returns === 'status') return 'zero';
  return row.ret.includes('dma_addr_t') ? 'asked' : 'positive';
}
