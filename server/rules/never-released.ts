/**
 * ## What it does
 * Finds pages that are kept in a struct when a function returns, and that no function of the file, its headers and its neighbours in the
 * directory ever gives back. Pinned pages also where no field of a name holds them, if nothing there gives back any pinned page that may be one
 * of them. And pages that a function hands to callers, where the function beside it that by its name undoes that (`foo_pin`, `foo_unpin`) lets
 * what it is given go nowhere.
 *
 * ## Why is this bad?
 * The struct is freed or forgotten some day, and its pages stay: pinned pages can neither be freed nor moved until the machine is booted.
 *
 * ## Example
 * ```c bad
 * struct demo_buf {
 * 	struct page **pages;
 * 	int nr;
 * };
 *
 * static int demo_attach(struct demo_buf *buf, unsigned long addr, int n)
 * {
 * 	int got = pin_user_pages_fast(addr, n, FOLL_WRITE | FOLL_LONGTERM, buf->pages);
 *
 * 	if (got != n) {
 * 		if (got > 0)
 * 			unpin_user_pages(buf->pages, got);
 * 		return -EFAULT;
 * 	}
 * 	buf->nr = n;
 * 	return 0;
 * }
 *
 * static void demo_detach(struct demo_buf *buf)
 * {
 * 	kvfree(buf->pages);
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * struct demo_buf {
 * 	struct page **pages;
 * 	int nr;
 * };
 *
 * static int demo_attach(struct demo_buf *buf, unsigned long addr, int n)
 * {
 * 	int got = pin_user_pages_fast(addr, n, FOLL_WRITE | FOLL_LONGTERM, buf->pages);
 *
 * 	if (got != n) {
 * 		if (got > 0)
 * 			unpin_user_pages(buf->pages, got);
 * 		return -EFAULT;
 * 	}
 * 	buf->nr = n;
 * 	return 0;
 * }
 *
 * static void demo_detach(struct demo_buf *buf)
 * {
 * 	unpin_user_pages_dirty_lock(buf->pages, buf->nr, true);
 * 	kvfree(buf->pages);
 * }
 * ```
 *
 * ## Kernels
 * All.
 *
 * ## Limits
 * A release in another directory is not seen, hence a warning. A static helper that only the functions which take the pages call, where they
 * fail, is no release; in a file with unused static functions every one may be called from out of sight. Silent where any function that mentions the field (of this struct, as far as
 * declarations tell) gives pages back, by whatever way, where the file holds a release of pages nobody knows where from,
 * where a function out of sight that gives back, by its name, gets the struct, where the function that
 * takes them leaves them also in a place without a name or behind a field of that struct that is set to the address of a variable, and for plain references
 * kept in a struct that a header defines, unless only their number is kept and the file itself never gives back. A function that undoes another
 * counts as idle where it does no more with what it is given than to look at it, print it, mark it dirty, free it or set it to 0; one with code
 * of other configurations in it, or beside one that knows the same struct and gives pages back, is left alone.
 *
 * ## Fix safety
 * No fix.
 *
 * ## References
 * Documentation/core-api/pin_user_pages.rst.
 */

import { functionAt } from '../analysis/calls/call-index.ts';
import type { EndFact, HeldFact, ReleaseFact } from '../analysis/paths/flow-problem.ts';
import type { EntryEvent } from '../analysis/paths/path-state.ts';
import type { FlowResult } from '../analysis/paths/program.ts';
import type { Step } from '../analysis/paths/resource.ts';
import type { ApiCall, CallSite } from '../analysis/sites/site.ts';
import { namesFieldOf } from '../analysis/structs/field-mentions.ts';
import { definesStruct } from '../analysis/structs/struct-home.ts';
import { type Owner, ownerKey } from '../flow/value.ts';
import { variablesOf } from '../syntax/types.ts';
import type { CUnit, FunctionDef } from '../syntax/unit.ts';
import { defineRule, type RulePass } from './define.ts';
import { callsOf, filesOf, functionsThatCall, placeKey } from './support/file-calls.ts';
import { acquireStep, releaseFor, takenWord } from './support/flow-report.ts';
import { isAllForGood } from './support/releases/all-for-good.ts';
import { placesOfOthers } from './support/releases/explained.ts';
import { isFilledBySites } from './support/releases/filled-fields.ts';
import { givesNothingBack, releaseOf } from './support/releases/giving-back.ts';
import { isOfArgument, placesOfAnybody } from './support/releases/handed-alone.ts';
import { idlePair } from './support/releases/idle-opposite.ts';
import { isToldApart, keepsOwnPages } from './support/releases/own-pages.ts';
import { sameOrigin } from './support/releases/owner-facts.ts';
import { type OfFunction, onlyFor } from './support/releases/taker-helpers.ts';

