/**
 * What a rule is: metadata and one function over what the analysis found. Rules never see trees and never do data flow.
 * A rule's documentation is the TSDoc block at the head of its file.
 */
import type { Model } from '../../model/index.ts';
import type { KernelRange } from '../../model/version.ts';
import type { LockClue, MmapContext } from '../analysis/evidence/mmap-context.ts';
import type { NamedEnd } from '../analysis/evidence/named-end.ts';
import type { FlowResult } from '../analysis/paths/program.ts';
import type { ApiCall, CallSite, FlagTerm } from '../analysis/sites/site.ts';
import type { Span } from '../base/span.ts';
import type { Confidence, Severity, SiteRecord } from '../engine/protocol.ts';
import type { CUnit } from '../syntax/unit.ts';

/** The groups of the rule table. */
export type RuleGroup = 'flags' | 'case' | 'release' | 'result' | 'dirty' | 'context' | 'version' | 'own';

/** A place in a unit. */
export interface UnitSpan {
  readonly unit: CUnit;
  readonly span: Span;
}

/** A replacement in a unit. */
export interface Edit extends UnitSpan {
  readonly newText: string;
}

/** A proposed repair. */
export interface FixProposal {
  readonly title: string;
  readonly applicability: 'safe' | 'unsafe';
  readonly edits: readonly Edit[];
}

/** What a rule reports. */
export interface Report {
  /** `{kernels}` in it stands for `kernels`: a file may be looked at once for each set of live branches, and what is found is one. */
  readonly message: string;
  /** The kernels aimed at on which it is so, where that matters. */
  readonly kernels?: readonly KernelRange[];
  readonly at: UnitSpan;
  /** Enclosing function; empty at file scope. */
  readonly functionName: string;
  readonly site?: CallSite;
  /** Default: the rule's severity. */
  readonly severity?: Severity;
  /** Default: high. */
  readonly confidence?: Confidence;
  readonly related?: readonly { readonly at: UnitSpan; readonly message: string }[];
  readonly fixes?: readonly FixProposal[];
}

/** A site with what is known of it. */
export interface JudgedSite {
  readonly site: CallSite;
  readonly record: SiteRecord;
}

/** What a rule may read. */
export interface RulePass {
  readonly unit: CUnit;
  /** Headers of the project that the unit includes, transitively: what they define is no kernel function there. */
  readonly headers: readonly CUnit[];
  /** The other source files of the directory that name something of the model. */
  readonly neighbours: readonly CUnit[];
  /** A file of the project by its path; undefined where it cannot be read. */
  fileAt(path: string): CUnit | undefined;
  readonly model: Model;
  /** The kernels aimed at, and whether somebody named them (a flag, a Makefile, the configuration, the code's own tests). */
  readonly kernel: KernelRange;
  readonly kernelKnown: boolean;
  /** Whether the file is a place of the kernel itself that is entitled to this flag there (model table `internalUsers`). */
  entitled(flag: string): boolean;
  readonly sites: readonly CallSite[];
  /** What is known of a site: its case, lifetime, accesses, releases. */
  recordOf(site: CallSite): SiteRecord | undefined;
  /** The sites of the unit, its neighbours and its headers with what is known of them; computed when first asked for. */
  readonly around: readonly JudgedSite[];
  /** Every call of a model function in the unit, sites included, in text order. */
  readonly calls: readonly ApiCall[];
  /** The kernels aimed at on which the code has this call, in this form, with this flag in it when one is given. */
  liveOn(call: ApiCall, term?: FlagTerm): readonly KernelRange[];
  /** The fields of tables under which the kernel knows a site's function or one of its callers. */
  entriesAbove(site: CallSite): ReadonlySet<string>;
  /** How the pages of a site end as far as following names tells. */
  namedEnd(site: CallSite): NamedEnd;
  /** A look at the mappings ahead of a site, which says that its callers hold mmap_lock. */
  heldByLookup(site: CallSite): LockClue | undefined;
  /** Whether mmap_lock is held where a site stands, as far as callers, tables and accesses to user memory tell. */
  mmapAt(site: CallSite): MmapContext;
  /** Whether this run reports on a unit itself and knows of another there: a finding about both is told there, not here. */
  isReported(unit: CUnit, knowing: CUnit): boolean;
  /** What following the pages along all paths found; computed when first asked for. */
  readonly flow: FlowResult;
  text(span: Span): string;
  report(finding: Report): void;
}

/** A rule. `name` equals the file's name. */
export interface Rule {
  readonly name: string;
  readonly group: RuleGroup;
  /** At most 80 characters, no full stop. */
  readonly summary: string;
  /** Severity where the rule's report names none. */
  readonly severity: Severity;
  /** Whether it ever offers a fix, and the least safe kind. */
  readonly fix: 'none' | 'safe' | 'unsafe';
  check(pass: RulePass): void;
}

/** Declares a rule. */
export function defineRule(rule: Rule): Rule {
  return rule;
}
