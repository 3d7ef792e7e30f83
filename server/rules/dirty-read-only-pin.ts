/**
 * ## What it does
 * Finds pages that were taken without FOLL_WRITE and are marked dirty all the same.
 *
 * ## Why is this bad?
 * Without FOLL_WRITE the page may be shared: the zero page, a page of a file that is mapped read-only, a page before copy-on-write. If it is
 * really written to, another process sees the data; if it is not, marking it dirty writes back what did not change, and file systems warn of
 * pages they did not prepare for it.
 *
 * ## Example
 * ```c bad
 * static int demo_send(struct demo_dev *dd, unsigned long addr, int n, struct page **pages)
 * {
 * 	int got = pin_user_pages_fast(addr, n, 0, pages);
 *
 * 	if (got <= 0)
 * 		return -EFAULT;
 * 	demo_run(dd, got);
 * 	unpin_user_pages_dirty_lock(pages, got, true);
 * 	return 0;
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static int demo_send(struct demo_dev *dd, unsigned long addr, int n, struct page **pages)
 * {
 * 	int got = pin_user_pages_fast(addr, n, 0, pages);
 *
 * 	if (got <= 0)
 * 		return -EFAULT;
 * 	demo_run(dd, got);
 * 	unpin_user_pages(pages, got);
 * 	return 0;
 * }
 * ```
 *
 * ## Kernels
 * All.
 *
 * ## Limits
 * The flags must be known, and FOLL_WRITE not among them on any path. A make_dirty argument that may be true counts, a parameter only where
 * some caller passes anything but false, or none is in sight of a function that others may call. Where the pages could not be followed to
 * their release, names lead there, or the function that by its name undoes the one that takes them, in files in which no other call takes pages.
 * Callers of a function that passes their flags on are told each for itself, by paths alone and where what marks the pages always does.
 *
 * ## Fix safety
 * No fix: either the flag is missing or the marking is too much.
 *
 * ## References
 * "FOLL_WRITE" in the description of get_user_pages() in mm/gup.c.
 */

import { callsOf } from '../analysis/calls/call-index.ts';
import { textCall } from '../analysis/calls/call-text.ts';
import { pairedNames } from '../analysis/evidence/paired.ts';
import type { EndFact, ReleaseFact } from '../analysis/paths/flow-problem.ts';
import type { EntryEvent } from '../analysis/paths/path-state.ts';
import type { ApiCall, CallSite } from '../analysis/sites/site.ts';
import { argumentNodes, codeOf } from '../analysis/trees.ts';
import { ownerKey } from '../flow/value.ts';
import { variablesOf } from '../syntax/types.ts';
import { defineRule, type RulePass, type UnitSpan } from './define.ts';
import { isOnlyTaker } from './support/dirty/writing-call.ts';
import { argumentOf } from './support/facts.ts';
import { filesOf } from './support/file-calls.ts';
import { flagsPassed } from './support/flags/passed-flags.ts';
import { releaseKind } from './support/releases/field-releases.ts';
import { ownersOf, sameOrigin } from './support/releases/owner-facts.ts';

/** See the head of the file. */
export const dirtyReadOnlyPin = defineRule({
  name: 'dirty-read-only-pin',
  group: 'dirty',
  summary: 'Pages that were taken without FOLL_WRITE are marked dirty',
  severity: 'warning',
  fix: 'none',
  check(pass) {
    for (const site of pass.sites) {
      if (site.unit !== pass.unit || !isReadOnly(pass, site)) continue;
      const isMarked = (f: ReleaseFact | EndFact): boolean => f.dirtied && sameOrigin(f.origin, site);
      const releases = pass.flow.releases.filter(isMarked).map((f) => f.release);
      const ends = pass.flow.ends.filter(isMarked);
      // What several callers share may be told by each of them whether to mark.
      const met = site.via === undefined ? releases.length > 0 || ends.length > 0 : ends.some((e) => isAlways(pass, e));
      // Fields and names tell pages of one call from those of another only by what fills them.
      const alone = !met && site.via === undefined;
      const kept = alone ? markedInField(pass, site) : [];
      const named = !alone || kept.length > 0 ? undefined : markingRelease(pass, site);
      if (!met && kept.length === 0 && named === undefined) continue;
      pass.report({
        message: `${site.via ?? site.api}() takes the pages without FOLL_WRITE here, and they are marked dirty later: a page taken for reading may be shared, so it must not be written, and if it is not there is nothing to mark; add FOLL_WRITE or drop the marking`,
        at: { unit: site.unit, span: site.nameSpan },
        functionName: site.fn?.name ?? '',
        site,
        confidence: 'medium',
        related: [
          ...[...releases, ...kept].slice(0, 3).map(({ step }) => ({
            at: { unit: step.unit, span: step.span },
            message: `${step.text}, dirty`,
          })),
          ...(named === undefined ? [] : [{ at: named, message: `given back here by ${named.api}(), dirty` }]),
          ...takenBy(pass, site).map((at) => ({ at, message: 'taken here' })),
        ],
      });
    }
  },
});

