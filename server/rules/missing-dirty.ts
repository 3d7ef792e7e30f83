/**
 * ## What it does
 * Finds pages that were taken for writing and written to, by the CPU or a device, and that every release gives back without marking them
 * dirty; releases in functions that are told by a parameter whether the pages are dirty and do nothing with it; and markings that ask for
 * DMA_FROM_DEVICE alone where the direction may be DMA_BIDIRECTIONAL.
 *
 * ## Why is this bad?
 * A page that is clean may be dropped by reclaim and read from its file again, or be thrown away with what the device wrote to it. Taking
 * it with FOLL_WRITE marks the page-table entry, but writeback may clean the page while the transfer is still running: whoever wrote last
 * has to mark the page itself.
 *
 * ## Example
 * ```c bad
 * static int demo_receive(struct device *dev, struct scatterlist *sg, unsigned long addr)
 * {
 * 	struct page *page;
 *
 * 	if (pin_user_pages_fast(addr, 1, FOLL_WRITE, &page) != 1)
 * 		return -EFAULT;
 * 	sg_init_table(sg, 1);
 * 	sg_set_page(sg, page, PAGE_SIZE, 0);
 * 	if (dma_map_sg(dev, sg, 1, DMA_FROM_DEVICE)) {
 * 		demo_run(sg);
 * 		dma_unmap_sg(dev, sg, 1, DMA_FROM_DEVICE);
 * 	}
 * 	unpin_user_page(page);
 * 	return 0;
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static int demo_receive(struct device *dev, struct scatterlist *sg, unsigned long addr)
 * {
 * 	struct page *page;
 *
 * 	if (pin_user_pages_fast(addr, 1, FOLL_WRITE, &page) != 1)
 * 		return -EFAULT;
 * 	sg_init_table(sg, 1);
 * 	sg_set_page(sg, page, PAGE_SIZE, 0);
 * 	if (dma_map_sg(dev, sg, 1, DMA_FROM_DEVICE)) {
 * 		demo_run(sg);
 * 		dma_unmap_sg(dev, sg, 1, DMA_FROM_DEVICE);
 * 	}
 * 	unpin_user_pages_dirty_lock(&page, 1, true);
 * 	return 0;
 * }
 * ```
 *
 * ## Kernels
 * All.
 *
 * ## Limits
 * The write is taken from the flags and from what is done with the pages in the files at hand; a device that is only ever given them with
 * DMA_TO_DEVICE writes nothing. An info where FOLL_WRITE is the only sign of it, as where the CPU is only seen to read, and where nothing in sight uses pins with FOLL_LONGTERM
 * for more than reading on kernels that refuse such pins of files that track dirty pages (6.5 and later), and where a function on the way
 * to the call lets only private mappings pass: there only swap could lose the data. Silent where a release is not seen or
 * is a function out of sight, which may mark the pages itself, where any function that
 * touches the pages marks pages dirty, where another part of the kernel takes the pages over, and where the file makes the anonymous mapping
 * itself. A reference that is dropped because an object holds the page already is no end of it. Where path analysis loses the pages on the way, following names finds the releases; then any marking in these files counts.
 * Of low confidence where the function that gives the pages to a device is the one that hands them back, through a pointer: it may have marked them.
 * Memory whose address comes as a pointer to const is taken to be read only, whatever the flags say.
 * A condition of the marking is held against that of FOLL_WRITE where both are one variable, or fields of the same name.
 *
 * ## Fix safety
 * Unsafe: unpin_user_pages() becomes unpin_user_pages_dirty_lock(), one that is told no is told yes, put_page() gets set_page_dirty_lock() in front; both take the page lock and
 * may sleep; whether the function may is not known. Where FOLL_WRITE is passed only sometimes, what chooses it is the condition; none is
 * offered where the release cannot know it.
 *
 * ## References
 * Documentation/core-api/pin_user_pages.rst; unpin_user_pages_dirty_lock() in mm/gup.c.
 */
