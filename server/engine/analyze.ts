/**
 * From text to findings: the one path that the command line and the language server share. Synchronous and pure but for the
 * headers that `Project` reads; the parser must have been started. Any text is accepted.
 */
import type { Model } from '../../model/index.ts';
import type { KernelRange } from '../../model/version.ts';
import { wrapperNamed } from '../analysis/calls/wrappers.ts';
import { entriesAbove } from '../analysis/evidence/entries.ts';
import { heldByLookup, mmapContext } from '../analysis/evidence/mmap-context.ts';
import { type NamedEnd, namedEnd } from '../analysis/evidence/named-end.ts';
import { summaryText } from '../analysis/paths/summary-text.ts';
import type { ApiCall, CallSite } from '../analysis/sites/site.ts';
import { siteRecord } from '../analysis/sites/site-record.ts';
import { findCalls } from '../analysis/sites/sites.ts';
import { hashOf } from '../base/hash.ts';
import { kept } from '../base/kept.ts';
import type { JudgedSite, Rule } from '../rules/define.ts';
import { conversionsOf, type PassInput, runRules } from '../rules/run.ts';
import { parseFunction } from '../syntax/parse-function.ts';
import type { CUnit } from '../syntax/unit.ts';
import { liveRanges, versionsMentioned, versionsTold } from '../syntax/versions.ts';
import { fingerprint, type UnmarkedFinding } from './fingerprint.ts';
import { callsOf, flowIfKnown, flowOf, recordOf } from './flows.ts';
import type { Clock } from './host.ts';
import { derivedKernel, EVERY_RELEASE, namedKernel } from './kernel.ts';
import { locate } from './locate.ts';
import { mergeSites } from './merge-sites.ts';
import { withOlder } from './older-kernels.ts';
import { compareFindings, compareText } from './order.ts';
import { within } from './paths.ts';
import { catalogueOf } from './private-model.ts';
import type { Project } from './project.ts';
import type {
  Confidence,
  FileResult,
  Finding,
  KernelChoice,
  KernelTree,
  ResolvedConfig,
  Severity,
  SiteConversion,
  SiteRecord,
  Skip,
  WrapperName,
} from './protocol.ts';
import { plainFix, type RawFinding, rawFinding } from './raw.ts';
import { suppress } from './suppress.ts';

/** A file to analyse. */
export interface FileInput {
  /** Path as results show it. */
  readonly file: string;
  readonly text: string;
  /** The text that the result is told of, where that is another one with the same lines and columns. */
  readonly shown?: string | undefined;
}

/** What a file is analysed with. */
export interface AnalysisContext {
  readonly project: Project;
  readonly config: ResolvedConfig;
  /** The kernel tree the file lies in. */
  readonly tree: KernelTree | undefined;
  /** The rules to run; none for a list of sites alone. */
  readonly rules: readonly Rule[];
  /** Names of all rules there are, for suppressions. */
  readonly ruleNames: ReadonlySet<string>;
  readonly clock: Clock;
  /** Name of a function whose summary is wanted. */
  readonly facts?: string;
  /** Whether the conversions of sites are wanted. */
  readonly conversions?: boolean;
}

/** What stands in one unit of the file: one unit per set of live branches. */
interface Found {
  readonly unit: CUnit;
  readonly selected: Model;
  readonly calls: readonly ApiCall[];
  readonly sites: readonly CallSite[];
  readonly records: readonly SiteRecord[];
}

interface Stopwatch {
  load: number;
  sites: number;
  rules: number;
}

