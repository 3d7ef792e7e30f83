/** Where the data of the pages is used: DMA and I/O, copies by the CPU, or nothing but their numbers. */
import { HARMLESS } from '../../../model/harmless.ts';
import { callsIn, callsOf, treeOf } from '../calls/call-index.ts';
import { localNames } from '../locals.ts';
import { printsByName } from '../print-names.ts';
import type { CallSite } from '../sites/site.ts';
import { PLACES, type TraceEvent, type TraceKind } from '../traces/trace-reach.ts';
import type { PageTrace } from '../traces/traces.ts';
import { calleeOf, codeOf, loopsAround, pathTo, rootVariable } from '../trees.ts';
import type { AccessKind, Clue } from './clue.ts';
import { isOnError } from './error-path.ts';
import { areSeparate } from './reached.ts';
import { BOOKKEEPING, isQuestion, QUESTION } from './words.ts';

/** Releases that are looked at for one site. */
const MAX_RELEASES = 50;

/** Words in names of functions outside of the file that start a device, or tell it addresses; those that only keep caches in step do not. */
const DEVICE =
  /(?:^|_)(?:dma|iommu|dmaengine)(?!_(?:sync|cache|clean|flush|inv|invalidate|wback|for)(?:_|\d|$))(?:_|\d|$)/;

/** Words in names of functions that call or fill something of a hypervisor or firmware, which then reaches the data like a CPU. */
const HYPERVISOR = /(?:^|_)(?:hcall|hypercall|hypervisor|vmcall|vmmcall|hvc|gnttab)\d*(?:_|$)/i;

/** Functions that map what they are told by number into a process and take no reference for that (linux/mm.h). */
const MAPS_NUMBERS = /^(?:(?:io_)?remap_pfn_range\w*|vmf?_insert_(?:pfn|mixed)\w*)$/;

/** What tells where in a file a page lies: page_index(), page_offset(), and what projects make of `page->index`. */
const PLACE = /(?:^|_)page_(?:index|offset|pgoff)$/i;

/** Calls that are looked at for what their names say. */
const MAX_CALLS = 40;

/** Accesses to the data itself: by a device, and by the CPU. */
const BY_DEVICE: readonly TraceKind[] = ['dma', 'carrier'];
const BY_CPU: readonly TraceKind[] = ['read', 'write'];

/** What is known of a site's surroundings before its pages' uses are judged. */
export interface Around {
  /** The driver is told of changes of the page tables. */
  readonly followed: boolean;
  /** A function beside the site's undoes what that did, whoever calls the two. */
  readonly comesBack: boolean;
}