/** See the head of the file. */
export const neverReleased = defineRule({
  name: 'never-released',
  group: 'release',
  summary: 'Pages kept in a struct are never given back',
  severity: 'warning',
  fix: 'none',
  check(pass) {
    const told = new Set<HeldFact>();
    for (const site of pass.sites) {
      const held = site.unit === pass.unit ? heldBy(pass, site) : [];
      // A call of a function that takes pages, and the call in that function, are about the same.
      if (held.length > 0 && held.every((h) => told.has(h))) continue;
      const kept = partsOf(site, held).find((part) => isNeverReleased(pass, part.taken, part.held));
      const first = kept?.held[0];
      if (kept === undefined || first === undefined) {
        if (site.unit === pass.unit && site.reference !== 'none') reportIdle(pass, site);
        continue;
      }
      for (const h of kept.held) told.add(h);
      const { resource } = first;
      const names = [...new Set(kept.held.filter(isNamed).flatMap(placesOf).map(nameOf))];
      pass.report({
        message: `pages ${takenWord(resource.reference)} here are ${keptText(first, names)}: they stay ${takenWord(resource.reference)} until the machine is booted; call ${releaseFor(resource)} where ${names.length > 0 && first.owner.global !== true ? 'the struct' : 'what holds them'} is torn down`,
        at: { unit: site.unit, span: site.nameSpan },
        functionName: site.fn?.name ?? '',
        site,
        confidence: 'medium',
        related: [
          ...(resource.origin.unit === site.unit ? [] : [acquireStep(resource)]),
          ...(kept.step === undefined ? [] : [kept.step]),
        ].map((at) => ({ at, message: at.text })),
      });
    }
  },
});

/** Pages handed to callers of whom nothing is known, where the function that takes them back does nothing with them. */
function reportIdle(pass: RulePass, site: CallSite): void {
  const fits = releaseOf(pass, site.reference);
  const pair = idlePair(pass, { site, fits, isOpen: hasUnexplainedRelease(pass, fits, () => false) });
  if (pair === undefined) return;
  const { taker, opposite } = pair;
  const taken = takenWord(site.reference);
  pass.report({
    message: `pages ${taken} here are handed out by ${taker.name}(), and ${opposite.fn.name}(), which by its name undoes that, gives none back: they stay ${taken} until the machine is booted`,
    at: { unit: site.unit, span: site.nameSpan },
    functionName: site.fn?.name ?? '',
    site,
    confidence: 'medium',
    related: [
      { at: { unit: opposite.unit, span: opposite.fn.nameSpan }, message: 'does nothing with the pages it is given' },
    ],
  });
}

/**
 * The fields in which the pages of a site are held when a function has returned with success; none where a plain reference may lie elsewhere
 * too. Where the function that took them leaves them in fields alone, places without a name further out stand for those fields.
 */
function heldBy(pass: RulePass, site: CallSite): readonly HeldFact[] {
  const held = pass.flow.held.filter((h) => h.onSuccess && sameOrigin(h.origin, site));
  if (!held.some((h) => isOutermost(pass, h))) return [];
  const named = held.filter(isNamed);
  if (named.length === 0)
    return site.reference === 'pin' && isAllForGood(pass, { site, takers: takersOf(held) }) ? held : [];
  return site.reference === 'pin' || nearestOf(held).every(isNamed) ? named : [];
}

