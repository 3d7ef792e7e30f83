/**
 * What one acquire call yields on one path, and what has happened to it. Plain data; `path-state.ts` holds them by id.
 */
import type { Reference } from '../../../model/schema.ts';
import type { Span } from '../../base/span.ts';
import type { Value } from '../../flow/value.ts';
import type { CUnit } from '../../syntax/unit.ts';

/** A place in a unit with what happened there; steps of the path shown with a finding. */
export interface Step {
  readonly unit: CUnit;
  readonly span: Span;
  readonly text: string;
}

/** The acquire call behind a resource, through however many callees. */
export interface Origin {
  readonly unit: CUnit;
  /** The call expression of the acquire API. */
  readonly span: Span;
  readonly nameSpan: Span;
  readonly api: string;
  readonly functionName: string;
  /** Calls that lead from the analysed function down to the acquire, outermost first. */
  readonly chain: readonly Step[];
}

/** When pages are held, read off the result: a positive count or pointer, a zero status, or always. */
export type HeldWhen = 'positive' | 'zero' | 'always';

/** Where the pages of a resource stand. `some`: given back one by one in the loop with this head, not yet to its end. */
export type Hold =
  | { readonly kind: 'held' }
  | { readonly kind: 'some'; readonly loop: number | undefined; readonly by: Release }
  | { readonly kind: 'released'; readonly by: Release }
  /** A callee or the kernel took the pages over for good. */
  | { readonly kind: 'taken'; readonly step: Step };

/** A release call as it met a resource. */
export interface Release {
  readonly api: string;
  readonly reference: Reference;
  readonly step: Step;
  readonly functionName: string;
  /** The call in the function at hand that did it: the release itself, or a call of what gives back. */
  readonly here?: Step;
}

/** A DMA mapping of pages: the call, and the value and outcome of it that mean success. */
export interface Mapping {
  readonly step: Step;
  /** Key of the memory that was given to the call: the list, the array, the page. */
  readonly through: string;
  readonly result: Value;
  /** `zero`: a status; `positive`: a count; `asked`: dma_mapping_error() of the result must have said no. */
  readonly succeeds: 'zero' | 'positive' | 'asked';
}

/** Pages taken by one acquire call on one path. */
export interface Resource {
  readonly id: string;
  readonly origin: Origin;
  readonly reference: Reference;
  /** The call's result: count, bytes, status or pointer. */
  readonly result: Value;
  readonly heldWhen: HeldWhen;
  readonly unit: 'pages' | 'folios' | 'bytes' | 'one';
  /** How many were asked for, in the unit; undefined when nobody can tell. */
  readonly requested: Value | undefined;
  /** For results in bytes: how many pages may come at most, and key of the iterator they come from. */
  readonly limit?: { readonly pages: Value | undefined; readonly iter: string } | undefined;
  readonly hold: Hold;
  readonly dirtied: Step | undefined;
  /** Where the pages were given to a device, and not yet taken back. */
  readonly mapped: Mapping | undefined;
  /** Whether such a mapping was taken back while the pages were held. */
  readonly unmapped?: true;
  /** A callee nobody can look into got the pages and may have kept or released them. */
  readonly maybeTaken: Step | undefined;
  /** A callee nobody can look into was told their number. */
  readonly told?: true;
  /** A function got the pages together with the number that came: it may keep both. */
  readonly counted?: true;
  /** Keys of the results of such callees, one for each; '' for what has none. One that tells of a failure took nothing. */
  readonly takers: readonly string[];
  /** Whether the page variable was NULL before the call, so that a test of it stands for one of the result. */
  readonly preset: boolean;
  /** Whether the page variable was never set before the call: where nothing was taken it holds nothing. */
  readonly unset?: boolean;
  /** Carried as an integer (page frame number, physical address) from here on. */
  readonly carried: boolean;
  /** Its number was found equal to another one's with an offset: who holds that one can tell this one. */
  readonly computed?: boolean;
  /** The path has asked a number beside them in the object that held them, and found it 0: it may be theirs. */
  readonly uncounted?: true;
  /** Taken by a callee of which not all cases are known: what it leaves where is told of some of its paths. */
  readonly bounded?: true;
  /** Where their container died or was overwritten while they were held. */
  readonly lost: Step | undefined;
  /** Key of the memory that held them and was freed once they were given back. */
  readonly heldIn?: string;
  /** Where an element of the array with this key was set to NULL while its page was held. */
  readonly cleared?: { readonly step: Step; readonly place: string } | undefined;
  /**
   * Keys of values of which 0 on a path means that nothing is held: the question `iov_iter_extract_will_pin(iter)`, the array that the
   * call allocates.
   */
  readonly guards: readonly string[];
  /** Keys of values met in elements of which some were set to NULL: a path that meets 0 has met one that holds nothing. */
  readonly elements?: readonly string[] | undefined;
  /** With a problem: what the path knows of pages of an iterator where it shows. */
  readonly answer?: 'pinned' | 'listed' | undefined;
  /** Keys of sums over turns of a loop with the result among them, and of the number of entries of the array: where one is 0, so is the result. */
  readonly sums?: readonly string[] | undefined;
  /** Key of the array that the call made for them; undefined where it is the caller's, or may be. */
  readonly array?: string | undefined;
  /** Further references taken with get_page() and not yet dropped. */
  readonly extraReferences: number;
  /** Where the last of them was taken. */
  readonly extraAt: Step | undefined;
  /** Whether the callee that took them told of a failure and left them with its caller. */
  readonly failed: boolean;
  /** Whether the count is what a callee returned, as it got it from the function that took them. */
  readonly forwarded?: boolean;
  /** Whether the callee's own tests said that they were held where it returned. */
  readonly left?: boolean;
  /** Whether the pages were asked for with FOLL_WRITE: surely, possibly, or not. */
  readonly write: 'yes' | 'maybe' | 'no';
}

/** Whether the function that is followed got the count itself: from the API, or from callees that return what that returned. */
export function isCountedHere({ origin, forwarded }: Resource): boolean {
  return origin.chain.length === 0 || forwarded === true;
}
