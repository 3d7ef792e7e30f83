/**
 * What the flags rules share: each place where a flag gets into a gup_flags argument, once, with the kernels on which it
 * counts; and the report that draws severity and confidence from how sure the flag and the kernel are.
 */
import { nameOfFunctionAt } from '../../../analysis/calls/call-index.ts';
import type { CallSite, FlagTerm } from '../../../analysis/sites/site.ts';
import type { Confidence, Severity } from '../../../engine/protocol.ts';
import type { FixProposal, Report, RulePass } from '../../define.ts';
import { flagKernels, kernelsWithRole } from '../facts.ts';
import { bothOf, includesAll, isEmpty, type Kernels } from '../kernels.ts';

/** One term of the flags of one call. */
export interface FlagUse {
  readonly site: CallSite;
  readonly term: FlagTerm;
  /** Releases, of any age, on which the call can be meant: its function takes gup_flags there and as many arguments. */
  readonly possible: Kernels;
  /** Those of them that are aimed at and live under the enclosing #if. Never empty. */
  readonly live: Kernels;
}

/**
 * The terms of all sites that a rule asks for. A place in the text comes once, for the first call it flows into for certain, or the
 * first at all; calls on kernels where the argument is no gup_flags (`int write`) do not count.
 */
export function flagUses(pass: RulePass, wanted: (term: FlagTerm) => boolean): readonly FlagUse[] {
  const uses = new Map<string, FlagUse>();
  for (const site of pass.sites) {
    const terms = site.flags.terms.filter(wanted);
    if (terms.length === 0) continue;
    const possible = kernelsWithRole(site, 'flags', pass);
    for (const term of terms) {
      const live = bothOf(possible, pass.liveOn(site, term));
      if (isEmpty(live)) continue;
      const key = `${term.unit.path}:${term.span.start}:${term.span.end}`;
      const known = uses.get(key);
      if (known === undefined || (term.must && !known.term.must)) uses.set(key, { site, term, possible, live });
    }
  }
  return [...uses.values()];
}

/** Uses of a named flag that the file is not entitled to. */
export function usesOfFlag(pass: RulePass, name: string): readonly FlagUse[] {
  return flagUses(pass, (term) => term.kind === 'flag' && term.name === name && !pass.entitled(name));
}

/** Names of all flags that may be in a call's argument. */
export function flagNames(site: CallSite): readonly string[] {
  return [...new Set([...site.flags.must, ...site.flags.may])];
}

/** What a flags rule says of a use. */
export interface FlagFinding {
  /** `{kernels}` in it stands for `on`. */
  readonly message: string;
  /** The releases aimed at on which it is so; default: where the call is live. */
  readonly on?: Kernels;
  /** All releases on which it is so, aimed at or not: tells whether it depends on a version. */
  readonly holds: Kernels;
  readonly severity: Severity;
  /** Releases for which the code can be meant; default: those that take the call and have the flag. */
  readonly possible?: Kernels;
  /**
   * How sure a further condition is, as a second flag that may be missing; `open` findings have low confidence. `on-its-path`: the term
   * itself is what is wrong, also where only some paths lead through it.
   */
  readonly certainty?: 'certain' | 'likely' | 'open' | 'on-its-path';
  readonly fixes?: readonly FixProposal[];
  readonly steps?: Report['related'];
}

/** Reports a use at its term: a flag that is only sometimes there is no error, a version that nobody named makes an info. */
export function reportUse(pass: RulePass, use: FlagUse, finding: FlagFinding): void {
  const { site, term } = use;
  const certainty = finding.certainty ?? 'certain';
  const certain = certainty === 'on-its-path' || (term.must && certainty === 'certain');
  const possible =
    finding.possible ??
    (term.kind === 'flag' ? bothOf(use.possible, flagKernels(pass.model, term.name)) : use.possible);
  const confidence: Confidence = certain ? 'high' : certainty === 'open' ? 'low' : 'medium';
  const step = { at: { unit: site.unit, span: site.nameSpan }, message: `passed to ${site.api}() here` };
  const steps = [...(finding.steps ?? []), ...(term.atCall ? [] : [step])];
  pass.report({
    message: finding.message,
    kernels: finding.on ?? use.live,
    at: { unit: term.unit, span: term.span },
    functionName: nameOfFunctionAt(term.unit, term.span.start),
    site,
    severity:
      isOfOlderForm(pass, use) && !pass.kernelKnown
        ? 'info'
        : versionSeverity(pass, certain ? finding.severity : uncertain(finding.severity), finding.holds, possible),
    confidence,
    related: steps,
    ...(finding.fixes === undefined ? {} : { fixes: finding.fixes }),
  });
}

/** Whether the call is right as it stands on releases whose function takes `int write` there: what is passed names no FOLL_ flag. */
function isOfOlderForm(pass: RulePass, { site, term }: FlagUse): boolean {
  if (term.kind === 'flag' || site.via !== undefined) return false;
  const arity = site.args.length;
  return pass.model
    .allRows(site.api)
    .some((row) => row.params.length === arity && row.params.some((p) => p.role === 'write'));
}

/**
 * The severity of something that holds on some releases: an info when nobody named a kernel and there are releases for
 * which the code can be meant (`possible`) where it does not hold.
 */
export function versionSeverity(pass: RulePass, severity: Severity, holds: Kernels, possible: Kernels): Severity {
  return pass.kernelKnown || includesAll(holds, possible) ? severity : 'info';
}

function uncertain(severity: Severity): Severity {
  return severity === 'error' ? 'warning' : severity;
}