import { version } from '../../model/version.ts';
import type { Origin } from '../analysis/paths/resource.ts';
import type { CallSite } from '../analysis/sites/site.ts';
import type { Severity, SiteRecord } from '../engine/protocol.ts';
import { defineRule, type RulePass, type UnitSpan } from './define.ts';
import { markDirty } from './fixes/mark-dirty.ts';
import { isExchanged } from './support/dirty/exchanged.ts';
import { type HalfMarked, halfMarked } from './support/dirty/half-dirty.ts';
import { type IgnoredDirty, ignoredDirty } from './support/dirty/ignored-dirty.ts';
import { isOwnMemory, isPrivateMemory } from './support/dirty/own-memory.ts';
import { isReadSource } from './support/dirty/read-source.ts';
import { withoutReading } from './support/dirty/reading-function.ts';
import { withoutSecondReferences } from './support/dirty/second-reference.ts';
import { targetIterator } from './support/dirty/target-iterator.ts';
import { isEnd, type ToldUnmarked, toldEach, type Unmarked } from './support/dirty/told-at.ts';
import { isMarkedElsewhere, isToldWhether } from './support/dirty/told-dirty.ts';
import { type TurnedDirty, turnedDirty } from './support/dirty/turned-dirty.ts';
import { evidenceSteps, WRITES } from './support/evidence-steps.ts';
import {
  callersAbove,
  codeFrom,
  filesOf,
  functionsThatCall,
  mentionsField,
  type PlacedFunction,
} from './support/file-calls.ts';
import { placesOfOthers } from './support/releases/explained.ts';
import { originsOf, sameOrigin } from './support/releases/owner-facts.ts';
import { type CleanEnd, type CleanRelease, cleanEnd } from './support/releases/releases-of-site.ts';

/** See the head of the file. */
export const missingDirty = defineRule({
  name: 'missing-dirty',
  group: 'dirty',
  summary: 'Pages that were written are given back without being marked dirty',
  severity: 'warning',
  fix: 'unsafe',
  check(pass) {
    const unmarked: Unmarked[] = [];
    const ignoring = new Set(
      ignoredDirty(pass)
        .filter((i) => reportIgnored(pass, i))
        .map(({ fn }) => fn.name),
    );
    const isIgnored = (r: CleanRelease): boolean => r.at.unit === pass.unit && ignoring.has(r.functionName);
    for (const site of pass.sites) {
      if (site.unit !== pass.unit || site.reference === 'none') continue;
      const found = writeOf(pass, site);
      if (found === undefined || isInWrapper(pass, site)) continue;
      const severity = found === 'warning' && isPrivateMemory(pass, site) ? 'info' : found;
      const end = withoutSecondReferences(withoutReading(site, cleanEnd(pass, site)));
      if (end === undefined || end.releases.some((r) => isToldWhether(pass, r) || isOutOfSight(pass, r))) continue;
      if (isMarkedElsewhere(pass, site, end) || end.releases.every((r) => isProbe(site, r))) continue;
      if (marksDirtyNearby(pass, site, end)) continue;
      if (!end.releases.every(isIgnored)) unmarked.push({ site, end, severity });
    }
    for (const each of toldEach(pass, unmarked)) report(pass, each);
    for (const half of halfMarked(pass)) reportHalf(pass, half);
    for (const turned of turnedDirty(pass)) reportTurned(pass, turned);
  },
});

/** A release that does nothing with what its function is told, where pages of a site end in it that may be written; whether there is one. */
function reportIgnored(pass: RulePass, { call, fn, parameter }: IgnoredDirty): boolean {
  const [site] = sitesEndingIn(pass, fn.name).filter((s) => takesBytes(s) || writeOf(pass, s) !== undefined);
  if (site === undefined) return false;
  const at = { unit: call.unit, span: call.span };
  const release: CleanRelease = { api: call.api, at, functionName: fn.name, call, fields: [], owners: [] };
  const fix = markDirty(pass, site, release);
  pass.report({
    message: `${fn.name}() is told by ${parameter} whether the pages are dirty and does nothing with it: ${call.api}() gives them back clean whatever the caller says, and reclaim may drop what was written; ${adviceFor(pass, release)} where ${parameter} says so`,
    at,
    functionName: fn.name,
    site,
    severity: writeOf(pass, site) ?? 'warning',
    confidence: 'medium',
    related: [{ at: { unit: site.unit, span: site.nameSpan }, message: `taken here by ${site.api}()` }],
    fixes: fix === undefined ? [] : [fix],
  });
  return true;
}

/** The sites that have pages given back in a function of the file. */
function sitesEndingIn(pass: RulePass, name: string): readonly CallSite[] {
  const isThere = (s: CallSite): boolean =>
    pass.recordOf(s)?.releases.some((r) => r.location.file === pass.unit.path && r.functionName === name) === true;
  return pass.sites.filter((s) => s.reference !== 'none' && isThere(s));
}

