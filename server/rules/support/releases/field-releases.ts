/**
 * Releases of pages that a struct field holds between calls, where they do not fit how the field is filled. By what path analysis knows of
 * the field, and, where it lost the pages on the way, by the field's name in the release call.
 */
import type { Reference } from '../../../../model/schema.ts';
import type { HeldFact } from '../../../analysis/paths/flow-problem.ts';
import type { EntryEvent } from '../../../analysis/paths/path-state.ts';
import type { Resource, Step } from '../../../analysis/paths/resource.ts';
import { isHeldAs } from '../../../analysis/sites/hold-kind.ts';
import type { ApiCall } from '../../../analysis/sites/site.ts';
import { NO_OWNER } from '../../../analysis/structs/owners.ts';
import type { Confidence } from '../../../engine/protocol.ts';
import type { CUnit } from '../../../syntax/unit.ts';
import type { RulePass } from '../../define.ts';
import { type CallTest, callsOf, filesOf, functionsThatCall, makesCall, placeKey } from '../file-calls.ts';
import { isFilledBySites } from './filled-fields.ts';
import { type OwnerFacts, ownersOf } from './owner-facts.ts';

/** One release of what a field holds. */
export interface FieldRelease {
  readonly step: Step;
  readonly functionName: string;
  readonly api: string;
  /** The field as messages name it. */
  readonly field: string;
  /** The pages as they were taken. */
  readonly resource: Resource;
  readonly confidence: Confidence;
}

/** Releases of kind `given` of fields that are filled with nothing but holds of kind `held` (undefined: of any one kind). */
export function fieldReleases(pass: RulePass, held: Reference | undefined, given: Reference): readonly FieldRelease[] {
  const mixed = takesOtherPages(pass, [pass.unit], given);
  const known = [...ownersOf(pass.flow).values()].flatMap((facts) => ofOwner(pass, facts, { held, given, mixed }));
  return [...known, ...byName(pass, { held, given, mixed })];
}

interface Wanted {
  readonly held: Reference | undefined;
  readonly given: Reference;
  /** The file takes other pages too, which may end in the same field. */
  readonly mixed: boolean;
}

/** By the field's events. */
function ofOwner(pass: RulePass, facts: OwnerFacts, { held, given, mixed }: Wanted): readonly FieldRelease[] {
  const filled = filledWith(facts.held, held);
  if (filled === undefined) return [];
  // Everybody's pages are in a bio_vec or a scatterlist: what is freed from one need not be what was put into another.
  if (given === 'none' && NO_OWNER.has(facts.owner.tag ?? '')) return [];
  const releases = facts.events.filter((e) => e.kind === 'release' && e.reference !== 'either');
  const wrong = releases.filter((e) => e.reference === given);
  // Two kinds of pages in one field, told apart by something else: each release may well meet its own kind.
  const isLeft = mixed && wrong.length < releases.length;
  if (wrong.length === 0 || (isLeft && !isLeftOver(pass, facts, { given, releases }))) return [];
  if (filled.resource.reference === 'either' && takesReferences(pass, unitsOf(facts, filled))) return [];
  // What the file allocates it may free; of most fields it is not known which is which.
  if (mixed && given === 'none' && !isFilledBySites(pass, facts.owner.field)) return [];
  const fitting = releases.filter((e) => e.reference !== given && !(isLeft && e.reference === 'none'));
  const right = new Set(fitting.map((e) => e.functionName));
  return wrong.flatMap((event) => {
    const { step, functionName, api } = event;
    if (isChosen(pass, functionName, right)) return [];
    const confidence = mixed ? 'medium' : 'high';
    return [{ step, functionName, api, field: facts.name, resource: filled.resource, confidence }];
  });
}

/** Whether a function that gives the field back the right way does it the wrong way too, or calls what does: something that is not looked at chooses. */
export function isChosen(pass: RulePass, wrong: string, right: ReadonlySet<string>): boolean {
  if (right.size === 0) return false;
  if (right.has(wrong)) return true;
  const callers = functionsThatCall(filesOf(pass), { isWanted: (name) => name === wrong, deep: false });
  return [...callers.values()].some(({ fn }) => right.has(fn.name));
}

/**
 * Whether a field holds pins beside pages of the file's own, these go to the page allocator, and nothing but the way out of the functions that
 * pin unpins what it holds: then the plain releases are for the pins.
 */
