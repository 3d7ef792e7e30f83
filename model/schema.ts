/**
 * The shape of the model's rows: what the kernel's user-page APIs take, return, do and demand, by kernel version.
 * Data only; the facts and their sources stand in the tables beside this file. Imports only `version.ts`.
 */
import type { Since } from './version.ts';

/** What kind of hold a page is under: FOLL_GET (put_page gives it back) or FOLL_PIN (unpin_user_page gives it back). */
export type Reference = 'get' | 'pin' | 'either' | 'none';

/** What an argument means to the analysis. `other` carries nothing of interest. */
export type ParamRole =
  | 'start'
  | 'nr'
  | 'flags'
  | 'write'
  | 'force'
  | 'pages'
  | 'page'
  | 'vmas'
  | 'locked'
  | 'task'
  | 'mm'
  | 'iter'
  | 'maxsize'
  | 'maxpages'
  | 'offset'
  | 'extraction-flags'
  | 'dirty'
  | 'folio'
  | 'folios'
  | 'refs'
  | 'bytes'
  | 'sg'
  | 'sgt'
  | 'bio'
  | 'dma-direction'
  | 'device'
  | 'size'
  | 'vma'
  | 'file'
  | 'end'
  | 'other';

/** One parameter: its role, its C type as the header spells it, and its name there. */
export interface Param {
  readonly role: ParamRole;
  readonly type: string;
  readonly name: string;
}

/**
 * How a result speaks of what is held.
 * `pages`/`folios`: count, short count, 0 or -errno. `bytes`: the same in bytes. `pages-not-negative`: as pages, never < 0.
 * `status`: 0 or -errno, all or nothing. `page-or-null`, `page-or-err`, `page-or-err-or-null`: one page. `bool`: true = got it.
 * `ptr-or-err`, `ptr-or-null`: an object that holds pages. `void`, `value`: nothing to test.
 */
export type ReturnContract =
  | 'pages'
  | 'pages-not-negative'
  | 'folios'
  | 'bytes'
  | 'status'
  | 'page-or-null'
  | 'page-or-err'
  | 'page-or-err-or-null'
  | 'bool'
  | 'ptr-or-err'
  | 'ptr-or-null'
  | 'void'
  | 'value';

/**
 * A place an effect works on, seen from the call: `ret`, `arg2`, `*arg2`, `arg2[*]` (every element), `(*arg1)[*]`,
 * `arg0->pages[*]`. Arguments count from 0. `place.ts` parses it. A bare `arg0` or `ret` of an object type (struct bio *,
 * struct ib_umem *) stands for the object as holder of its pages.
 */
export type PlacePattern = string;

/** The results under which an effect happens. */
export type When = 'always' | 'success' | 'failure' | 'positive' | 'true' | 'false';

/**
 * What is held between lock and unlock. Nothing may sleep under `spin` (rwlocks included), `rcu`, `irq` and `preempt` (bottom
 * halves included). `mm-users`: the mm stays alive (mmget). `current-mm`: current->mm is set (kthread_use_mm).
 */
export type LockKind =
  | 'mmap'
  | 'spin'
  | 'rcu'
  | 'irq'
  | 'preempt'
  | 'mutex'
  | 'page'
  | 'rwsem'
  | 'mm-users'
  | 'current-mm';

