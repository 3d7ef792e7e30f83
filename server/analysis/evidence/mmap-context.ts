/**
 * Whether mmap_lock is held where a function is called, from what stands on the way up to the kernel's own entry points: who takes the
 * lock, who touches user memory (a fault takes the lock, so nobody may hold it there), which tables the functions stand in.
 */
import type { Span } from '../../base/span.ts';
import type { CUnit, FunctionDef } from '../../syntax/unit.ts';
import { functionAt } from '../calls/call-index.ts';
import { type ProjectView, usersOf } from '../project-view.ts';
import { callersOf, type Hook, hooksOf } from './callers.ts';

/** A place in a function from which a call goes down. */
interface PlaceOfCall {
  readonly unit: CUnit;
  readonly fn: FunctionDef;
  readonly offset: number;
}

/** What shows that the lock is not held: a place in some function on the way. */
export interface LockClue {
  readonly unit: CUnit;
  readonly span: Span;
  readonly text: string;
}

/** `held`: at least one way may hold it. `entry`: the kernel calls the function itself without it. `not-held`: one way surely does not hold it. */
export interface MmapContext {
  readonly state: 'held' | 'entry' | 'not-held' | 'unknown';
  readonly clue: LockClue | undefined;
}

/** How far callers are followed: from a helper through a request of a device file to its table is six. */
const MAX_DEPTH = 7;

/** Functions that are looked at for one question. */
const MAX_FUNCTIONS = 80;