function isLeftOver(
  pass: RulePass,
  { held }: OwnerFacts,
  { given, releases }: { readonly given: Reference; readonly releases: readonly EntryEvent[] },
): boolean {
  if (given !== 'get' || !held.some((h) => h.onSuccess) || held.some((h) => h.resource.reference !== 'pin'))
    return false;
  if (!releases.some((e) => e.reference === 'none')) return false;
  const takers = new Set(held.flatMap((h) => [h.functionName, h.resource.origin.functionName]));
  const isOfTakers = (name: string): boolean => {
    const callers = takers.has(name) ? [] : callsOf(filesOf(pass), name);
    return takers.has(name) || (callers.length > 0 && callers.every(({ fn }) => takers.has(fn.name)));
  };
  if (!releases.every((e) => e.reference !== 'pin' || isOfTakers(e.functionName))) return false;
  const origins = new Set(held.map(({ resource: { origin } }) => placeKey(origin.unit, origin.span.start)));
  return pass.flow.releases.every(
    ({ matches, origin, release }) =>
      !matches || !origins.has(placeKey(origin.unit, origin.span.start)) || isOfTakers(release.functionName),
  );
}

/** The files in which a field is filled and given back. */
function unitsOf({ events }: OwnerFacts, { resource: { origin } }: HeldFact): readonly CUnit[] {
  return [...new Set([origin.unit, ...events.map((e) => e.step.unit)])];
}

/** How a field is filled, where that is always the same kind and the one asked for. */
function filledWith(facts: readonly HeldFact[], held: Reference | undefined): HeldFact | undefined {
  const first = facts.find((h) => h.onSuccess) ?? facts[0];
  const kind = held ?? first?.resource.reference;
  if (first === undefined || kind === 'either') return undefined;
  return facts.every((h) => kind !== undefined && isHeldAs(h.resource.reference, kind)) ? first : undefined;
}

/** By the field's name in a release that path analysis could not connect: through a frame number, an address, an accessor. */
function byName(pass: RulePass, { held, given, mixed }: Wanted): readonly FieldRelease[] {
  const { flow, unit } = pass;
  const fields = fieldsByName(flow.held);
  if (fields.size === 0) return [];
  const known = new Set<string>();
  for (const { release } of flow.releases) known.add(placeKey(release.step.unit, release.step.span.start));
  for (const e of flow.events)
    if (e.kind !== 'doubt' && e.owner?.tag !== undefined) known.add(placeKey(e.step.unit, e.step.span.start));
  const releases = pass.calls.filter((c) => c.unit === unit && releaseKind(c) !== undefined);
  return releases.flatMap((call) => {
    if (releaseKind(call) !== given || call.fn === undefined || known.has(placeKey(unit, call.span.start))) return [];
    const field = fieldsIn(pass, call).find((name) => fields.has(name));
    const filled = field === undefined ? undefined : filledWith(fields.get(field) ?? [], held);
    if (field === undefined || filled === undefined) return [];
    if (mixed && given === 'none' && !isFilledBySites(pass, field)) return [];
    if (!isOneField(pass, field) && !isFilledBySites(pass, field)) return [];
    if (filled.resource.reference === 'either' && takesReferences(pass, [unit, filled.origin.unit])) return [];
    const both = releases.some(
      (c) => c.fn === call.fn && releaseKind(c) !== given && fieldsIn(pass, c).includes(field),
    );
    if (both) return [];
    const text = `given back here by ${call.api}()`;
    const step: Step = { unit, span: call.span, text };
    const name = filled.owner.tag === undefined ? field : `struct ${filled.owner.tag}.${field}`;
    const { resource } = filled;
    return [{ step, functionName: call.fn.name, api: call.api, field: name, resource, confidence: 'medium' as const }];
  });
}

function fieldsByName(held: readonly HeldFact[]): ReadonlyMap<string, readonly HeldFact[]> {
  const fields = new Map<string, HeldFact[]>();
  for (const fact of held) {
    const { field } = fact.owner;
    if (!/^\w+$/.test(field)) continue;
    fields.set(field, [...(fields.get(field) ?? []), fact]);
  }
  return fields;
}

/** What kind of hold a call gives back; undefined for other calls and for those that fit any. */
export function releaseKind({ rows }: Pick<ApiCall, 'rows'>): Reference | undefined {
  const kinds = new Set(
    rows.flatMap((row) => row.effects.flatMap((e) => (e.op === 'release' ? [e.ref ?? 'either'] : []))),
  );
  const [kind] = kinds;
  return kinds.size === 1 && kind !== 'either' ? kind : undefined;
}

/** The fields that the pages argument of a release names, itself or as the variable was last set in the function. */
export function fieldsIn(pass: RulePass, call: ApiCall): readonly string[] {
  const text = call.args[0] === undefined ? '' : pass.text(call.args[0]).trim();
  const named = /^\w+$/.test(text) ? setBefore(call, text) : text;
  return [...named.matchAll(/(?:->|\.)\s*(\w+)/g)].flatMap((m) => m[1] ?? []).reverse();
}