/** The clues of what is done with the pages. */
export function sinkClues(site: CallSite, all: PageTrace, { followed, comesBack }: Around): Clue[] {
  const near = all.handedOut === 'open' ? ofFile(site, all.events) : all.events;
  const beside = isLocal(site, all) ? near.filter((e) => isBeside(site, e)) : [];
  const events = beside.length === 0 ? near : near.filter((e) => !beside.includes(e));
  const trace = { ...all, events };
  const clues: Clue[] = [];
  // Where one stands behind the call in its function, that is the one people look for.
  const first = (kind: TraceKind, isWanted = (_: TraceEvent): boolean => true): TraceEvent | undefined => {
    const all = events.filter((e) => e.kind === kind && isWanted(e));
    const own = all.filter((e) => e.fn === site.fn);
    return own.find((e) => e.node.start > site.span.end) ?? own[0] ?? all[0];
  };
  const dma = first('dma') ?? calledWith(events, DEVICE);
  const carrier = first('carrier');
  const hypervisor = calledWith(events, HYPERVISOR);
  if (dma !== undefined) {
    const text = `${dma.api ?? dma.callee ?? 'a device'}() gives the pages to a device`;
    clues.push({ kind: 'dma', ...place(dma), text, cases: { 1: 2.5, 2: 2.2 }, access: ['dma'] });
  } else if (carrier !== undefined) {
    const text = `${carrier.api ?? 'the request'}() puts the pages into an I/O request`;
    clues.push({ kind: 'carrier', ...place(carrier), text, cases: { 1: 1.8, 2: 1 }, access: ['dma'] });
  } else if (hypervisor !== undefined) {
    const text = `${hypervisor.callee ?? ''}() tells a hypervisor where the data is`;
    const cases = { 2: 1.5, 5: 1, 1: 0.5 };
    clues.push({ kind: 'hypervisor', ...place(hypervisor), text, cases, access: ['dma'] });
  }
  const io = dma !== undefined || carrier !== undefined;
  for (const kind of ['read', 'write'] as const) clues.push(...cpuClue(site, first(kind), kind, io));
  clues.push(...registerClue(events));
  clues.push(...userMappingClue(site, trace));
  clues.push(...keptClue(site, events, clues));
  if (clues.length === 0) clues.push(...hypervisorClue(site, events));
  const number = first('number');
  // An address that is only kept is no access yet: whoever gets the page's number is the one that reaches the data.
  const unseen = clues.every((c) => c.kind === 'data');
  if (number !== undefined && unseen && meantForData(site, events)) {
    const text = 'the number or address of the page is kept or passed on';
    clues.push({ kind: 'number', ...place(number), text, cases: { 1: 1, 2: 1 }, access: ['dma'] });
  }
  const given = first('data-passed', (e) => !flushes(e)) ?? first('data-passed');
  if (given !== undefined && clues.length === 0 && cleansCaches(given)) clues.push(cacheClue(given));
  else if (given !== undefined && !clues.some((c) => c.kind !== 'carrier' && c.kind !== 'dma')) {
    clues.push(givenClue(site, given, io));
  }
  if (clues.length === 0) clues.push(...addressClue(site, trace));
  if (clues.length === 0 && !followed) clues.push(...markedClue(site, first('dirty')));
  if (clues.length === 0 && !onlyHandsOut(trace) && !isForIncluders(site, trace))
    clues.push(...quietClues(site, trace, first));
  clues.push(...heldByOthersClue(site, trace), ...handedOutClue(site, trace, comesBack));
  return clues;
}

/**
 * The events in the site's file. Where callers decide, those beside it are some of many: they tell what the pages are for only where they give
 * them to a device and nothing in the file accesses the data.
 */
function ofFile(site: CallSite, events: readonly TraceEvent[]): readonly TraceEvent[] {
  const own = events.filter((e) => e.unit === site.unit);
  if (own.some((e) => BY_DEVICE.includes(e.kind) || BY_CPU.includes(e.kind))) return own;
  return events.filter((e) => e.unit === site.unit || BY_DEVICE.includes(e.kind));
}

/** The address of the data that a function outside gets. Caches are flushed for whoever reaches the data past them, not for the CPU. */
function givenClue(site: CallSite, given: TraceEvent, io: boolean): Clue {
  const flushed = flushes(given);
  const text = flushed
    ? 'caches of the data are flushed: who else accesses it is not seen'
    : 'the address of the data is passed on';
  const cases = flushed ? { 1: 1, 2: 0.8, 5: 1 } : { 5: 1.8, 2: 0.8 };
  const access = flushed ? (['dma'] as const) : byFlags(site);
  return { kind: 'data', ...place(given), text, cases: io ? { 5: 0.5 } : cases, access };
}

/** Whether the call fills a variable of its function, which lives no longer than one pass. */
function isLocal({ unit, fn }: CallSite, { pages }: PageTrace): boolean {
  const name = pages === undefined ? undefined : rootVariable(unit, pages);
  const local = fn === undefined || name === undefined ? undefined : localNames(unit, treeOf(unit, fn)).get(name);
  return local !== undefined && local.param === undefined && !local.isStatic;
}

/** Whether the CPU accesses what a variable holds in a branch beside that of the call: pages of another origin, `page = alloc_page()`. */
function isBeside({ fn, node }: CallSite, e: TraceEvent): boolean {
  if ((e.kind !== 'read' && e.kind !== 'write') || e.fn !== fn || node === undefined) return false;
  if (/->|\./.test(codeOf(e.unit, e.node)) || !areSeparate(e, node)) return false;
  return !loopsAround(treeOf(e.unit, fn), node).some((l) => l.start <= e.node.start && e.node.end <= l.end);
}