/** Pages of a site: all, or those of one call of the function that takes them. */
interface Part {
  readonly taken: Taken;
  readonly held: readonly HeldFact[];
  readonly step?: Step;
}

type Taken = Pick<CallSite, 'unit' | 'span' | 'reference'>;

/** The pages of a site as a whole, and where its function is called for several fields those of each such call. */
function partsOf(site: CallSite, held: readonly HeldFact[]): readonly Part[] {
  if (held.length === 0) return [];
  const parts = new Map<string, Part & { readonly step: Step; readonly held: HeldFact[] }>();
  for (const h of held) {
    const step = h.origin.chain.at(-1);
    if (step === undefined) return [{ taken: site, held }];
    const key = placeKey(step.unit, step.span.start);
    const part = parts.get(key);
    if (part === undefined) parts.set(key, { taken: { ...step, reference: site.reference }, held: [h], step });
    else part.held.push(h);
  }
  return [{ taken: site, held }, ...(parts.size > 1 ? parts.values() : [])];
}

/** What a message says of the place where pages are. */
function keptText({ functionName }: HeldFact, names: readonly string[]): string {
  return names.length > 0
    ? `kept in ${names.join(', ')}, and no function of this file or its neighbours that touches it gives pages back`
    : `still held where ${functionName}() returns with success, and no function of this file or its neighbours gives pages back that may be these`;
}

/** Events that end no hold. */
const SILENT = /^(?:free|dirty|told)$/;

/** The field that holds the pages, and the one through which the object that has it is reached. */
function placesOf({ owner, through }: HeldFact): readonly Owner[] {
  return through === undefined || !/^\w+$/.test(through.field) ? [owner] : [owner, through];
}

