/**
 * Whether a fault was found: findings that the file as it is does not have, by rule and place. Mutations keep line numbers, so a
 * place is its line; those below an edit that shifts columns stay comparable.
 */
import type { FlowProblem } from '../../server/analysis/paths/flow-problem.ts';
import type { Finding } from '../../server/engine/protocol.ts';
import type { Analysis } from './laboratory.ts';
import type { Mutation, Operator } from './operator.ts';

/** How far a fault was seen. */
export interface Verdict {
  /** New findings under a rule that fits, of a confidence shown by default, in the function of the fault or of its site. */
  readonly told: readonly Finding[];
  /** Whether there are any. */
  readonly fitting: boolean;
  /** Not so, but by a run over the directory: in another file, or with what callers there do. */
  readonly elsewhere: boolean;
  /** By any rule shown by default. */
  readonly any: boolean;
  /** Under a rule that fits, hidden by default. */
  readonly low: boolean;
  /** Not found, and the file as it is has a finding of a rule that fits on the same site, behind which a new one may hide. */
  readonly masked: boolean;
  /** By the path analysis, as a problem of a kind that fits, of any confidence. */
  readonly paths: boolean;
  /** Rules of all new findings. */
  readonly rules: readonly string[];
  /** Whether the mutated file is no longer read clean where the original is. */
  readonly damaged: boolean;
}

/** Compares the analysis of a mutated file with that of the original. */
export function judge(operator: Operator, mutation: Mutation, before: Analysis, after: Analysis): Verdict {
  const fresh = added(before.result.findings, after.result.findings, findingKey);
  const fits = fitting(operator, mutation, fresh);
  const shown = (f: Finding): boolean => f.confidence !== 'low' && f.rule !== 'parse-damaged';
  const kinds = added(before.problems, after.problems, problemKey).filter((p) => operator.rules.includes(p.kind));
  const told = fits.filter(shown);
  return {
    told,
    fitting: told.length > 0,
    elsewhere: false,
    any: fresh.some(shown),
    low: told.length === 0 && fits.length > 0,
    masked:
      told.length === 0 && before.result.findings.some((f) => operator.rules.includes(f.rule) && isOfSite(f, mutation)),
    paths: kinds.length > 0,
    rules: [...new Set(fresh.map((f) => `${f.rule}${f.confidence === 'low' ? ' (low)' : ''}`))].sort(),
    damaged: after.result.damaged.length > before.result.damaged.length,
  };
}

function fitting(operator: Operator, mutation: Mutation, fresh: readonly Finding[]): Finding[] {
  return fresh.filter((f) => operator.rules.includes(f.rule) && isNear(f, mutation));
}

/** Whether a run over a directory has a finding after the mutation, in any file and shown by default, that tells of one of its sites. */
export function isFoundElsewhere(
  { operator, file, mutation }: { operator: Operator; file: string; mutation: Mutation },
  before: readonly Finding[],
  after: readonly Finding[],
): boolean {
  const lines = linesOf(mutation.sites);
  const isOfIt = (f: Finding): boolean =>
    [f.location, ...(f.site === undefined ? [] : [f.site.location]), ...f.related.map((r) => r.location)].some(
      (at) => at.file === file && lines.includes(at.line),
    );
  return added(before, after, findingKey).some(
    (f) => operator.rules.includes(f.rule) && f.confidence !== 'low' && isOfIt(f),
  );
}

/** What `after` has more often than `before`. */
function added<T>(before: readonly T[], after: readonly T[], key: (t: T) => string): T[] {
  const counts = new Map<string, number>();
  for (const t of before) counts.set(key(t), (counts.get(key(t)) ?? 0) + 1);
  return after.filter((t) => {
    const left = counts.get(key(t)) ?? 0;
    counts.set(key(t), left - 1);
    return left <= 0;
  });
}

function findingKey(f: Finding): string {
  return [f.rule, f.confidence === 'low', f.location.file, f.location.line, f.site?.location.line].join('|');
}

function problemKey(p: FlowProblem): string {
  const at = (unit: FlowProblem['step']['unit'], offset: number): string =>
    `${unit.path}:${unit.lines.at(offset).line}`;
  const origin = p.resource?.origin;
  return [
    p.kind,
    at(p.step.unit, p.step.span.start),
    origin === undefined ? '' : at(origin.unit, origin.span.start),
  ].join('|');
}

/** In the function that was changed or one that takes the pages, or about one of the sites. */
function isNear(f: Finding, { functionName, sites }: Mutation): boolean {
  if (f.functionName === functionName || sites.some((s) => s.fn?.name === f.functionName)) return true;
  return isOfSite(f, { sites }) || f.related.some((r) => linesOf(sites).includes(r.location.line));
}

function isOfSite({ site }: Finding, { sites }: Pick<Mutation, 'sites'>): boolean {
  return site !== undefined && linesOf(sites).includes(site.location.line);
}

function linesOf(sites: Mutation['sites']): number[] {
  return sites.map((s) => s.unit.lines.at(s.nameSpan.start).line);
}