/** Whether others decide what the pages are for. */
function handedOutClue(site: CallSite, trace: PageTrace, comesBack: boolean): Clue[] {
  if (trace.handedOut === 'no' || site.reference === 'none' || givenBackHere(site, trace)) return [];
  const open = trace.handedOut === 'open';
  const text = open ? 'the pages go to callers, who decide' : 'the pages go to callers in this file';
  return [
    { kind: 'handed-out', unit: site.unit, span: site.nameSpan, text, cases: { 0: open && !comesBack ? 2.5 : 0.5 } },
  ];
}

/** A page of an iterator that is returned behind its release: who uses it then relies on whoever filled the iterator. */
function heldByOthersClue(site: CallSite, { events }: PageTrace): Clue[] {
  if (!site.api.startsWith('iov_iter_')) return [];
  const here = events.filter((e) => e.fn === site.fn && e.unit === site.unit);
  const released = here.filter((e) => e.kind === 'release').slice(0, MAX_RELEASES);
  for (const e of here.filter((x) => x.kind === 'handed-out' && x.param === undefined)) {
    const first = released.find((r) => r.node.end <= e.node.start && !areSeparate(r, e.node) && !isOnError(site, r));
    if (first === undefined) continue;
    const text = `${first.api ?? 'a release'}() comes before the page is returned: others hold it`;
    return [{ kind: 'held-by-others', ...place(first), text, cases: { 0: 5 } }];
  }
  return [];
}

/** Whether an address of the data is only given to a function that flushes caches (asm/cacheflush.h). */
function flushes(e: TraceEvent): boolean {
  return (HARMLESS.has(e.callee ?? '') && /flush|inval/.test(e.callee ?? '')) || cleansCaches(e);
}

/** Functions by which a driver itself cleans the caches for a device, as architectures have them (asm/cacheflush.h, asm/outercache.h of arm). */
const CLEANS =
  /^(?:__)?(?:cpuc_flush_dcache_area|flush_dcache_area|dmac_(?:flush|clean|inv|map|unmap)_(?:range|area)|outer_(?:flush|clean|inv)_range|clean_dcache_area\w*|inval_dcache_area\w*|dcache_(?:clean|inval)\w*|dma_(?:clean|inv|flush)_(?:range|area)|dma_cache_(?:wback|inv|wback_inv)|arch_sync_dma_for_\w+)$|^outer_cache\s*\.\s*\w+_range$/;