/** Analyses one file. */
export function analyzeFile(input: FileInput, context: AnalysisContext): FileResult {
  const times: Stopwatch = { load: 0, sites: 0, rules: 0 };
  const kernel = chooseKernel(input, context, times);
  const ranges = timed(context, times, 'load', () => rangesOf(input, kernel.range, context.project));
  const found = ranges.map((range) => findIn(input, range, context, times));
  const damaged = found.flatMap(({ unit, sites }) => damagedFunctions(unit, sites));
  const reports = timed(context, times, 'rules', () => check(found, kernel, context));
  const skipped = skippedIn(found.map((f) => f.unit));
  const unfinished = new Set([...damaged.map((d) => d.finding.functionName), ...skipped.map((s) => s.functionName)]);
  const units = found.map((f) => f.unit);
  const post = finish([...reports, ...damaged], unfinished, units, context);
  const shown = input.shown ?? input.text;
  return {
    file: input.file,
    textHash: hashOf(shown),
    kernel,
    sites: mergeSites(found.map((f) => f.records)),
    skipped,
    damaged: damaged.map((d) => d.finding.functionName),
    wrappers: wrapperNames(found, context),
    facts: context.facts === undefined ? [] : factsOf(found, context.facts, context.project),
    conversions: context.conversions === true ? conversions(passInputs(found, kernel, context)) : [],
    length: shown.length,
    times,
    ...post,
  };
}

/** The parts of a range on which the file is different code. One without version conditions, as most are, is read once only. */
function rangesOf({ file, text }: FileInput, range: KernelRange, project: Project): readonly KernelRange[] {
  if (project.unit(file, text, range).regions.length === 0) return [range];
  return liveRanges(file, text, project.env(range));
}

function timed<T>(context: AnalysisContext, times: Stopwatch, phase: keyof Stopwatch, work: () => T): T {
  const start = context.clock.now();
  try {
    return work();
  } finally {
    times[phase] += context.clock.now() - start;
  }
}

function chooseKernel(input: FileInput, context: AnalysisContext, times: Stopwatch): KernelChoice {
  const named = namedKernel(context.config, context.tree);
  if (named !== undefined) return named;
  const { project } = context;
  const unit = timed(context, times, 'load', () => project.unit(input.file, input.text, EVERY_RELEASE));
  const model = catalogueOf(context.config).select(EVERY_RELEASE);
  const { calls } = timed(context, times, 'sites', () => findCalls(unit, model, project));
  const told = versionsTold(input.file, input.text, project.env(EVERY_RELEASE));
  const versions = [...versionsMentioned(input.text), ...told];
  const choice = derivedKernel({ versions, calls });
  return choice.known ? { ...choice, range: withOlder(choice.range, versions, { project, model, input }) } : choice;
}

function findIn(input: FileInput, range: KernelRange, context: AnalysisContext, times: Stopwatch): Found {
  const { project } = context;
  const unit = timed(context, times, 'load', () => project.unit(input.file, input.text, range));
  const selected = catalogueOf(context.config).select(range);
  return timed(context, times, 'sites', () => {
    const { calls, sites } = callsOf(unit, selected, project);
    const flow = sites.some((s) => s.unit === unit) ? flowOf(unit, selected, project) : undefined;
    const record = (site: CallSite): SiteRecord =>
      flow === undefined ? siteRecord(site, selected, project) : recordOf(site, selected, project, flow);
    return { unit, selected, calls, sites, records: sites.map(record) };
  });
}

/** Macros and functions of the file that take pages for their callers, save functions that only this file can call. */
function wrapperNames(found: readonly Found[], { project }: AnalysisContext): readonly WrapperName[] {
  const names = new Map<string, WrapperName>();
  for (const { unit, selected, sites } of found) {
    const inHeader = unit.path.endsWith('.h');
    for (const site of sites) {
      const { fn, macro } = site;
      if (site.unit !== unit || (!inHeader && (macro !== undefined || fn?.isStatic === true))) continue;
      const name = macro?.name ?? fn?.name;
      if (name === undefined || names.has(name)) continue;
      if (wrapperNamed({ unit, model: selected, project }, name) !== undefined) names.set(name, { name, inHeader });
    }
  }
  return [...names.values()].sort((a, b) => compareText(a.name, b.name));
}