/** One thing a call does to pages, to what reaches them, or to the caller's context. */
export interface Effect {
  /**
   * acquire: `place` now holds pages. release: the pages at `place` are given back. extra-ref: one more reference (get_page).
   * dirty: marked dirty. access: data read/written/DMAed through `place`. map/unmap: DMA mapping of what `place` reaches.
   * alias: `to` now also reaches the pages of `place`. transfer: the callee (its object `to`, if it has
   * one) takes the pages of `place` over for good. map: `to` is where the bus address goes, absent: into the list itself.
   * alloc: `place` is fresh memory. free: the container memory at `place` dies (not its pages).
   * lock/unlock: of `lock`. query: tells something of `place` (page_count, iov_iter_extract_will_pin).
   */
  readonly op:
    | 'acquire'
    | 'release'
    | 'extra-ref'
    | 'dirty'
    | 'access'
    | 'map'
    | 'unmap'
    | 'alias'
    | 'transfer'
    | 'alloc'
    | 'free'
    | 'lock'
    | 'unlock'
    | 'query';
  readonly place: PlacePattern;
  /** acquire, release, and transfer to who knows one kind alone: the kind of hold. */
  readonly ref?: Reference;
  /** alias: the second place. */
  readonly to?: PlacePattern;
  /** The argument (or `ret`) that counts what is meant, and its unit; absent: one, or all. */
  readonly count?: { readonly place: PlacePattern; readonly unit: 'pages' | 'folios' | 'bytes' };
  /** Default `always`. */
  readonly when?: When;
  /** Happens only when the flags argument of the call holds this flag (a FOLL_ name, VM_MAP_PUT_PAGES). */
  readonly withFlag?: string;
  /** alloc: only when `place` held NULL before the call. */
  readonly ifNull?: boolean;
  /** alloc: what was allocated stays where the call then fails. */
  readonly evenIfFailed?: boolean;
  /**
   * access, and map without a direction: what happens to the data (by the device, on map); `by-direction` takes it from
   * `direction`, or from the object itself (a bio, an iterator).
   */
  readonly access?: 'read' | 'write' | 'read-write' | 'dma' | 'by-direction';
  /** map, unmap and access: the argument with the direction: enum dma_data_direction, dma_transfer_direction or IOMMU_ flags. */
  readonly direction?: PlacePattern;
  /** dirty and release: the argument that says whether to dirty; absent on `dirty`: always. */
  readonly dirtyArg?: PlacePattern;
  /** dirty: whether the page or folio lock is taken by the callee (`lock`), must be held (`unlocked`), or only the flag is set (`flag`). */
  readonly dirtyKind?: 'lock' | 'unlocked' | 'flag';
  /** lock and unlock: which. */
  readonly lock?: LockKind;
  /** lock and unlock: of a lock that readers share. A try-lock is a lock with `when`. */
  readonly mode?: 'read' | 'write';
}

/** What a call demands of the place it stands in. */
export interface ContextDemand {
  /** `held`: the caller holds mmap_lock; `not-held`: the callee takes it; `any`: no demand. */
  readonly mmapLock: 'held' | 'not-held' | 'any';
  /** Whether the call may sleep; `when-dirty`: only when its dirty argument is true. */
  readonly sleeps: boolean | 'when-dirty';
  /** Works on current->mm, so needs one. */
  readonly currentMm: boolean;
}

/** Stands for the kernel tag of what a project declares itself. */
export const DECLARED = 'project';

/** Where a fact was read: kernel tag and path. */
export interface Source {
  readonly tag: string;
  readonly path: string;
  readonly note?: string;
}

/** The group a row belongs to; `acquire` rows are the sites of `guplint sites`. */
export type ApiFamily =
  | 'acquire'
  | 'release'
  | 'dirty'
  | 'carrier'
  | 'access'
  | 'dma'
  | 'memory'
  | 'lock'
  | 'wrapper'
  | 'query';

/** One kernel function (or function-like macro) over a run of releases with one signature and one behaviour. */
export interface ApiRow {
  readonly name: string;
  readonly family: ApiFamily;
  readonly kernels: Since;
  readonly params: readonly Param[];
  /** C type of the result as the header spells it. */
  readonly ret: string;
  readonly returns: ReturnContract;
  /** acquire and release rows: the kind of hold. */
  readonly reference?: Reference;
  /** Whether calls of it are sites (the acquire families of the contract). */
  readonly site?: boolean;
  /** FOLL_ flags that the function adds by itself on every call; FOLL_GET only where a pages array is passed. */
  readonly implies?: readonly string[];
  /** What it returns when it refuses its flags or arguments at once (`0`: no error to see); absent: it checks nothing. */
  readonly refusal?: '-EINVAL' | '0';
  /** The iterator that the call moves on by the bytes it took. */
  readonly advances?: PlacePattern;
  readonly effects: readonly Effect[];
  readonly context: ContextDemand;
  /** Functions that give back what this one takes. */
  readonly pairsWith?: readonly string[];
  /** What replaced it, for messages and fixes. */
  readonly replacedBy?: string;
  /** Whether the name is a macro or inline that headers of some releases do not declare as a prototype. */
  readonly macro?: boolean;
  readonly source: Source;
  /** One or two sentences for hovers. */
  readonly note?: string;
}

/** A FOLL_ flag over the releases in which its value and its standing were the same. */
export interface FlagRow {
  readonly name: string;
  readonly kernels: Since;
  readonly value: number;
  /** `caller`: callers may pass it; `internal`: only mm/ may; `tolerated`: internal by intent, not checked at run time. */
  readonly standing: 'caller' | 'internal' | 'tolerated';
  /** Whether a driver can name it at all (mm/internal.h since 6.3 for some). */
  readonly visible: boolean;
  readonly meaning: string;
  /** Who enforces the standing, and stable releases that differ from their series. */
  readonly note?: string;
  readonly source: Source;
}