/** What a variable was last set to in the text of the function before a call; empty where nothing sets it. */
export function setBefore({ unit, fn, span }: Pick<ApiCall, 'unit' | 'fn' | 'span'>, name: string): string {
  const before = fn === undefined ? '' : unit.code.slice(fn.bodySpan.start, span.start);
  const sets = [...before.matchAll(new RegExp(`(?<![\\w.>*])(?:\\*\\s*)?\\b${name}\\s*=(?!=)([^;]*);`, 'g'))];
  return sets.at(-1)?.[1] ?? '';
}

/** Whether at most one struct of the files has a field of this name, and nothing but user pages is put into it. */
function isOneField(pass: RulePass, field: string): boolean {
  const files = filesOf(pass);
  if (structsWith(files, field) > 1) return false;
  const other = new RegExp(
    `(?:->|\\.)\\s*${field}\\b[^;{}=]*=[^=;{}]*\\b(?:alloc_page\\w*|__get_free_page\\w*|get_zeroed_page|virt_to_(?:head_)?page|vmalloc_to_page|ZERO_PAGE)\\b`,
  );
  return !files.some((f) => other.test(f.code));
}

function structsWith(files: readonly CUnit[], field: string): number {
  const member = new RegExp(`[\\s*]${field}\\s*(?:\\[[^\\]]*\\]\\s*)*[;,:]`);
  let n = 0;
  for (const unit of files) {
    for (const d of unit.declarations)
      if (d.kind === 'type' && member.test(unit.code.slice(d.span.start, d.span.end))) n++;
  }
  return n;
}

/** Functions that give pages of the kernel itself, by their address. */
const KERNEL_PAGES: ReadonlySet<string> = new Set([
  'virt_to_page',
  'virt_to_head_page',
  'virt_to_folio',
  'vmalloc_to_page',
  'kmap_to_page',
  'get_kernel_pages',
  'get_kernel_page',
  'ZERO_PAGE',
]);

const isPage = (type: string): boolean => /\bstruct (?:page|folio) \*/.test(type);

const OTHER_PAGES: CallTest = {
  name: 'other pages',
  isWanted: (name, model) =>
    KERNEL_PAGES.has(name) ||
    model
      .allRows(name)
      .some((row) =>
        row.effects.some(
          (e) => e.op === 'extra-ref' || (e.op === 'alloc' && (isPage(row.ret) || /^arg\d+\[\*\]$/.test(e.place))),
        ),
      ),
};

/** Names of functions out of sight that allocate pages; of memory by its address what makes pages of it counts. */
const ALLOCATES = /alloc\w*_(?:page|folio)|(?:page|folio)s?_\w*alloc|(?:page|folio)_pool/;

/** Calls that give pages of which the files may dispose with the page allocator's functions. */
export const OWN_PAGES: CallTest = {
  name: 'own pages',
  isWanted: (name, model, unit) => {
    const rows = model.allRows(name);
    if (KERNEL_PAGES.has(name)) return name !== 'ZERO_PAGE';
    if (rows.length === 0) return ALLOCATES.test(name) && !unit.functions.some((f) => f.name === name);
    return rows.some(
      ({ effects, ret, site }) =>
        site !== true && effects.some((e) => e.op === 'alloc' && (isPage(ret) || /^arg\d+\[\*\]$/.test(e.place))),
    );
  },
};

const OWN_REFERENCES: CallTest = {
  name: 'own references',
  isWanted: (name, model) => model.allRows(name).some((row) => row.effects.some((e) => e.op === 'extra-ref')),
};

/** Whether files take references of their own of pages that they have, which they then drop. */
export function takesReferences(pass: RulePass, units: readonly CUnit[]): boolean {
  const files = filesOf(pass);
  return units.some((unit) => files.includes(unit) && makesCall(unit, OWN_REFERENCES, pass.model));
}

/** Names of the functions of the files at hand that take such references. */
export function functionsTakingReferences(pass: RulePass): ReadonlySet<string> {
  const isWanted = (name: string): boolean => OWN_REFERENCES.isWanted(name, pass.model, pass.unit);
  const found = functionsThatCall(filesOf(pass), { isWanted, deep: false });
  return new Set([...found.values()].map(({ fn }) => fn.name));
}

/**
 * Whether files take pages in other ways that may end in the same fields and be given back in a way: their own, or further references of
 * others. Nothing but pages that a file allocates goes to the page allocator.
 */
export function takesOtherPages(pass: RulePass, units: readonly CUnit[], given: Reference): boolean {
  const files = filesOf(pass);
  const other = given === 'none' ? OWN_PAGES : OTHER_PAGES;
  return units.some((unit) => files.includes(unit) && makesCall(unit, other, pass.model));
}