/** Runs the rules that are on. */
function check(found: readonly Found[], kernel: KernelChoice, context: AnalysisContext): RawFinding[] {
  const { config } = context;
  const rules = context.rules.filter((rule) => config.rules[rule.name] !== 'off');
  if (rules.length === 0) return [];
  return runRules(rules, passInputs(found, kernel, context)).map(rawFinding);
}

/** What rules may read of each unit of the file. */
function passInputs(found: readonly Found[], kernel: KernelChoice, context: AnalysisContext): readonly PassInput[] {
  const { tree, project } = context;
  return found.map(({ unit, selected, calls, sites, records }): PassInput => {
    const path = tree === undefined ? undefined : within(tree.root, unit.path);
    const known = new Map(sites.map((site, i) => [site, records[i]]));
    const ends = new Map<CallSite, NamedEnd>();
    let near: readonly JudgedSite[] | undefined;
    return {
      unit,
      headers: project.headers(unit),
      get neighbours() {
        return project.cluster(unit);
      },
      fileAt: (other) => project.unitAt(other, unit.range),
      model: selected,
      kernel: unit.range,
      // A range that the code's own tests span was named by nobody.
      kernelKnown: kernel.known && kernel.source !== 'derived',
      entitled: (flag) => path !== undefined && selected.entitled(path, flag),
      sites,
      recordOf: (site) => known.get(site),
      get around() {
        near ??= around(unit, { selected, project, known });
        return near;
      },
      calls,
      entriesAbove: ({ unit: at, fn }) => (fn === undefined ? new Set() : entriesAbove(at, fn, project)),
      namedEnd: (site) => kept(ends, site, () => namedEnd(site, selected, project, flowOf(unit, selected, project))),
      heldByLookup: ({ unit: at, fn, span }) =>
        fn === undefined ? undefined : heldByLookup({ unit: at, fn, offset: span.start }, project),
      mmapAt: ({ unit: at, fn, span }) =>
        fn === undefined
          ? { state: 'unknown', clue: undefined }
          : mmapContext({ unit: at, fn, offset: span.start }, project),
      isReported: (other, knowing) => project.isGiven(other.path) && project.looksAt(other, knowing),
      get flow() {
        return flowOf(unit, selected, project);
      },
      text: (span) => unit.text.slice(span.start, span.end),
    };
  });
}

/** Conversions as plain data. */
function conversions(inputs: readonly PassInput[]): readonly SiteConversion[] {
  return conversionsOf(inputs).map(({ judged: { site }, conversion }) => ({
    location: locate(site.unit, site.nameSpan),
    fix: conversion.kind === 'fix' ? plainFix(conversion.fix) : undefined,
    refused:
      conversion.kind === 'fix'
        ? undefined
        : { location: locate(conversion.at.unit, conversion.at.span), message: conversion.reason },
  }));
}

/** The sites of a unit, its neighbours and the headers of its project with their records, each made when first asked for. */
function around(
  unit: CUnit,
  {
    selected,
    project,
    known,
  }: {
    readonly selected: Model;
    readonly project: Project;
    readonly known: ReadonlyMap<CallSite, SiteRecord | undefined>;
  },
): readonly JudgedSite[] {
  const flow = flowOf(unit, selected, project);
  const members = new Set([unit, ...project.cluster(unit), ...project.headers(unit)]);
  const sites = [...members].flatMap((m) => callsOf(m, selected, project).sites.filter((s) => s.unit === m));
  return sites.map((site) => {
    let record = known.get(site);
    return {
      site,
      get record() {
        record ??= recordOf(site, selected, project, flow);
        return record;
      },
    };
  });
}

/** Summaries of the functions of a name, as text. */
function factsOf(found: readonly Found[], name: string, project: Project): readonly string[] {
  const texts = found.flatMap(({ unit, selected }) => {
    const { summaries } = flowOf(unit, selected, project);
    return unit.functions
      .filter((fn) => fn.name === name)
      .map((fn) => {
        const summary = summaries.get(fn);
        return summary === undefined
          ? `${name}()\n  neither takes pages nor gives back those of an owner\n`
          : summaryText(summary);
      });
  });
  return [...new Set(texts)];
}