function nameOf({ tag, field }: Owner): string {
  return `${tag === undefined ? '' : `struct ${tag.replace(/#.*/, '')}.`}${field}`;
}

/** Those holds that the fewest calls lead away from the acquire. */
function nearestOf(held: readonly HeldFact[]): readonly HeldFact[] {
  const nearest = Math.min(...held.map((h) => h.origin.chain.length));
  return held.filter((h) => h.origin.chain.length === nearest);
}

/** Whether no function in sight, which would know more, calls the one that returns with the pages held. */
function isOutermost(pass: RulePass, { functionName }: HeldFact): boolean {
  return !callsOf(filesOf(pass), functionName).some((c) => pass.flow.summaries.has(c.fn));
}

/** Whether a hold is that of a field with a name. What a field that is not followed points to may be a variable of a caller. */
function isNamed({ owner, path }: HeldFact): boolean {
  if (path.startsWith('g:') && /@-\*\]/.test(path)) return false;
  return /^\w+$/.test(owner.field);
}

function isNeverReleased(pass: RulePass, site: Taken, held: readonly HeldFact[]): boolean {
  const { flow } = pass;
  const fits = releaseOf(pass, site.reference);
  // What gives the pages back on the way out of the functions that took them is no end of a hold that lasts.
  const takers = takersOf(held);
  const isHelper = onlyFor(pass.unit, takers);
  if (!isPrivate(pass, held) || hasUnexplainedRelease(pass, fits, isHelper)) return false;
  if (held.some((h) => leadsToVariable(pass, h)) || isGivenOutside(pass, held)) return false;
  // Taken over, or given back (as far as is known) by a function that then returns with success: the hold does not last.
  const isOver = (e: EndFact): boolean =>
    e.hold === 'taken' || (e.onSuccess && ((e.hold !== 'held' && !e.nonzero) || e.maybeTaken));
  if (flow.ends.some((e) => isOver(e) && sameOrigin(e.origin, site))) return false;
  const places = held.flatMap(placesOf);
  const fields = new Set(places.map(({ field }) => field));
  const owners = new Set(places.flatMap((owner) => ownerKey(owner) ?? []));
  const counts = (e: EntryEvent): boolean =>
    !SILENT.test(e.kind) && mayBeOf(e, owners, fields) && !freesOwn(e) && !freesOthers(pass, e, fields);
  if (eventsOf(flow, isHelper).some(counts)) return false;
  const facts = flow.releases.filter((f) => sameOrigin(f.origin, site));
  const isTakers = ({ release }: ReleaseFact): boolean =>
    takers.has(release.functionName) || isHelper(functionAt(release.step.unit, release.step.span.start));
  const ofOthers = facts.filter((f) => !isTakers(f));
  if (
    !ofOthers.every(({ release }) => isOfArgument(flow, release)) ||
    held.some((h) => h.resource.maybeTaken !== undefined)
  )
    return false;
  const except = new Set(placesOfOthers(flow, { site, owners }));
  for (const { release } of facts) except.add(placeKey(release.step.unit, release.step.span.start));
  for (const place of placesOfAnybody(pass, site, (fn) => takers.has(fn.name) || isHelper(fn))) except.delete(place);
  // A place without a name is none that a call could spell.
  const names = [...fields].filter((field) => /^\w+$/.test(field));
  const named = names.length === 0 ? /(?!)/ : new RegExp(`\\b(?:${names.join('|')})\\b`);
  const isOpen = (c: ApiCall): boolean =>
    c.unit === pass.unit && !except.has(placeKey(c.unit, c.span.start)) && !isHelper(functionAt(c.unit, c.span.start));
  if (pass.calls.some((c) => fits(c.api) && isOpen(c) && named.test(pass.text(c.span)))) return false;
  const releasing = functionsThatCall(filesOf(pass), { isWanted: fits, except, deep: true });
  return ![...releasing.values()].some(
    (f) => !takers.has(f.fn.name) && !isHelper(f.fn) && places.some((owner) => namesFieldOf(f.unit, f.fn, owner)),
  );
}

/** The functions that take pages and return with them held. */
function takersOf(held: readonly HeldFact[]): ReadonlySet<string> {
  return new Set(held.map((h) => h.functionName)).add(held[0]?.origin.functionName ?? '');
}

/** What is done to pages that functions found at entry; what only serves those that take them is told by their own events. */
function eventsOf({ summaries }: FlowResult, isHelper: OfFunction): readonly EntryEvent[] {
  return [...summaries].flatMap(([fn, { cases }]) => (isHelper(fn) ? [] : cases.flatMap(({ events }) => events)));
}

/** Whether a function out of sight that gives something back, by its name, gets the struct that keeps the pages. */
function isGivenOutside({ flow, unit }: RulePass, held: readonly HeldFact[]): boolean {
  const tags = new Set(held.flatMap((h) => placesOf(h).flatMap(({ tag }) => tag ?? [])));
  return [...flow.summaries].some(
    ([fn, { cases }]) =>
      unit.functions.includes(fn) &&
      cases.some(({ events }) =>
        events.some((e) => e.kind === 'doubt' && tags.has(tagOfArgument(unit, fn, e.path) ?? '')),
      ),
  );
}

/** The tag of the struct that an argument of a function points to: `arg0`. */
function tagOfArgument(unit: CUnit, fn: FunctionDef, path: string): string | undefined {
  const index = /^arg(\d+)$/.exec(path)?.[1];
  return index === undefined ? undefined : variablesOf(unit, fn).filter((v) => v.parameter)[Number(index)]?.type.tag;
}

/** Whether pages lie behind a field that is set to the address of some variable: that one keeps them, not the struct. */
function leadsToVariable(pass: RulePass, { owner, path }: HeldFact): boolean {
  if (!path.endsWith(`.${owner.field}@[*]`)) return false;
  const set = new RegExp(`(?:\\.|->)${owner.field}\\s*=\\s*&[\\w.>-]+\\s*[;,}]`, 'g');
  return filesOf(pass).some((unit) =>
    [...unit.code.matchAll(set)].some(({ index }) => {
      const fn = functionAt(unit, index);
      return fn === undefined || namesFieldOf(unit, fn, owner);
    }),
  );
}

/** Whether pages are freed that can be no user's, from a field that the file fills with pages of its own, too: none of a user's end there. */
function freesOwn({ kind, reference, owner, step }: EntryEvent): boolean {
  return kind === 'release' && reference === 'none' && owner !== undefined && keepsOwnPages(step.unit, owner.field);
}

/**
 * Whether pages of the page allocator are freed on some ways alone, where a test of something else tells them from those of users, from a
 * field into which the file puts others than those of users, too.
 */
function freesOthers(pass: RulePass, e: EntryEvent, fields: ReadonlySet<string>): boolean {
  if (!/^(?:release|doubt)$/.test(e.kind) || e.reference !== 'none' || e.owner === undefined) return false;
  return isToldApart(e.step.unit, e.step.span, fields) && !isFilledBySites(pass, e.owner.field);
}

/** Whether an event is about one of the fields, or about one of that name in a struct that is not known. */
function mayBeOf({ owner }: EntryEvent, owners: ReadonlySet<string>, fields: ReadonlySet<string>): boolean {
  const key = ownerKey(owner);
  return key === undefined ? fields.has(owner?.field ?? '') : owners.has(key);
}

/**
 * Whether the files at hand are all that can give the pages back. Plain references are dropped everywhere: for those the struct must be
 * one of the directory, or hold the array of carriers (bio_vec, scatterlist) in which they lie, or keep no more than their number in a file that calls no release at all: nobody else would know that it is to be
 * given back.
 */
function isPrivate(pass: RulePass, held: readonly HeldFact[]): boolean {
  const isBare = ({ resource }: HeldFact): boolean =>
    resource.carried && givesNothingBack(pass, [pass.unit, ...pass.headers], 'either');
  const plain = nearestOf(held).filter((h) => h.resource.reference !== 'pin' && !isBare(h));
  const near = plain.length === 0 ? [] : ofDirectory(pass);
  const isOfDirectory = (owner: Owner | undefined): boolean => {
    if (owner?.global === true) return near.some((unit) => declaresVariable(unit, owner.field));
    const tag = owner?.tag?.replace(/#.*/, '');
    return tag !== undefined && near.some((unit) => definesStruct(unit, tag));
  };
  return plain.every(({ owner, through }) => isOfDirectory(owner) || isOfDirectory(through));
}

function declaresVariable({ declarations }: CUnit, variable: string): boolean {
  return declarations.some(({ kind, name }) => kind === 'variable' && name === variable);
}

/** The file and the headers of its directory that it includes, themselves or through each other. */
function ofDirectory(pass: RulePass): readonly CUnit[] {
  const directory = pass.unit.path.slice(0, pass.unit.path.lastIndexOf('/') + 1);
  const found = new Map<string, CUnit>([[pass.unit.path, pass.unit]]);
  for (const { text } of found.values()) {
    for (const [, name = ''] of text.matchAll(/^[ \t]*#[ \t]*include[ \t]+"([\w.-]+\.h)"/gm)) {
      const path = directory + name;
      const header = found.has(path) ? undefined : pass.fileAt(path);
      if (header !== undefined) found.set(path, header);
    }
  }
  return [...found.values()];
}

/** Whether the file has a release of which path analysis knows nothing: it may be the one. */
function hasUnexplainedRelease(pass: RulePass, fits: (name: string) => boolean, isHelper: OfFunction): boolean {
  const { flow, unit } = pass;
  const known = new Set<number>();
  for (const { release } of flow.releases) if (release.step.unit === unit) known.add(release.step.span.start);
  for (const { kind, step } of flow.events) if (kind === 'release' && step.unit === unit) known.add(step.span.start);
  const isOpen = ({ span }: ApiCall): boolean => !known.has(span.start) && !isHelper(functionAt(unit, span.start));
  return pass.calls.some((c) => c.unit === unit && fits(c.api) && isOpen(c));
}