/** One of the five documented cases (Documentation/core-api/pin_user_pages.rst); 0: depends on its callers, or no user page. */
export interface CaseRow {
  readonly id: 0 | 1 | 2 | 3 | 4 | 5;
  readonly title: string;
  readonly summary: string;
  readonly wants: Reference;
  readonly wantsLongterm: boolean;
  readonly source: Source;
}

/** A run-time check of mm/gup.c: which call with which flags is refused on which kernels, and how it shows. */
export interface ValidityRow {
  readonly id: string;
  readonly kernels: Since;
  /** Names of the functions it applies to. */
  readonly applies: readonly string[];
  readonly condition: string;
  /** The flags the condition speaks of; absent: it speaks of something else. */
  readonly flags?: {
    /** One of these is enough. */
    readonly anyOf?: readonly string[];
    /** All of these together. */
    readonly allOf?: readonly string[];
    /** And none of these. */
    readonly noneOf?: readonly string[];
  };
  readonly effect: string;
  readonly result: string;
  readonly source: Source;
}

/** Flags that `*_fast` functions accept, by kernel. */
export interface FastMaskRow {
  readonly kernels: Since;
  /** undefined: no check on these kernels. */
  readonly allowed: readonly string[] | undefined;
  readonly source: Source;
}

/** A place of the kernel itself that is entitled to internal flags or FOLL_FORCE; silences flag rules, steers nothing else. */
export interface InternalUser {
  /** Path prefix or path below the root of a kernel tree. */
  readonly path: string;
  readonly kernels: Since;
  readonly may: readonly string[];
  readonly why: string;
  readonly source: Source;
}

/** In which context a function runs that the kernel calls. `caller`: in that of the call that names it. */
export type RunContext = 'process' | 'softirq' | 'irq' | 'rcu' | 'caller';

/** A function (or macro) that is given a function to be called later, or at once for each of many. */
export interface CallbackRow {
  readonly name: string;
  readonly kernels: Since;
  /** The argument with the function; for a struct of functions the argument with the struct. */
  readonly callback: PlacePattern;
  /**
   * What the function is called with, by its parameters: a place of this call (`arg0`), or undefined for what the kernel makes up.
   * A pointer to a member that is embedded in an object (kref, rcu_head, work_struct) is passed as it is: the function finds
   * its object with container_of().
   */
  readonly passes: readonly (PlacePattern | undefined)[];
  readonly context: RunContext;
  /** `now`: before the call returns, perhaps often. `later`: once or often, after. `last`: now, when the last reference goes. */
  readonly when: 'now' | 'later' | 'last';
  readonly source: Source;
  readonly note?: string;
}

/** What an entry point of a driver is for. */
export type EntryRole =
  | 'open'
  | 'close'
  | 'ioctl'
  | 'mmap'
  | 'unmap'
  | 'fault'
  | 'io'
  | 'probe'
  | 'remove'
  | 'sysfs'
  | 'notifier'
  | 'other';

/** What holds when the kernel calls a function through an ops table. */
export interface EntryPoint {
  readonly role: EntryRole;
  readonly context: RunContext;
  /** mmap_lock of current->mm: held by the kernel, surely not, or not known. */
  readonly mmapLock: 'held' | 'not-held' | 'unknown';
  /** Whether current->mm is that of the user on whose behalf the kernel calls. */
  readonly userMm: boolean;
}

/** A struct of functions: which of its fields are entry points. */
export interface OpsRow {
  readonly tag: string;
  readonly fields: Readonly<Record<string, EntryPoint>>;
  readonly source: Source;
}

/** A macro that is the head of a loop. */
export interface LoopRow {
  readonly name: string;
  /** Number of arguments; more are possible where the header says `...`. */
  readonly args: number;
  /** The argument that stands for the element of this turn. */
  readonly cursor: number;
  /** Further arguments that the macro assigns: indexes, saved next elements, iterators. */
  readonly assigns: readonly number[];
  /** The argument whose elements are walked; absent: something global, or the cursor goes on by itself. */
  readonly container?: number;
  /** The argument with the number of elements; absent: all. */
  readonly count?: number;
  /**
   * What the cursor is: `entry` a struct whose member links it, `node` the link itself, `pointer` a stored pointer, `sg` a
   * scatterlist entry, `page-iter` an sg page iterator, `bvec` a struct bio_vec by value, `bvec-pointer` one by address,
   * `folio-iter` a struct folio_iter, `bio`, `index` a number, `other`.
   */
  readonly element:
    | 'entry'
    | 'node'
    | 'pointer'
    | 'sg'
    | 'page-iter'
    | 'bvec'
    | 'bvec-pointer'
    | 'folio-iter'
    | 'bio'
    | 'index'
    | 'other';
  readonly source: Source;
}