/** Functions of the file that path analysis gave up, each once. */
function skippedIn(units: readonly CUnit[]): readonly Skip[] {
  const found = new Map<string, Skip>();
  for (const unit of units) {
    for (const { unit: at, functionName, reason } of flowIfKnown(unit)?.skipped ?? []) {
      if (at === unit) found.set(`${functionName} ${reason}`, { file: unit.path, functionName, reason });
    }
  }
  return [...found.values()].sort(
    (a, b) => compareText(a.functionName, b.functionName) || compareText(a.reason, b.reason),
  );
}

/** Functions that hold a site and a syntax error after preprocessing: what is said of them is uncertain. */
function damagedFunctions(unit: CUnit, sites: readonly CallSite[]): RawFinding[] {
  const functions = new Set(sites.filter((s) => s.unit === unit).map((s) => s.fn));
  return [...functions].flatMap((fn) => {
    if (fn === undefined || !parseFunction(unit, fn).damaged) return [];
    const finding: UnmarkedFinding = {
      rule: 'parse-damaged',
      severity: 'info',
      confidence: 'high',
      message: `${fn.name}() holds code that could not be parsed; findings in it may be missing or wrong`,
      functionName: fn.name,
      location: locate(unit, fn.nameSpan),
      site: undefined,
      related: [],
      fixes: [],
      statement: fn.name,
    };
    return [{ finding, unit, statementLine: finding.location.line }];
  });
}

/** Each once, in the order of the text. */
function inOrder(raw: readonly RawFinding[]): RawFinding[] {
  const sorted = [...raw].sort((a, b) => compareFindings(a.finding, b.finding));
  return sorted.filter((r, i) => {
    const before = sorted[i - 1];
    return before === undefined || compareFindings(before.finding, r.finding) !== 0;
  });
}

const CONFIDENCE: Readonly<Record<Confidence, number>> = { low: 0, medium: 1, high: 2 };

/** Fingerprints, levels, suppression, confidence, order. */
function finish(
  reports: readonly RawFinding[],
  unfinished: ReadonlySet<string>,
  units: readonly CUnit[],
  context: AnalysisContext,
): Pick<FileResult, 'findings' | 'suppressed' | 'silenced' | 'usedIgnores' | 'usedElsewhere'> {
  const { config } = context;
  const raw = inOrder(reports);
  const marked = fingerprint(raw.map((r) => r.finding));
  const candidates = raw.flatMap(({ unit, statementLine }, i) => {
    const finding = levelled(marked[i], config);
    return finding === undefined ? [] : [{ finding, unit, statementLine }];
  });
  const outcome = suppress(candidates, {
    units,
    config,
    ruleNames: context.ruleNames,
    unfinished,
    rulesRan: context.rules.length > 0,
  });
  const own = fingerprint(outcome.own)
    .map((f) => levelled(f, config))
    .filter((f) => f !== undefined);
  const certain = (f: Finding): boolean => CONFIDENCE[f.confidence] >= CONFIDENCE[config.minConfidence];
  const silenced = outcome.silenced.filter((s) => certain(s.finding));
  return {
    findings: [...outcome.kept, ...own].filter(certain).sort(compareFindings),
    suppressed: silenced.length,
    silenced,
    usedIgnores: outcome.usedIgnores,
    usedElsewhere: outcome.usedElsewhere,
  };
}

/** A finding at the level the configuration gives its rule; undefined when that is `off`. */
function levelled(finding: Finding | undefined, config: ResolvedConfig): Finding | undefined {
  if (finding === undefined) return undefined;
  const level = config.rules[finding.rule];
  if (level === undefined) return finding;
  return level === 'off' ? undefined : { ...finding, severity: level satisfies Severity };
}
