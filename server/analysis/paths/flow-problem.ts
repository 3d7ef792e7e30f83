/** What path analysis found wrong, before rules turn it into findings; and the facts it leaves for owners and sites. */
import type { Owner } from '../../flow/value.ts';
import type { Hold, Origin, Release, Resource, Step } from './resource.ts';

/** The kinds; the rule of the same name reports each. */
export type ProblemKind =
  | 'put-on-pinned'
  | 'unpin-on-gotten'
  | 'free-on-gup-page'
  | 'pin-leaked'
  | 'partial-pin-leaked'
  | 'double-release'
  | 'use-after-release'
  | 'release-count-mismatch'
  | 'release-of-null-pages'
  | 'extra-reference-on-pinned'
  | 'release-before-dma-unmap'
  | 'errno-as-count'
  | 'result-ignored'
  | 'short-pin-as-success'
  | 'dirty-after-release'
  | 'missing-foll-write'
  | 'mmap-lock-not-held'
  | 'mmap-lock-held'
  | 'gup-in-atomic'
  | 'sleeping-release-in-atomic'
  | 'page-array-leaked'
  | 'bytes-as-pages'
  | 'zero-pin-unhandled'
  | 'short-count-returned';

/** One problem on one path. */
export interface FlowProblem {
  readonly kind: ProblemKind;
  /** Where it shows: the wrong release, the return that leaks, the test that fails. */
  readonly step: Step;
  readonly functionName: string;
  readonly resource: Resource | undefined;
  /** The goto by which the path came to where it shows; undefined where it took none. */
  readonly jump?: Step | undefined;
  /** The path: acquire, branches, loss, in order. */
  readonly steps: readonly Step[];
  readonly confidence: 'high' | 'medium' | 'low';
  /** What the rule's message needs beyond that: a name, a count. */
  readonly detail: string;
}

/** A release call met a resource, directly or in a callee. */
export interface ReleaseFact {
  readonly origin: Origin;
  readonly release: Release;
  readonly matches: boolean;
  readonly dirtied: boolean;
  /** Whether the pages were left by a callee that failed. */
  readonly afterFailure: boolean;
}

/** At an exit of a function a resource is held in memory that lives on. */
export interface HeldFact {
  readonly origin: Origin;
  readonly resource: Resource;
  readonly owner: Owner;
  /** The field through which the object that holds them is reached, where that is another one's. */
  readonly through?: Owner | undefined;
  /** The value's place as `arg0[*].pages@[*]`. */
  readonly path: string;
  readonly functionName: string;
  /** Whether the function's result says success where it returns with this held. */
  readonly onSuccess: boolean;
}

/** How a resource ended on one path; for statistics and for rules that look at all ends of a site. */
export interface EndFact {
  readonly origin: Origin;
  readonly hold: Hold['kind'];
  /** Held where the function returns: kept by somebody, handed to the caller, or lost. */
  readonly open: boolean;
  /** Whether the function's result says success there. */
  readonly onSuccess: boolean;
  /** Whether the result is known for not zero and for nothing else, in a function that returns an int: by custom an error. */
  readonly nonzero: boolean;
  /** Whether a callee nobody can look into got the pages. */
  readonly maybeTaken: boolean;
  readonly dirtied: boolean;
  /** What marked them dirty first. */
  readonly markedAt: Step | undefined;
  /** Whether a callee that failed left them with this function. */
  readonly failed: boolean;
}