/** Markings that leave out a direction, told at the marking; at none that no site of the module leads to. */
function reportHalf(pass: RulePass, { call, direction, both }: HalfMarked): void {
  const [site] = sitesEndingIn(pass, call.fn?.name ?? '');
  if (site === undefined) return;
  pass.report({
    message: `${call.fn?.name ?? ''}() marks pages dirty only where ${direction} is DMA_FROM_DEVICE, and it may be DMA_BIDIRECTIONAL: a device writes then, too, and reclaim may drop the pages as clean; ask whether it is not DMA_TO_DEVICE`,
    at: { unit: call.unit, span: call.nameSpan },
    functionName: call.fn?.name ?? '',
    site,
    confidence: 'medium',
    related: [
      { at: both, message: 'both ways here' },
      { at: { unit: site.unit, span: site.nameSpan }, message: `taken here by ${site.api}()` },
    ],
  });
}

/** Markings that are done just where the pages were not taken for writing. */
function reportTurned(pass: RulePass, { call, site, condition }: TurnedDirty): void {
  pass.report({
    message: `${call.fn?.name ?? ''}() marks pages dirty where '${condition.trim()}' holds, and ${site.api}() asks for FOLL_WRITE just where it does not: what was written is given back clean, and reclaim may drop it; one of the two conditions is the wrong way round`,
    at: { unit: call.unit, span: call.span },
    functionName: call.fn?.name ?? '',
    site,
    confidence: 'medium',
    related: [{ at: { unit: site.unit, span: site.nameSpan }, message: `taken here by ${site.api}()` }],
  });
}

/** How bad it is where nothing marks the pages dirty; undefined where no write is in evidence. */
function writeOf(pass: RulePass, site: CallSite): Severity | undefined {
  const record = pass.recordOf(site);
  if (record === undefined || record.case === 4) return undefined;
  const { access } = record;
  const stored = record.evidence.some((e) => e.kind === 'write');
  const device = access.includes('dma') && !isOnlyRead(pass, record);
  if (isOwnMemory(pass) || (!stored && isReadSource(pass, site))) return undefined;
  if (record.case === 3 && !isKeptForDevice(record, site)) return undefined;
  if (takesBytes(site)) return (device || stored) && targetIterator(pass, site) !== undefined ? 'warning' : undefined;
  if (!asksForWrite(site)) return stored && !site.flags.known ? 'warning' : undefined;
  if (!isSeen(record) && (isOfNoFile(pass, site) || isLookedAt(record))) return 'info';
  const written = device || access.includes('write');
  if (!written) return access.includes('unknown') ? 'info' : undefined;
  return device || site.flags.must.has('FOLL_WRITE') ? 'warning' : 'info';
}

/**
 * Whether a device has pages until another function gives them back. Where a notifier only has page tables filled anew, the pages go back at
 * once and are marked when the device lets go, if at all.
 */
function isKeptForDevice({ evidence, lifetime, releases }: SiteRecord, { fn }: CallSite): boolean {
  const kept = lifetime !== 'short' && releases.some((r) => r.functionName !== fn?.name);
  return kept && evidence.some((e) => e.kind === 'dma');
}

/** Whether a store, a device or a hypervisor that gets the pages is in sight: not just the flag and an address that is kept. */
function isSeen({ evidence }: SiteRecord): boolean {
  return evidence.some((e) => ['write', 'dma', 'number', 'hypervisor', 'marked'].includes(e.kind));
}

/** Whether the CPU reads the data, so that what is done with it is in sight. */
function isLookedAt({ evidence }: SiteRecord): boolean {
  return evidence.some((e) => e.kind === 'read');
}

/**
 * Whether the pages can belong to no file whose dirty pages are tracked: a long-term pin for writing is refused there since 6.5
 * (writable_file_mapping_allowed() in mm/gup.c). What is left is memory that only swap could lose.
 */
function isOfNoFile(pass: RulePass, site: CallSite): boolean {
  if (site.reference !== 'pin' || !site.flags.must.has('FOLL_LONGTERM')) return false;
  return pass.liveOn(site).every((range) => range.since >= REFUSED_FOR_FILES);
}

const REFUSED_FOR_FILES = version('6.5');

/** Whether the calls that give the pages to a device all name the direction to it. */
function isOnlyRead(pass: RulePass, { evidence }: SiteRecord): boolean {
  const calls = evidence.filter((e) => e.kind === 'dma');
  return calls.length > 0 && calls.every((e) => /\b(?:PCI_)?DMA_TO_?DEVICE\s*\)/.test(codeFrom(pass, e.location)));
}

