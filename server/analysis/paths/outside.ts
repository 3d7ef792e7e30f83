/**
 * A call of a function nobody can look into: pages and arrays handed to it may be kept or given back there; locals it can write are
 * unknown after. Names tell which do neither: those that print, test, convert, and those that get a page's number or a passing address.
 */
import { HARMLESS } from '../../../model/harmless.ts';
import { keptBeside } from '../../base/kept.ts';
import { intervalOf } from '../../flow/facts.ts';
import { contentKey } from '../../flow/keys.ts';
import {
  intValue,
  isLent,
  isMadeOfLent,
  lent,
  type Owner,
  regionOf,
  symbol,
  type Value,
  withProvenance,
} from '../../flow/value.ts';
import type { CUnit } from '../../syntax/unit.ts';
import { GIVES_BACK, givesPagesBack } from './call-kind.ts';
import type { Exit } from './edges.ts';
import { type CallSiteInfo, type OnPath, stepAt } from './frame.ts';
import { freedByOwn } from './own-allocator.ts';
import { addEvent, type EntryEvent, handedOut, type PathState, setResource, writeKey } from './path-state.ts';
import type { Resource, Step } from './resource.ts';
import { isArgument, sourceOf } from './summary.ts';
import { mayFill } from './zeroed-memory.ts';

/** Callees that get the address of a lock, a list head or a field and keep no pages, by the shape of their name. */
const HARMLESS_SHAPE =
  /^(__)?(init_|INIT_|(Set|Clear|TestSet|TestClear)Page[A-Z]|folio_(set|clear|test)_|mutex_|spin_|raw_spin_|refcount_|atomic|kref_init|kref_get|mem(set|cpy|move|cmp|zero)|sg_init|sg_mark_end|sg_unmark_end|print|pr_|dev_(dbg|err|warn|info|notice)|trace_|WARN|BUG|lockdep_|might_|cond_resched|copy_(from|to)_user|get_user|put_user|wait_|complete|wake_up|test_|set_bit|clear_bit|bitmap_|check_|is_|has_)/;
/** Printing and tracing under a project's own names, and questions about a page: `page_is_ram`, `page_mte_tagged`. */
const LOOKS =
  /_(?:dbg|debug|warn|warning|info|notice|trace|log|err|printk?|printf)$|^(?:page|folio)_(?:is|has)_|^(?:page|folio)_\w+(?:ed|able)$/;
/** Another name of the same page: its number or its address. */
const CONVERTS =
  /^_*(?:page|folio|pfn|phys|virt|gfn|mfn|kaddr)s?_to_\w+$|_to_(?:page|pfn|phys|virt|gfn|mfn|gpa|hpa|maddr)s?$|(?:^|_)(?:page|folio)_(?:pa|paddr|phys|pfn|gfn|mfn)$/;
