/**
 * Runs rules over a file: once for each set of live branches, with what is found several times told once.
 * A finding's kernels are joined over the runs; where runs disagree on its severity the worst counts.
 */
import type { KernelRange } from '../../model/version.ts';
import type { ApiCall, FlagTerm } from '../analysis/sites/site.ts';
import type { Severity } from '../engine/protocol.ts';
import type { JudgedSite, Report, Rule, RulePass } from './define.ts';
import { type Conversion, conversionOf } from './fixes/conversion/plan.ts';
import { judgedSites } from './support/case-report.ts';
import { liveHere } from './support/facts.ts';
import { showKernels, unionOf } from './support/kernels.ts';

/** What a rule reported, with its name, the severity decided, and no placeholder left in the message. */
export interface RuleReport extends Report {
  readonly rule: string;
  readonly severity: Severity;
}

/** Everything of a pass but its mouth. */
export type PassInput = Omit<RulePass, 'report' | 'liveOn'>;

const RANK: Readonly<Record<Severity, number>> = { error: 2, warning: 1, info: 0 };

interface Merged {
  readonly report: RuleReport;
  readonly kernels: readonly KernelRange[];
}

/** Runs every rule on every input (one a set of live branches of one file, oldest kernels first). In the order of finding. */
export function runRules(rules: readonly Rule[], inputs: readonly PassInput[]): readonly RuleReport[] {
  const merged = new Map<string, Merged>();
  const liveOn = liveness(inputs);
  for (const input of inputs) {
    const counts = new Map<string, number>();
    let at: Rule | undefined;
    const report = (found: Report): void => {
      if (at !== undefined) add(at, found);
    };
    // One pass for all rules: what several of them ask is kept with it.
    const pass = Object.create(input, { report: { value: report }, liveOn: { value: liveOn } }) as RulePass;
    for (const rule of rules) {
      at = rule;
      rule.check(pass);
    }
    function add(rule: Rule, found: Report): void {
      const place = `${rule.name} ${found.at.unit.path} ${found.at.span.start} ${found.at.span.end}`;
      const nth = counts.get(place) ?? 0;
      counts.set(place, nth + 1);
      const now: RuleReport = { ...found, rule: rule.name, severity: found.severity ?? rule.severity };
      merged.set(`${place} ${nth}`, join(merged.get(`${place} ${nth}`), now));
    }
  }
  return [...merged.values()].map(({ report, kernels }) => ({
    ...report,
    message: report.message.replaceAll('{kernels}', showKernels(unionOf(kernels))),
  }));
}

/** A conversion and the site it is of. */
export interface ConvertedSite {
  readonly judged: JudgedSite;
  readonly conversion: Conversion;
}

/** The conversions of the direct sites of the inputs that take plain references; of one in several inputs that of the newest kernels. */
export function conversionsOf(inputs: readonly PassInput[]): readonly ConvertedSite[] {
  const liveOn = liveness(inputs);
  const found = new Map<number, ConvertedSite>();
  for (const input of inputs) {
    const pass = Object.create(input, { report: { value: () => {} }, liveOn: { value: liveOn } }) as RulePass;
    for (const judged of judgedSites(pass))
      if (judged.site.reference === 'get')
        found.set(judged.site.nameSpan.start, { judged, conversion: conversionOf(pass, judged) });
  }
  return [...found.values()];
}

/** The worse of two reports of one finding, of equal ones the newer; kernels add up among equally bad ones. */
function join(before: Merged | undefined, report: RuleReport): Merged {
  const kernels = report.kernels ?? [];
  if (before === undefined || RANK[report.severity] > RANK[before.report.severity]) return { report, kernels };
  if (RANK[report.severity] < RANK[before.report.severity]) return before;
  return { report, kernels: [...before.kernels, ...kernels] };
}

/** For each call, and each flag in it, the kernels of all inputs that have it in the same form. */
function liveness(inputs: readonly PassInput[]): RulePass['liveOn'] {
  const known = new Map<string, KernelRange[]>();
  const add = (key: string, range: KernelRange): void => {
    const ranges = known.get(key);
    if (ranges === undefined) known.set(key, [range]);
    else ranges.push(range);
  };
  for (const { unit, calls, sites } of inputs) {
    const here = (call: ApiCall): readonly KernelRange[] => liveHere(call, { unit });
    for (const call of new Set<ApiCall>([...calls, ...sites])) for (const r of here(call)) add(callKey(call), r);
    for (const site of sites) {
      for (const term of site.flags.terms) for (const r of here(site)) add(callKey(site) + termKey(term), r);
    }
  }
  return (call, term) => unionOf(known.get(callKey(call) + (term === undefined ? '' : termKey(term))) ?? [call.active]);
}

function callKey(call: ApiCall): string {
  return [call.unit.path, call.api, call.nameSpan.start, ...call.args.flatMap((a) => [a.start, a.end])].join(' ');
}

function termKey(term: FlagTerm): string {
  return ` ${term.kind} ${term.name} ${term.unit.path} ${term.span.start}`;
}