/** What marks the pages of a field dirty in any case, where the site is the only one that fills it. */
function markedInField({ flow }: RulePass, site: CallSite): readonly EntryEvent[] {
  const owners = ownersOf(flow);
  const keys = new Set(flow.held.filter((h) => sameOrigin(h.origin, site)).map((h) => ownerKey(h.owner)));
  return [...keys].flatMap((key) => {
    const facts = key === undefined ? undefined : owners.get(key);
    if (facts === undefined || !facts.held.every((h) => sameOrigin(h.origin, site))) return [];
    return facts.events.filter((e) => (e.kind === 'release' || e.kind === 'dirty') && e.dirties !== 'no');
  });
}

/**
 * A release of the file, found by names or in the function that by its name undoes the one of the site, that is told by a variable whether to
 * mark the pages, or behind a call that marks the same one, where no other call of the file takes any. Where that is a parameter, some caller
 * passes anything but no.
 */
function markingRelease(pass: RulePass, site: CallSite): (UnitSpan & { readonly api: string }) | undefined {
  const { unit } = site;
  if (!isOnlyTaker(pass, site)) return undefined;
  const known = (pass.recordOf(site)?.releases ?? []).filter((r) => r.location.file === unit.path);
  const places = new Set(known.map((r) => unit.lines.offset(r.location)));
  const undoes = pairedNames(site.fn?.name ?? '');
  const release = pass.calls.find((call) => {
    if (call.unit !== unit || call.fn === site.fn || call.fn === undefined) return false;
    const isEnd = undoes(call.fn.name) && releaseKind(call) === site.reference;
    if (!places.has(call.span.start) && !isEnd) return false;
    if (isMarkedBefore(pass, call)) return true;
    const dirty = argumentOf(call, 'dirty', pass)?.text.trim();
    return dirty !== undefined && /^\w+$/.test(dirty) && !NO.test(dirty) && isEverSo(pass, call, dirty);
  });
  return release === undefined ? undefined : { unit, span: release.nameSpan, api: release.api };
}

/** Whether the function of a release marks the page that is given back dirty in front of it, on whatever condition, by the same name. */
function isMarkedBefore({ calls, model, text }: RulePass, { unit, fn, span, args }: ApiCall): boolean {
  const page = args[0] === undefined ? '' : text(args[0]).trim();
  const marks = (c: ApiCall): boolean =>
    model.readable(c.api).some((row) => row.family === 'dirty' && row.effects.some((e) => e.op === 'dirty'));
  const isOfPage = (c: ApiCall): boolean =>
    c.unit === unit &&
    c.fn === fn &&
    c.span.end <= span.start &&
    c.args[0] !== undefined &&
    text(c.args[0]).trim() === page;
  if (!/^\w+$/.test(page)) return false;
  return calls.some((c) => isOfPage(c) && marks(c) && !isSet(unit.code.slice(c.span.end, span.start), page));
}

function isSet(code: string, name: string): boolean {
  return new RegExp(`(?<![\\w.>])${name}\\s*=(?!=)`).test(code);
}

const NO = /^(?:0|false)$/;

/** Whether a variable of a release's function is no parameter, or one for which some caller at hand passes anything but no. */
function isEverSo(pass: RulePass, { fn, unit }: ApiCall, name: string): boolean {
  const params = fn === undefined ? [] : variablesOf(unit, fn).filter((v) => v.parameter);
  const index = params.findIndex((v) => v.name === name);
  if (fn === undefined || index < 0) return fn !== undefined;
  const given = filesOf(pass).flatMap((from) =>
    callsOf(from, fn.name).flatMap(({ node }) => {
      const arg = argumentNodes(node)[index];
      return arg === undefined ? [] : [codeOf(from, arg).trim()];
    }),
  );
  // Callers out of sight have a choice, and where no other call at hand takes pages it is one about these.
  if (given.length === 0) return !fn.isStatic && pass.around.every(({ site }) => site.unit === unit);
  return given.some((text) => !NO.test(text));
}

/** Whether what marked pages dirty does so whenever it is called: no argument decides, or one that is written as true. */
function isAlways({ model }: RulePass, { markedAt }: EndFact): boolean {
  const call = markedAt === undefined ? undefined : textCall(markedAt.unit.code, markedAt.span.start);
  const effects = call === undefined ? [] : model.readable(call.name).flatMap((row) => row.effects);
  const isTrue = (place: string): boolean => {
    const arg = call?.args[Number(/^arg(\d+)$/.exec(place)?.[1] ?? -1)];
    return arg !== undefined && /^(?:1|true)$/.test((markedAt?.unit.code ?? '').slice(arg.start, arg.end).trim());
  };
  const marks = effects.filter((e) => e.op === 'dirty');
  return marks.length > 0 && marks.every((e) => e.dirtyArg === undefined || isTrue(e.dirtyArg));
}

/** The calls behind a wrapper by which it takes the pages, where they stand in the file. */
function takenBy({ sites, unit }: RulePass, { via }: CallSite): readonly UnitSpan[] {
  if (via === undefined) return [];
  return sites.flatMap((s) =>
    s.via === undefined && s.unit === unit && s.fn?.name === via ? [{ unit, span: s.nameSpan }] : [],
  );
}

function isReadOnly(pass: RulePass, site: CallSite): boolean {
  const { known, may, must } = site.flags;
  if (!known || may.has('FOLL_WRITE') || must.has('FOLL_WRITE')) return false;
  return flagsPassed(pass, site) !== undefined;
}