/** Words of fields that hold pages. */
const OF_PAGES = /page|folio|pgs?(?:@|\[|\d|_)|sgt?(?:@|_)|umem/i;
/** Words of functions that keep what they are told in a tree or table of their own: `mtree_insert_range`, `xa_store`. */
const KEEPS_NUMBER = /(?:^|_)(?:insert|store|add|record|register|track|save)(?:_|\d|$)/i;
/** Functions that put an object into a list by its own node. */
const LINKS = /^h?l?list_(?:bl_)?(?:add|move)(?:_|$)/;
/** Names in capitals are macros that print, check or trace, unless they say otherwise. */
const MACRO = /^[A-Z][A-Z0-9_]+$/;

/** What a name tells of a function. */
interface Told {
  readonly harmless: boolean;
  readonly converts: boolean;
}

const told = new Map<string, Told>();

function toldBy(name: string): Told {
  let known = told.get(name);
  if (known === undefined) {
    const plain = HARMLESS.has(name) || HARMLESS_SHAPE.test(name);
    const looks = (LOOKS.test(name) || MACRO.test(name)) && !GIVES_BACK.test(name);
    known = { harmless: plain || looks, converts: CONVERTS.test(name) };
    told.set(name, known);
  }
  return known;
}

/** Whether a function by its name neither keeps what it is given nor gives it back. */
export function isHarmless(name: string): boolean {
  return toldBy(name).harmless;
}

/** Whether a function keeps nothing of a page that it gets, by its name: the page's number or a passing address of it is all it gives. */
export function keepsNothing(name: string): boolean {
  const { harmless, converts } = toldBy(name);
  return harmless || converts || /^kmap(?:_local_page|_atomic)?$/.test(name);
}

/**
 * Such a call: its arguments, its result as far as that is known, whether the callee is defined in the project, and whether it may leave an
 * argument somewhere.
 */
export interface OutsideCall {
  readonly args: readonly Value[];
  readonly ret: Value;
  readonly defined: boolean;
  keeps(index: number): boolean;
}

/** Applies the call to a path; returns its result. */
export function callOutside(on: OnPath, { args, ret, defined, keeps }: OutsideCall): Value {
  const { frame, s, info } = on;
  const { callee } = info.instr;
  const named = callee ?? 'a function pointer';
  const by = callee === undefined ? undefined : toldBy(callee);
  if (by?.converts === true) {
    forgetLocals(s, info, args);
    return converted(s, args, ret);
  }
  const freed = defined ? [] : freedByOwn(on, args);
  if (by?.harmless !== true) {
    mayFill(s, args);
    const step = stepAt(frame, info.instr.span, `${named}() gets the pages and may keep or release them`);
    for (const [i, arg] of args.entries()) {
      if (freed.includes(arg)) continue;
      if (arg.kind === 'address' && callee !== undefined && LINKS.test(callee)) linked(on, arg);
      if (!defined) doubt(s, arg, { step, callee, result: ret.key });
      if (!defined && callee !== undefined) noteDoubt(on, arg, callee, step);
      if (!defined && arg.prov.length === 0 && isMadeOfLent(arg)) noteTold(on, arg, callee, step);
      if (/^&?heap/.test(arg.key) && keeps(i)) {
        const refuses = callee !== undefined && !GIVES_BACK.test(callee);
        publish(s, arg, args, refuses ? info.point : `by ${info.point}`);
      }
    }
  }
  forgetLocals(s, info, args);
  return ret;
}

/** Pages put into a list by a member of their own: who walks over the list has them. */
function linked({ frame, s, info }: OnPath, { prov }: Value): void {
  for (const id of prov) {
    const r = s.resources.get(id);
    const step = stepAt(frame, info.instr.span, 'put into a list here');
    if (r?.hold.kind === 'held') setResource(s, { ...r, hold: { kind: 'taken', step } });
  }
}

/** A number or address of pages: who has it can tell the pages, and nobody takes them over by it. */
function converted(s: PathState, args: readonly Value[], ret: Value): Value {
  const prov = args.flatMap((a) => a.prov);
  for (const id of prov) {
    const r = s.resources.get(id);
    if (r !== undefined) setResource(s, { ...r, carried: true });
  }
  return prov.length === 0 ? ret : lent(withProvenance(ret, prov));
}

const ofNumbers = new WeakMap<CUnit['version'], Map<string, boolean>>();

/** Whether a file makes pages of their numbers: it gets back what it told others by number. */
function makesPagesOfNumbers({ code, version }: CUnit): boolean {
  return keptBeside(ofNumbers, version, '', () =>
    /\b\w*(?:pfn|phys|dma)\w*_to_(?:\w+_)?(?:page|folio)\s*\(/.test(code),
  );
}

/** The same of an object of the caller's, or of what one of its fields holds, for the caller. */
function noteDoubt(on: OnPath, arg: Value, callee: string, step: Step): void {
  if (!GIVES_BACK.test(callee)) return;
  if (/^arg\d+$/.test(arg.key)) note(on, { kind: 'doubt', path: arg.key, api: callee, step });
  else if (arg.kind !== 'symbol' || arg.path === undefined || !isArgument(arg.path)) return;
  else if (givesPagesBack(callee) || OF_PAGES.test(arg.path))
    note(on, { kind: 'doubt', path: arg.path, api: callee, step }, arg.owner);
}

/** The same of a number of pages of the caller's. */
function noteTold(on: OnPath, arg: Value, callee: string | undefined, step: Step): void {
  const path = sourceOf(arg);
  if (path !== undefined) note(on, { kind: 'told', path, api: callee ?? '', step });
}

function note({ frame, s }: OnPath, event: Pick<EntryEvent, 'kind' | 'path' | 'api' | 'step'>, owner?: Owner): void {
  addEvent(s, {
    ...event,
    owner,
    reference: 'either',
    functionName: frame.fn.name,
    all: true,
    dirties: 'no',
  });
}

/** From now on the callee may have kept or released the pages that an argument leads to, unless it says that it failed. */
export function doubt(s: PathState, arg: Value, by: { step: Step; callee: string | undefined; result: string }): void {
  const all = handedOver(s, arg);
  if (all.length === 0) return;
  const mayKeep =
    by.callee === undefined ||
    GIVES_BACK.test(by.callee) ||
    KEEPS_NUMBER.test(by.callee) ||
    makesPagesOfNumbers(by.step.unit);
  const owned = new Set(mayKeep ? all : handedOver(s, arg, true));
  for (const id of all) {
    const r = s.resources.get(id);
    if (r === undefined) continue;
    const taken: Resource = { ...r, maybeTaken: r.maybeTaken ?? by.step, takers: [...r.takers, by.result] };
    setResource(s, owned.has(id) ? taken : { ...r, told: true });
  }
}

/**
 * Resources whose page, array, container or local carrier struct (a pipe_buffer on the stack) an argument is. `owning`: not those of
 * which it is but a number or a passing address; a variable that holds one is the callee's to exchange.
 */
export function handedOver(s: PathState, arg: Value, owning = false): string[] {
  // Nothing can lead to pages where none were taken.
  if (s.resources.size === 0) return [];
  const region = regionOf(arg);
  const counts = (v: Value | undefined): v is Value => v !== undefined && v.prov.length > 0;
  const found = [s.env.get(region), s.env.get(contentKey(region))].filter(counts);
  if (counts(arg) && !(owning && isLent(arg))) found.push(arg);
  if (region.startsWith('l:'))
    s.env.forEachBelow(region, (v, place) => {
      // What a variable or a member of a struct holds of a page in passing tells its number, and is nobody's to keep.
      if (place[region.length] === '.' && counts(v) && !(owning && isLent(v))) found.push(v);
    });
  return found.flatMap((v) => v.prov);
}

/** An object made here was handed to somebody: from now on it may be reached from elsewhere. */
function publish(s: PathState, pointer: Value, args: readonly Value[], point: string): void {
  const key = pointer.kind === 'address' ? (/^heap[^[.]*/.exec(pointer.place)?.[0] ?? pointer.key) : pointer.key;
  s.env.set(`g:published ${point}`, symbol(key, { low: 1 }));
  s.env.set(handedOut(key), intValue(1));
  // list_add(&object->node, head): from now on a walk over the head may meet the object.
  for (const [i, other] of args.entries())
    if (other !== pointer && other.kind !== 'int')
      s.env.set(`${regionOf(other)}.<${point}_${i}>`, symbol(key, { low: 1 }));
}

function forgetLocals(s: PathState, info: CallSiteInfo, args: readonly Value[]): void {
  args.forEach((arg, i) => {
    if (arg.kind !== 'address' || arg.place.endsWith('[*]')) return;
    const old = s.env.get(arg.place);
    // Of memory that others know, only what this function has put there is spelled out.
    if (old === undefined ? !arg.place.startsWith('l:') : old.prov.length > 0) return;
    writeKey(s, arg.place, symbol(`out${info.point}_${i}`), false);
  });
}

/** Whether all callees that might have taken the pages over told of a failure on this path: who fails keeps nothing. */
export function isRefused({ state, value }: Exit, { takers }: Resource): boolean {
  return takers.every(
    (key) => hasFailed(state, key) || (key !== '' && state.facts.nonzero.has(key) && value?.key === key),
  );
}

/** Whether a path knows a callee's result for an error. */
function hasFailed({ facts }: PathState, key: string): boolean {
  return key !== '' && intervalOf(facts, symbol(key)).high < 0;
}

/** What paths are kept apart by: nobody but their holder got the pages, somebody may have taken them, all such callees failed. */
export function takenDigest(s: PathState, { maybeTaken, takers }: Resource): string {
  if (maybeTaken === undefined) return '';
  return takers.every((key) => hasFailed(s, key)) ? 'f' : 't';
}