/** Between a call and a release: only tests on which the function leaves. */
const ONLY_TESTS =
  /^[^;{}]*;\s*(?:if\s*\([^;{}]*\)\s*(?:\{[^{}]*\b(?:return|goto)\b[^{}]*\}|(?:return|goto)\b[^;{}]*;)\s*)*$/;

/** Whether a release follows its acquire at once: nobody had the pages in between, the function only saw whether they can be taken. */
function isProbe({ unit, fn, span }: CallSite, { at }: CleanRelease): boolean {
  if (at.unit !== unit || fn === undefined || !within(fn.span, at) || at.span.start < span.end) return false;
  return ONLY_TESTS.test(unit.code.slice(span.end, at.span.start));
}

/** Whether a release is one by its name alone: a function that nobody can look into may mark the pages, too. */
function isOutOfSight({ model }: RulePass, { api }: CleanRelease): boolean {
  return model.allRows(api).length === 0;
}

/** Whether the site's pages go to callers that are sites of their own. */
function isInWrapper({ flow, sites }: RulePass, site: CallSite): boolean {
  const isOwn = originsOf(site, sites);
  const isOther = (origin: Origin): boolean => sameOrigin(origin, site) && !isOwn(origin);
  return flow.ends.some((e) => isOther(e.origin));
}

/** Whether a function that touches the pages marks pages dirty in some way that path analysis did not connect. */
function marksDirtyNearby(pass: RulePass, site: CallSite, { releases, by }: CleanEnd): boolean {
  const files = filesOf(pass);
  const owners = new Set(releases.flatMap((r) => r.owners));
  const except = placesOfOthers(pass.flow, { site, owners });
  // What leads to these releases is judged by its body, whatever the model says of its name.
  const leading = new Set(releases.flatMap((r) => above(pass, r).map(({ fn }) => fn.name)));
  const isWanted = (name: string): boolean => !leading.has(name) && marksDirty(pass, name);
  const direct = functionsThatCall(files, { isWanted, except, deep: false });
  if (site.fn !== undefined && direct.has(site.fn)) return true;
  // What names alone connect may be marked in any function of these files, and the pages of an iterator by whoever made it.
  const units = new Set([site.unit, ...releases.map((r) => r.at.unit)]);
  const anywhere = by !== 'paths' || takesBytes(site);
  if (anywhere && [...direct.values()].some(({ unit }) => units.has(unit))) return true;
  const ends = [...direct.values()].some(({ unit, fn }) =>
    releases.some((r) => r.at.unit === unit && within(fn.span, r.at)),
  );
  const before = releases.some((r) => isMarkedAbove(pass, r, direct));
  const fields = new Set(releases.flatMap((r) => r.fields));
  if (ends || before || fields.size === 0) return ends || before;
  return [...functionsThatCall(files, { isWanted, except, deep: true }).values()].some((f) =>
    [...fields].some((field) => mentionsField(f, field) && knowsOwner(f, field, owners)),
  );
}

/** How far up whoever has the pages given back is looked for. */
const MAX_ABOVE = 3;

/** Whether a function that has the pages given back marks them before. */
function isMarkedAbove(pass: RulePass, release: CleanRelease, marking: ReadonlyMap<unknown, unknown>): boolean {
  return above(pass, release).some(({ fn }) => marking.has(fn));
}

/** The functions that have the pages given back; one that takes pages itself answers for its own. */
function above(pass: RulePass, { functionName }: CleanRelease): readonly PlacedFunction[] {
  const takers = new Set(pass.sites.map((s) => s.fn));
  return callersAbove(filesOf(pass), functionName, MAX_ABOVE, (fn) => !takers.has(fn));
}

/** Whether the struct that keeps the pages in a field is named in the function's file; where it is unknown, any may be. */
function knowsOwner({ unit }: PlacedFunction, field: string, owners: ReadonlySet<string>): boolean {
  const tags = [...owners].flatMap((key) => (key.endsWith(`.${field}`) ? [key.slice(0, -field.length - 1)] : []));
  return tags.length === 0 || tags.some((tag) => new RegExp(`\\b${tag}\\b`).test(unit.code));
}

function marksDirty(pass: RulePass, name: string): boolean {
  return pass.model.allRows(name).some((row) => row.effects.some((e) => e.op === 'dirty' && e.dirtyArg === undefined));
}