/** What takes mmap_lock, keeps it, or says that it is held. */
const TAKES =
  /\b(?:mmap_(?:read|write)_(?:try)?lock\w*|mmap_write_downgrade|mmap_assert\w*|lock_mm_and_find_vma|mmap_upgrade_trylock|vma_start_(?:read|write)\w*)\s*\(|\b(?:down_(?:read|write)\w*|lockdep_assert_held\w*)\s*\([^;]*\bmmap_(?:sem|lock)\b/;

/** What gives mmap_lock back. */
export const DROPS_MMAP_LOCK =
  /\bmmap_(?:read|write)_unlock\w*\s*\(|\bup_(?:read|write)\w*\s*\([^;]*\bmmap_(?:sem|lock)\b/;

/**
 * What may take it unseen: a guard of it, the lock by its address or a semaphore by a pointer, and calls that speak of locking an mm by their name, or by their name and
 * what they are given (`os_mmap_read_lock(mm)`, `VENDOR_LOCK(current->mm)`).
 */
const MAY_TAKE: readonly RegExp[] = [
  /guard\s*\(\s*mmap_\w+/,
  /\b(?!up_(?:read|write)|might_lock|init_rwsem|rwsem_is_)\w+\s*\(\s*&[^;()]*\bmmap_(?:sem|lock)\b|=\s*&[^;()]*\bmmap_(?:sem|lock)\b|\bdown_(?:read|write)\w*\s*\(\s*\w+\s*\)/,
  /\b(?!i_mmap|\w*(?:un|mem|m)lock|\w*locked)\w*(?:mm|mmap)(?:_?sem)?_(?:\w*_)?(?:rd|wr|read|write|r|w)?_?(?:try)?(?:lock\w*|down(?:_\w+)?)\s*\(/i,
  /\b(?!\w*(?:un|mem|m)lock|\w*locked|might_lock)(?:\w*lock\w*|(?:\w+_)?down(?:_\w+)?)\s*\(\s*(?:current\s*->\s*mm|mm|\w+_mm|[\w>.-]+(?:->|\.)mm)\s*[,)]/i,
];

/** Functions that may fault on user memory or take mmap_lock themselves (linux/uaccess.h, linux/string.h, linux/uio.h, linux/mm.h, rdma/ib_verbs.h). */
const FAULTS =
  /\b(?:(?:get|pin)_user_pages_(?:fast|unlocked)|_?_?copy_(?:from|to)_user|_?_?(?:get|put)_user|_?_?clear_user|copy_struct_from_user|(?:v?memdup|strndup)_user|memdup_user_nul|strncpy_from_user|strnlen_user|import_(?:iovec|ubuf)|fault_in_(?:readable|writeable)|vm_m(?:map|unmap)|account_locked_vm|ib_copy_(?:from|to)_udata|copy_from_sockptr)\s*\(|\bmight_lock(?:_read)?\s*\([^;]*\bmmap_(?:sem|lock)\b/;

/** Code in which faults are not handled. */
const NO_FAULTS = /\bpagefault_disable\s*\(/;

/** Operations that the kernel calls for a process without any lock of its mm, in whatever table. */
const CALLED_FREE =
  /^(?:unlocked_ioctl|compat_ioctl|ioctl|read|write|read_iter|write_iter|splice_read|splice_write|fb_read|fb_write|sendmsg|recvmsg|setsockopt|getsockopt|probe)$/;

/** What a function is given to that runs it in a thread of its own, or on the way back to user space, where no lock is held. */
const STARTS_ANEW = /^INIT_\w*WORK|^kthread_|^init_task_work$/;

const takersCache = new WeakMap<CUnit['surroundings'], RegExp>();

/** What is known of the lock where a call at an offset of a function stands. */
export function mmapContext(at: PlaceOfCall, project: ProjectView): MmapContext {
  return new Climb(project).stateAt(at, 0);
}

/** Functions that find the mapping of an address, for those who hold the lock (linux/mm.h; find_vma() asserts it since 5.15). */
const LOOKUPS = /\b(?:find_(?:exact_|extend_)?vma(?:_intersection|_prev)?|vma_lookup)\s*\(/;

/** A look at the mappings ahead of a call, in a function that does not touch the lock before: its callers hold it, and still do there. */
export function heldByLookup({ unit, fn, offset }: PlaceOfCall, project: ProjectView): LockClue | undefined {
  const { start } = fn.bodySpan;
  const before = unit.code.slice(start, offset);
  const lookup = LOOKUPS.exec(before);
  if (lookup === null || takersOf(unit, project).test(before) || DROPS_MMAP_LOCK.test(before)) return undefined;
  const at = start + lookup.index;
  return clueAt(unit, at, lookup[0], (name) => `${name}() wants the lock held, and nothing drops it before the call`);
}

const UNKNOWN: MmapContext = { state: 'unknown', clue: undefined };
const HELD: MmapContext = { state: 'held', clue: undefined };

/** One question; every function is looked at once. */
class Climb {
  readonly #project: ProjectView;
  readonly #seen = new Set<FunctionDef>();

  constructor(project: ProjectView) {
    this.#project = project;
  }

  stateAt(at: PlaceOfCall, depth: number): MmapContext {
    const { unit, fn, offset } = at;
    const takers = takersOf(unit, this.#project);
    const free = freeAt(at, takers);
    if (free !== undefined) return { state: 'not-held', clue: free };
    if (isTaken(unit.code.slice(fn.bodySpan.start, offset), takers)) return HELD;
    const fault = faultIn(at, takers) ?? takenBeside(at, takers, this.#project);
    if (fault !== undefined && depth > 0) return { state: 'not-held', clue: fault };
    const above = this.#above(at, depth);
    return fault === undefined || above.state === 'entry' ? above : { state: 'not-held', clue: fault };
  }

  /** What callers and tables say of a function, each looked at once. */
  #above({ unit, fn }: PlaceOfCall, depth: number): MmapContext {
    if (fn.viaMacro !== undefined && /SYSCALL_DEFINE/.test(fn.viaMacro))
      return { state: 'entry', clue: { unit, span: fn.nameSpan, text: 'a system call starts here' } };
    if (this.#seen.has(fn) || depth >= MAX_DEPTH || this.#seen.size >= MAX_FUNCTIONS) return UNKNOWN;
    this.#seen.add(fn);
    let best = UNKNOWN;
    for (const hook of hooksOf(unit, fn, this.#project)) {
      const state = this.#hooked(hook, fn, depth);
      if (state.state === 'held') return state;
      if (best.state !== 'entry' && state.state !== 'unknown') best = state;
    }
    for (const caller of callersOf(unit, fn, this.#project)) {
      const state = this.stateAt({ unit: caller.unit, fn: caller.fn, offset: caller.node.start }, depth + 1);
      if (state.state === 'held') return state;
      if (best.state === 'unknown' && state.state !== 'unknown') best = { ...state, state: 'not-held' };
    }
    return best;
  }

  #hooked(hook: Hook, fn: FunctionDef, depth: number): MmapContext {
    const span = { start: hook.offset, end: hook.offset + fn.name.length };
    const entry: MmapContext = {
      state: 'entry',
      clue: { unit: hook.unit, span, text: `the kernel calls ${fn.name}() without the lock` },
    };
    if (hook.kind === 'callback') {
      if (/IOCTL/.test(hook.callee) || STARTS_ANEW.test(hook.row?.name ?? '')) return entry;
      return hook.row === undefined || hook.row.when === 'later' || hook.by === undefined
        ? UNKNOWN
        : this.stateAt({ unit: hook.unit, fn: hook.by, offset: hook.offset }, depth + 1);
    }
    if (hook.entry !== undefined) {
      if (hook.entry.mmapLock === 'not-held') return entry;
      return hook.entry.mmapLock === 'held' ? HELD : UNKNOWN;
    }
    return CALLED_FREE.test(hook.field) ? entry : this.#throughField(hook.unit, hook.field, depth);
  }

  /** The calls through a field of a project's own table: `object->ops->field(...)`. */
  #throughField(unit: CUnit, field: string, depth: number): MmapContext {
    let best = UNKNOWN;
    for (const from of [unit, ...usersOf(unit, field, this.#project)]) {
      for (const m of from.code.matchAll(new RegExp(`(?:->|\\.)\\s*${field}\\s*\\(`, 'g'))) {
        const fn = functionAt(from, m.index);
        if (fn === undefined) continue;
        const state = this.stateAt({ unit: from, fn, offset: m.index }, depth + 1);
        if (state.state === 'held') return state;
        if (best.state === 'unknown' && state.state !== 'unknown') best = { ...state, state: 'not-held' };
      }
    }
    return best;
  }
}

/** Whether code may leave the lock taken: the last thing that takes it has nothing behind it, as deep in blocks or less, that drops it. */
function isTaken(code: string, takers: RegExp): boolean {
  if (!takers.test(code)) return false;
  const last = [...code.matchAll(new RegExp(takers.source, 'gi'))].at(-1);
  if (last === undefined || !TAKES.test(last[0])) return true;
  return dropOf(code, last.index) === undefined;
}

/** Where the lock taken at an offset is dropped behind it, in no block of its own. */
function dropOf(code: string, taken: number, drops = DROPS_MMAP_LOCK): number | undefined {
  const depthAt = (offset: number): number => {
    const before = code.slice(0, offset);
    return before.split('{').length - before.split('}').length;
  };
  for (const m of code.slice(taken).matchAll(new RegExp(drops.source, 'gi'))) {
    const at = taken + m.index;
    if (/[;{}:]\s*$/.test(code.slice(0, at)) && depthAt(at) <= depthAt(taken)) return at;
  }
  return undefined;
}

/**
 * What the function's own locking says of a place in it: the lock was given back just before on every way that leads there, or the function
 * takes it for the first time behind.
 */
function freeAt({ unit, fn, offset }: PlaceOfCall, takers: RegExp): LockClue | undefined {
  const { start, end } = fn.bodySpan;
  const before = unit.code.slice(start, offset);
  const drop = [...before.matchAll(new RegExp(DROPS_MMAP_LOCK.source, 'g'))].at(-1);
  if (drop !== undefined) {
    const since = before.slice(drop.index);
    if (
      IF_AHEAD.test(before.slice(0, drop.index)) ||
      takers.test(since) ||
      leavesBlock(since) ||
      /\n\w+:(?!:)/.test(since)
    )
      return undefined;
    return clueAt(unit, start + drop.index, drop[0], () => `the lock is given back here in ${fn.name}()`);
  }
  if (takers.test(before)) return undefined;
  const behind = unit.code.slice(offset, end);
  const take = TAKES_ALWAYS.exec(behind);
  const first = TAKES.exec(behind);
  if (take === null || first?.index !== take.index || DROPS_MMAP_LOCK.test(behind.slice(0, take.index)))
    return undefined;
  if (IF_AHEAD.test(behind.slice(0, take.index))) return undefined;
  return clueAt(unit, offset + take.index, take[0], () => `${fn.name}() takes the lock here, behind the call`);
}

/** Code that ends with the head of an if: what follows is done on some condition. */
const IF_AHEAD = /\bif\s*\([^;{}]*\)\s*$/;

/** What takes the lock whatever the state, so that whoever holds it would wait for himself. */
const TAKES_ALWAYS =
  /(?<!\bif\s*\(\s*!?\s*)\b(?:mmap_(?:read|write)_lock|down_(?:read|write)\s*\([^;]*\bmmap_(?:sem|lock))\b(?!\w)/;

/** Whether code closes a block that was open where it starts. */
function leavesBlock(code: string): boolean {
  let depth = 0;
  for (const c of code) {
    if (c === '{') depth++;
    else if (c === '}' && --depth < 0) return true;
  }
  return false;
}

/** A clue at the name that what was found at an offset starts with. */
function clueAt(unit: CUnit, offset: number, found: string, text: (name: string) => string): LockClue {
  const name = /\w+/.exec(found)?.[0] ?? '';
  const at = offset + found.indexOf(name);
  return { unit, span: { start: at, end: at + name.length }, text: text(name) };
}

/** A fault on user memory before a call, or anywhere in a function that neither takes nor drops the lock: it is not held there. */
function faultIn({ unit, fn, offset }: PlaceOfCall, takers: RegExp): LockClue | undefined {
  const { start, end } = fn.bodySpan;
  const body = unit.code.slice(start, end);
  if (NO_FAULTS.test(body)) return undefined;
  const constant = !takers.test(body) && !DROPS_MMAP_LOCK.test(body);
  const m = FAULTS.exec(constant ? body : unit.code.slice(start, offset));
  if (m === null) return undefined;
  const text = (name: string): string =>
    `${name}() in ${fn.name}() may fault, which takes the lock: it is not held here`;
  return clueAt(unit, start + m.index, m[0], text);
}

/** In a function that neither takes nor drops the lock, a call of one of the files at hand that takes it first of all. */
function takenBeside({ unit, fn }: PlaceOfCall, takers: RegExp, project: ProjectView): LockClue | undefined {
  const { start, end } = fn.bodySpan;
  const body = unit.code.slice(start, end);
  if (takers.test(body) || DROPS_MMAP_LOCK.test(body)) return undefined;
  for (const name of lockersIn(unit, project)) {
    const at = new RegExp(`(?<![\\w.>])${name}\\s*\\(`).exec(body)?.index;
    if (at === undefined || name === fn.name) continue;
    const span = { start: start + at, end: start + at + name.length };
    return { unit, span, text: `${name}() takes the lock itself: it is not held in ${fn.name}()` };
  }
  return undefined;
}

const lockersCache = new WeakMap<CUnit['surroundings'], readonly string[]>();

/** Functions at hand that take the lock before anything else of it, whatever happens. */
function lockersIn(unit: CUnit, project: ProjectView): readonly string[] {
  let names = lockersCache.get(unit.surroundings);
  if (names === undefined) {
    names = [unit, ...project.cluster(unit)].flatMap((u) =>
      u.functions
        .filter((f) => (f.isStatic ? u === unit : true) && takesFirst(u.code.slice(f.bodySpan.start, f.bodySpan.end)))
        .map((f) => f.name),
    );
    lockersCache.set(unit.surroundings, names);
  }
  return names;
}

function takesFirst(body: string): boolean {
  const take = TAKES_ALWAYS.exec(body);
  if (take === null || TAKES.exec(body)?.index !== take.index) return false;
  const before = body.slice(0, take.index);
  const depth = before.split('{').length - before.split('}').length;
  return depth === 1 && /[;{}]\s*$/.test(before) && !DROPS_MMAP_LOCK.test(before) && !/\breturn\b/.test(before);
}

/** What takes the lock as seen from a unit: the kernel's functions, what may be one, and those of the files at hand that may return with it held. */
function takersOf(unit: CUnit, project: ProjectView): RegExp {
  let takers = takersCache.get(unit.surroundings);
  if (takers === undefined) {
    const files = [...new Set([unit, ...project.headers(unit), ...project.cluster(unit)])];
    const own = new Set(files.flatMap(namesKeepingIt));
    for (let level = 1, added = own.size; level < KEEPER_LEVELS && added > 0; level++) {
      const before = own.size;
      const takes = anyOf([TAKES.source, callOf([...own])]);
      for (const name of files.flatMap((u) => keepersBy(u, takes, MAY_DROP))) own.add(name);
      added = own.size - before;
    }
    const guards = files.flatMap(guardsOfIt);
    takers = anyOf([
      TAKES.source,
      ...(own.size === 0 ? [] : [callOf([...own])]),
      ...(guards.length === 0 ? [] : [`guard\\s*\\(\\s*(?:${guards.join('|')})\\b`]),
      ...MAY_TAKE.map((r) => r.source),
    ]);
    takersCache.set(unit.surroundings, takers);
  }
  return takers;
}

/** Helpers of helpers that keep the lock. */
const KEEPER_LEVELS = 3;

/** One pattern of several, in any case: what vendors call a macro is a matter of taste. */
function anyOf(sources: readonly string[]): RegExp {
  return new RegExp(sources.join('|'), 'i');
}

/** A call of one of these names. */
function callOf(names: readonly string[]): string {
  return `\\b(?:${names.join('|')})\\s*\\(`;
}

const keepersCache = new WeakMap<CUnit['version'], readonly string[]>();

/** Functions and macros of a unit that take the lock and may return with it held. */
function namesKeepingIt(unit: CUnit): readonly string[] {
  let names = keepersCache.get(unit.version);
  if (names === undefined) {
    names = keepersBy(unit, TAKES, DROPS_MMAP_LOCK);
    keepersCache.set(unit.version, names);
  }
  return names;
}

/** The definition of a guard, with its name (linux/cleanup.h). */
const GUARD = /\bDEFINE_(?:LOCK_)?GUARD\w*\s*\(\s*(\w+)[^;{}]*/g;

/** The guards that a unit defines for the lock: it is held as long as their scope lasts. */
function guardsOfIt({ code }: CUnit): readonly string[] {
  return [...code.matchAll(GUARD)].flatMap(([text, name]) => (name !== undefined && TAKES.test(text) ? [name] : []));
}

/** What gives it back, or may where a helper took it. */
const MAY_DROP = new RegExp(
  `${DROPS_MMAP_LOCK.source}|\\b\\w*(?:un_?lock|(?:^|_)(?:end|leave|exit|release|drop|put|up)(?![a-z0-9]))\\w*\\s*\\(`,
  'i',
);

/** Those by patterns for what takes it and for what gives it back. */
function keepersBy({ code, text, functions, macros }: CUnit, takes: RegExp, drops: RegExp): readonly string[] {
  const keeping = functions.filter(({ bodySpan: { start, end } }) => keepsIt(code.slice(start, end), takes, drops));
  const standing = macros.filter(({ bodySpan: { start, end } }) => keepsIt(text.slice(start, end), takes, drops));
  return [...keeping, ...standing].map(({ name }) => name);
}

/** Whether a body takes the lock and does not drop it, whatever happens, behind the last place where it takes it. */
function keepsIt(body: string, takes: RegExp, drops: RegExp): boolean {
  if (!takes.test(body)) return false;
  const last = [...body.matchAll(new RegExp(takes.source, 'gi'))].at(-1)?.index ?? 0;
  const drop = dropOf(body, last, drops);
  // A return at the function's own level leaves between the two.
  return drop === undefined || /\breturn\b/.test(body.slice(last, drop).replace(/\{[^{}]*\}/g, ''));
}