function cleansCaches({ unit, node, callee }: TraceEvent): boolean {
  const called = callee ?? /^[^(]*/.exec(codeOf(unit, node))?.[0]?.trim() ?? '';
  return CLEANS.test(called);
}

/** Caches are cleaned by hand for a device that accesses the memory beside the CPU. */
function cacheClue(e: TraceEvent): Clue {
  const text = 'caches of the data are cleaned, as for a device';
  return { kind: 'dma', ...place(e), text, cases: { 1: 1.5, 2: 1.3 }, access: ['dma'] };
}

/** The first event whose function nobody knows but by the words in its name. */
function calledWith(events: readonly TraceEvent[], words: RegExp): TraceEvent | undefined {
  const calls = events.filter((e) => e.callee !== undefined && e.kind !== 'release').slice(0, MAX_CALLS);
  return calls.find((e) => words.test(e.callee ?? '') && !QUESTION.test(e.callee ?? ''));
}

/** One kind of access by the CPU. In another file it may be one to other pages of the same owner. */
function cpuClue(site: CallSite, access: TraceEvent | undefined, kind: 'read' | 'write', io: boolean): Clue[] {
  if (access === undefined) return [];
  const how = access.api === undefined ? 'the CPU' : `${access.api}()`;
  const text = kind === 'read' ? `${how} reads the data` : `${how} writes the data`;
  const here = access.unit === site.unit;
  const cases = io ? { 5: 0.5 } : here ? { 5: 2, 2: 1 } : { 5: 0.8, 2: 0.5 };
  // Requests of other kinds go through the files beside that of an I/O request.
  const what = here || !site.api.startsWith('iov_iter_') ? { access: [kind] } : { guess: [kind] };
  return [{ kind, ...place(access), text, cases, ...what }];
}

/** The pages are mapped into a process by their number: they must be held for as long as that has them, and it accesses the data. */
function userMappingClue(site: CallSite, trace: PageTrace): Clue[] {
  const maps = ({ callee = '' }: TraceEvent): boolean => MAPS_NUMBERS.test(callee);
  const mapped = givenBackHere(site, trace) ? undefined : trace.events.find((e) => e.kind === 'number' && maps(e));
  if (mapped === undefined) return [];
  const text = `${mapped.callee ?? ''}() maps the pages into a process`;
  return [
    {
      kind: 'mapping',
      ...place(mapped),
      text,
      cases: { 2: 2.5 },
      lifetime: { long: 2.5 },
      access: bothIfWritten(site),
    },
  ];
}

/** A kernel address of the data that an object keeps. `seen`: the clues so far. */
function keptClue(site: CallSite, events: readonly TraceEvent[], seen: readonly Clue[]): Clue[] {
  const kept = events.find((e) => e.kind === 'stored' && e.holder === 'data');
  if (kept === undefined) return [];
  // What was asked for with FOLL_WRITE and is only read in sight is written through that address elsewhere.
  const writes = seen.some((c) => c.kind === 'write');
  const text = 'a kernel address of the data is kept';
  const known = seen.some((c) => ['dma', 'carrier', 'read', 'write'].includes(c.kind));
  const cases = known ? { 5: 0.3 } : { 5: 1, 2: 1 };
  return [{ kind: 'data', ...place(kept), text, cases, access: writes ? [] : bothIfWritten(site) }];
}

/** Names of functions that write a register of a device, of the kernel (asm/io.h) and as drivers wrap them. */
const REGISTER =
  /^(?:iowrite\d+\w*|write[bwlq](?:_relaxed)?|out[bwl]|memcpy_toio)$|(?:^|_)(?:reg_?write|write_?reg|writel|iowrite\d*)$/;

/** Where the CPU carries the data to a device, word by word: an I/O request by other means. */
function registerClue(events: readonly TraceEvent[]): Clue[] {
  for (const e of events.filter((x) => x.kind === 'read' && x.api === undefined).slice(0, MAX_CALLS)) {
    const path = pathTo(treeOf(e.unit, e.fn), e.node);
    const call = path.findLast((n) => n.type === 'call_expression');
    const callee = call === undefined ? undefined : calleeOf(call);
    if (callee === undefined || !REGISTER.test(codeOf(e.unit, callee))) continue;
    const text = `${codeOf(e.unit, callee)}() carries the data to a device`;
    return [{ kind: 'register', ...place(e), text, cases: { 1: 3 } }];
  }
  return [];
}

/** A hypervisor that is called while the pages are held and is not told where they are gets their user address. */
function hypervisorClue(site: CallSite, events: readonly TraceEvent[]): Clue[] {
  const functions = new Map(events.filter((e) => e.kind === 'release').map((e) => [e.fn, e.unit]));
  if (site.fn !== undefined) {
    functions.set(site.fn, site.unit);
  }
  // What gives the pages back is called behind the hypervisor's work.
  for (const [fn, unit] of [...functions]) for (const c of callsOf(unit, fn.name)) functions.set(c.fn, unit);
  for (const [fn, unit] of functions) {
    for (const [name, calls] of callsIn(unit, fn)) {
      const [call] = calls;
      if (call === undefined || !HYPERVISOR.test(name)) continue;
      const text = `${name}() is called while the pages are held`;
      return [{ kind: 'hypervisor', unit, span: call, text, cases: { 5: 1.8, 2: 1.5 }, access: bothIfWritten(site) }];
    }
  }
  return [];
}

/** A device or hypervisor that was given the address of pages under plain references, and has it while they are held. */
function addressClue(site: CallSite, trace: PageTrace): Clue[] {
  if (site.reference !== 'get') return [];
  const address = trace.events.find((e) => e.kind === 'looked-up' && /_to_(?:phys|bus|dma)$/.test(e.api ?? ''));
  const listed = trace.events.some((e) => e.kind === 'number' && e.holder === 'number');
  const passed = !givenBackHere(site, trace) && trace.events.some((e) => e.kind === 'number');
  if (address === undefined || (!listed && !passed)) return [];
  const text = 'the bus address of the page is kept or passed on';
  return [{ kind: 'number', ...place(address), text, cases: { 1: 1.8, 2: 1.8 }, access: ['dma'] }];
}

/** Whether the acquiring function asks for the number of the page or its place in a file, and gives it back, and nothing else. */
function onlyLookedUp(site: CallSite, { events, handedOut, complete }: PageTrace): boolean {
  if (handedOut !== 'no' || !complete || events.some((e) => e.fn !== site.fn)) return false;
  const asks = (e: TraceEvent): boolean =>
    e.kind === 'looked-up' || (e.kind === 'passed' && PLACE.test(e.callee ?? ''));
  const isIdle = (e: TraceEvent): boolean =>
    e.kind === 'release' || e.kind === 'asked' || (e.kind === 'passed' && printsByName(e.callee ?? ''));
  return events.some(asks) && events.some((e) => e.kind === 'release') && events.every((e) => asks(e) || isIdle(e));
}

/** Whether a function of a header hands the pages to whoever includes that. */
function isForIncluders({ unit, fn }: CallSite, { handedOut }: PageTrace): boolean {
  return handedOut === 'open' && fn?.isStatic === true && unit.path.endsWith('.h');
}

/** Where it is asked how the pages are held, and nobody who may touch their data gets them. */
function onlyAsked({ events, handedOut }: PageTrace): TraceEvent | undefined {
  if (handedOut !== 'no' || events.some(mayBeUse)) return undefined;
  return events.find((e) => e.kind === 'asked');
}

/** Whether an event keeps the pages or gives them, their number or their address to somebody: not to those who only answer a question. */
function mayBeUse(e: TraceEvent): boolean {
  return !isQuestion(e) && e.kind !== 'release' && e.kind !== 'asked' && e.kind !== 'looked-up';
}

/** Whether the function does nothing to the pages but hand them to callers that nobody sees. */
function onlyHandsOut(trace: PageTrace): boolean {
  const uses: readonly TraceKind[] = ['passed', 'dirty', 'looked-up', 'number', 'transfer', 'mapped', 'stored'];
  return trace.handedOut === 'open' && !trace.events.some((e) => uses.includes(e.kind));
}

/** What is done through an address that is kept: read, and written where the pages were asked for with FOLL_WRITE. */
function bothIfWritten(site: CallSite): AccessKind[] {
  return site.flags.may.has('FOLL_WRITE') || !site.flags.known ? ['read', 'write'] : ['read'];
}

/** Whether the acquiring function gives the pages back itself: then the caller's array was only lent. */
function givenBackHere(site: CallSite, trace: PageTrace): boolean {
  const here = trace.events.filter((e) => e.kind === 'release' && e.fn === site.fn).slice(0, MAX_RELEASES);
  return here.some((e) => !isOnError(site, e));
}

/** What the CPU may do with the data where only its address is seen: FOLL_WRITE says whether it writes. */
function byFlags(site: CallSite): AccessKind[] {
  if (site.flags.must.has('FOLL_WRITE')) return ['write'];
  return site.flags.may.has('FOLL_WRITE') || !site.flags.known ? ['read', 'write'] : ['read'];
}

/** Pages under plain references that somebody marks dirty: their data was written, where nothing in sight does it. */
function markedClue(site: CallSite, dirty: TraceEvent | undefined): Clue[] {
  if (dirty === undefined || site.reference !== 'get' || site.api.startsWith('iov_iter_')) return [];
  if (!site.flags.may.has('FOLL_WRITE') && site.flags.known) return [];
  const text = `${dirty.api ?? 'a release'}() marks the pages dirty: their data is written`;
  return [{ kind: 'marked', ...place(dirty), text, cases: { 1: 2, 2: 2, 5: 0.5 }, guess: ['dma'] }];
}

/** Whether the call itself or what is done later says that the data will be accessed: a pin, FOLL_LONGTERM, pages marked dirty. */
function meantForData(site: CallSite, events: readonly TraceEvent[]): boolean {
  if (site.reference !== 'get' || site.flags.may.has('FOLL_LONGTERM')) return true;
  // What does not sleep fills page tables, and marks what the guest wrote.
  if (/_only$|^__get/.test(site.api)) return false;
  return site.flags.may.has('FOLL_WRITE') && events.some((e) => e.kind === 'dirty');
}

/** Where no access is in sight: only numbers and struct page, or nothing at all. */
function quietClues(
  site: CallSite,
  trace: PageTrace,
  first: (kind: TraceKind, isWanted?: (e: TraceEvent) => boolean) => TraceEvent | undefined,
): Clue[] {
  const pinned = meantForData(site, trace.events);
  const number = first('number');
  if (number !== undefined) {
    const text = 'the number of the page is kept or passed on';
    return [{ kind: 'number', ...place(number), text, cases: { 3: 2, 4: 2.2 }, access: ['none'] }];
  }
  const mapped = first('mapped');
  const placed = first('looked-up', (e) => PLACES.test(e.api ?? '') || e.api === '__pa');
  if (mapped !== undefined && placed !== undefined && givenBackHere(site, trace)) {
    const text = 'nothing but where the data lies is looked at';
    return [{ kind: 'number', ...place(placed), text, cases: { 3: 2, 4: 3.5 }, access: ['none'] }];
  }
  if (mapped !== undefined) {
    const text = `${mapped.api ?? 'the kernel'}() makes the data addressable`;
    return [{ kind: 'mapped', ...place(mapped), text, cases: { 5: 1.5, 2: 0.5 }, access: bothIfWritten(site) }];
  }
  if (site.api.startsWith('iov_iter_') || site.api === 'get_dump_page') return [];
  const last = first('transfer') ?? first('looked-up') ?? first('release');
  if (last === undefined || !trace.complete) return [];
  if (pinned && onlyLookedUp(site, trace)) {
    const text = 'nothing but the number of the page is looked at';
    return [{ kind: 'number', ...place(last), text, cases: { 4: 4.5 }, access: ['none'] }];
  }
  const asked = pinned ? onlyAsked(trace) : undefined;
  if (asked !== undefined) {
    const text = 'nothing but how the pages are held is looked at';
    return [{ kind: 'asked', ...place(asked), text, cases: { 4: 5 }, access: ['none'] }];
  }
  if (pinned) {
    const text = 'nothing in this file reads or writes the data: a device may';
    return [{ kind: 'quiet', ...place(last), text, cases: { 1: 1, 2: 1 }, guess: ['dma'] }];
  }
  if (isGivenAway(site, trace)) {
    const text = 'the pages are kept or passed on: what uses their data is not seen';
    return [{ kind: 'quiet', ...place(last), text, cases: { 1: 1, 2: 1 }, guess: ['dma'] }];
  }
  const text = 'nothing but struct page is used in this file';
  return [{ kind: 'struct-page', ...place(last), text, cases: { 4: 3, 3: 1.5 }, guess: ['none'] }];
}

/** Whether somebody out of sight gets the pages: a function nobody knows, or who reads the object that keeps them. */
function isGivenAway(site: CallSite, { events, fields }: PageTrace): boolean {
  if (events.some((e) => e.kind === 'passed' && e.holder === 'carrier' && !BOOKKEEPING.test(e.callee ?? '')))
    return true;
  const kept = fields.size > 0 || events.some((e) => e.kind === 'stored' && e.field !== undefined);
  const later = (e: TraceEvent): boolean => e.fn !== site.fn || (site.node !== undefined && areSeparate(e, site.node));
  return kept && events.some((e) => e.kind === 'release' && later(e));
}

function place(e: TraceEvent): Pick<Clue, 'unit' | 'span'> {
  return { unit: e.unit, span: { start: e.node.start, end: e.node.end } };
}