function within(span: { start: number; end: number }, at: UnitSpan): boolean {
  return span.start <= at.span.start && at.span.start < span.end;
}

function report(pass: RulePass, { site, end, severity, here, others: rest }: ToldUnmarked): void {
  const record = pass.recordOf(site);
  if (record === undefined) return;
  const inUnit = here.at.unit === pass.unit && isEnd(site, end);
  const at = inUnit ? here.at : { unit: site.unit, span: site.nameSpan };
  const taken = { at: { unit: site.unit, span: site.nameSpan }, message: `taken for writing here by ${site.api}()` };
  const others = inUnit ? rest : end.releases;
  const fix = isEnd(site, end) ? markDirty(pass, site, here) : undefined;
  const taker = site.fn === undefined || site.fn.name === here.functionName ? '' : `in ${site.fn.name}() `;
  const problem =
    end.by === 'failure'
      ? `${site.api}() ${useOf(record, severity).replace('them', 'pages')}, and nothing in this file marks them dirty`
      : `${here.functionName}() gives pages back with ${here.api}() that nothing marks dirty, though ${site.api}() ${taker}${useOf(record, severity)}`;
  pass.report({
    message: `${problem}: reclaim may drop them as clean, and the data is lost; ${adviceFor(pass, here)}${asksForWrite(site) ? ', or drop FOLL_WRITE if nothing writes to them' : ''}`,
    at,
    functionName: inUnit ? here.functionName : (site.fn?.name ?? ''),
    site,
    severity,
    confidence: isExchanged(pass, record, here) ? 'low' : 'medium',
    related: [
      ...(site.via === undefined ? [taken] : takenInside(pass, site)),
      ...madeAt(pass, site),
      ...(severity === 'info' ? [] : evidenceSteps(pass, record, { kinds: WRITES, hold: false })),
      ...others.map((r) => ({
        at: r.at,
        message: `given back here by ${r.api}()${end.by === 'failure' ? ', where something fails' : ''}`,
      })),
    ],
    fixes: fix === undefined ? [] : [fix],
  });
}

/** Where the iterator of a site is made the target of data. */
function madeAt(pass: RulePass, site: CallSite): readonly { at: UnitSpan; message: string }[] {
  if (!takesBytes(site)) return [];
  const at = targetIterator(pass, site)?.at;
  return at === undefined ? [] : [{ at, message: 'the iterator is made the target of data here' }];
}

/** Where the wrapper that a site calls takes the pages. */
function takenInside({ sites }: RulePass, { via }: CallSite): readonly { at: UnitSpan; message: string }[] {
  const inner = via === undefined ? undefined : sites.find((s) => s.via === undefined && s.fn?.name === via);
  if (inner === undefined) return [];
  return [{ at: { unit: inner.unit, span: inner.nameSpan }, message: `${via}() takes them here by ${inner.api}()` }];
}

/** What is known to write to the pages. */
function useOf({ evidence, access }: SiteRecord, severity: Severity): string {
  const has = (...kinds: string[]): boolean => evidence.some((e) => kinds.includes(e.kind));
  if (severity === 'info') return 'asks for them for writing';
  if (has('write')) return 'takes them for writing and the CPU writes to them';
  if (has('dma', 'carrier')) return 'takes them for writing and a device gets them';
  if (has('hypervisor', 'number')) return 'takes them for writing and whoever gets their address may write to them';
  const by = access.includes('dma') ? 'a device' : 'the CPU';
  return `takes them for writing, so that ${by} may write to them`;
}

/** How to mark them before they are given back in this way. */
function adviceFor({ model }: RulePass, { api }: CleanRelease): string {
  const unpins = model.allRows(api).some((row) => row.effects.some((e) => e.op === 'release' && e.ref === 'pin'));
  if (/folio/.test(api)) return `mark each folio dirty before ${api}()`;
  if (!unpins) return `call set_page_dirty_lock() on each page before ${api}()`;
  return /_dirty_lock$/.test(api) ? `tell ${api}() that they are dirty` : 'use unpin_user_pages_dirty_lock() instead';
}

/** Whether an iterator says whether the pages are written, not the flags. */
function takesBytes({ rows }: CallSite): boolean {
  return rows.some((row) => row.returns === 'bytes');
}

function asksForWrite({ flags }: CallSite): boolean {
  return flags.must.has('FOLL_WRITE') || flags.may.has('FOLL_WRITE');
}
