/**
 * Which findings a comment or the configuration silences, and which of those silence nothing. One file at a time, after
 * levels are applied: a rule that is off neither reports nor uses up a suppression.
 */
import picomatch from 'picomatch';
import { closest } from '../base/closest.ts';
import type { LineIndex } from '../base/line-index.ts';
import type { Span } from '../base/span.ts';
import type { CUnit } from '../syntax/unit.ts';
import { type Complaint, complaintFinding } from './complaint.ts';
import type { Directive, NamedRule } from './directives.ts';
import type { UnmarkedFinding } from './fingerprint.ts';
import { locate } from './locate.ts';
import { within } from './paths.ts';
import type { Finding, Fix, Level, ResolvedConfig, SilencedFinding } from './protocol.ts';
import { type Candidate, type Silencers, silencersOf } from './silencers.ts';

/** What suppression did to the findings of a file. */
export interface Suppressed {
  readonly kept: readonly Finding[];
  readonly silenced: readonly SilencedFinding[];
  /** Indexes of the configuration's `ignore` entries that silenced something. */
  readonly usedIgnores: readonly number[];
  /** Lines of other files (headers) whose directives silenced something here: `path:line`. */
  readonly usedElsewhere: readonly string[];
  /** unused-suppression and unknown-rule findings of this file, without level or fingerprint. */
  readonly own: readonly UnmarkedFinding[];
}

/** What the file looks like to its directives. */
export interface DirectiveContext {
  /** One unit per set of live branches, all of the same text. */
  readonly units: readonly CUnit[];
  readonly config: ResolvedConfig;
  /** Names of all rules. */
  readonly ruleNames: ReadonlySet<string>;
  /** Functions that were not analysed to the end: suppressions in them are not called unused. */
  readonly unfinished: ReadonlySet<string>;
  /** False when no rule ran, so that nothing is called unused. */
  readonly rulesRan: boolean;
}

/** Sorts findings into kept and silenced, and says which suppressions were needed. */
export function suppress(candidates: readonly Candidate[], context: DirectiveContext): Suppressed {
  const main = context.units[0];
  const known = new Map<string, Silencers>();
  const silencersAt = (unit: CUnit): Silencers => {
    let at = known.get(unit.path);
    if (at === undefined) {
      at = silencersOf(unit.path === main?.path ? context.units : [unit]);
      known.set(unit.path, at);
    }
    return at;
  };
  const used = new Set<NamedRule>();
  const usedElsewhere = new Set<string>();
  const ignores = ignoreMatcher(context.config);
  const usedIgnores = new Set<number>();
  const kept: Finding[] = [];
  const silenced: SilencedFinding[] = [];
  for (const c of candidates) {
    const hits = silencersAt(c.unit).of(c);
    for (const rule of hits) {
      used.add(rule);
      if (c.unit.path !== main?.path) usedElsewhere.add(`${c.unit.path}:${c.unit.lines.at(rule.start).line}`);
    }
    const entries = hits.length === 0 ? ignores(c.finding) : [];
    for (const i of entries) usedIgnores.add(i);
    const [hit] = hits;
    const [entry] = entries;
    if (hit !== undefined)
      silenced.push({ finding: c.finding, by: 'comment', reason: silencersAt(c.unit).reasonOf(hit) });
    else if (entry !== undefined)
      silenced.push({ finding: c.finding, by: 'config', reason: context.config.ignore[entry]?.reason ?? '' });
    else kept.push(c.finding);
  }
  return {
    kept,
    silenced,
    usedIgnores: [...usedIgnores].sort((a, b) => a - b),
    usedElsewhere: [...usedElsewhere].sort(),
    own: main === undefined ? [] : complaints(main, silencersAt(main), used, context),
  };
}

/** Which entries of the configuration speak of a finding. */
function ignoreMatcher(config: ResolvedConfig): (finding: Finding) => number[] {
  const { directory, ignore } = config;
  if (directory === undefined || ignore.length === 0) return () => [];
  const tests = ignore.map((e) => (e.path === undefined ? () => true : picomatch(e.path, { dot: true })));
  return (finding) => {
    const path = within(directory, finding.location.file);
    return ignore.flatMap((entry, i) => {
      const speaks =
        entry.rule === finding.rule &&
        (entry.functionName === undefined || entry.functionName === finding.functionName) &&
        tests[i]?.(path) === true;
      return speaks ? [i] : [];
    });
  };
}

/** The findings about the directives themselves. */
function complaints(
  unit: CUnit,
  silencers: Silencers,
  used: ReadonlySet<NamedRule>,
  context: DirectiveContext,
): UnmarkedFinding[] {
  const found: UnmarkedFinding[] = [];
  const unused = (span: Span, message: string, fixes: readonly Fix[] = []): void => {
    found.push(own(unit, { rule: 'unused-suppression', span, message, fixes }));
  };
  for (const d of silencers.directives) {
    if (d.rules.length === 0) {
      unused(d.span, 'this suppression names no rule and has no effect: write the rule and `-- reason`');
    } else if (d.reason === '') {
      unused(d.span, 'this suppression gives no reason and has no effect: end it with `-- reason`');
    }
    for (const rule of d.rules) {
      if (!context.ruleNames.has(rule.name)) found.push(unknownRule(unit, rule, context.ruleNames));
      else if (
        d.reason !== '' &&
        !used.has(rule) &&
        isUnused(unit, d, rule, { ...context, functionOf: silencers.functionOf })
      ) {
        unused(rule, `nothing here is reported as ${rule.name}`, [removal(unit, d, rule)]);
      }
    }
  }
  return found;
}

/** Whether all of what a directive speaks of was looked at, with the rule on. */
function isUnused(
  unit: CUnit,
  d: Directive,
  rule: NamedRule,
  context: DirectiveContext & Pick<Silencers, 'functionOf'>,
): boolean {
  const level: Level | undefined = context.config.rules[rule.name];
  if (!context.rulesRan || level === 'off') return false;
  if (d.kind === 'file') return context.unfinished.size === 0;
  const span = d.kind === 'function' ? context.functionOf(d) : lineSpan(unit.lines, d.targetLine);
  if (span === undefined) return true;
  const empty = unit.text.slice(span.start, span.end).trim() === '';
  const live = empty || context.units.some((u) => u.code.slice(span.start, span.end).trim() !== '');
  const name = unit.functions.find((f) => f.span.start < span.end && span.start < f.span.end)?.name;
  return live && (name === undefined || !context.unfinished.has(name));
}

function lineSpan(lines: LineIndex, line: number): Span {
  return { start: lines.lineStart(line), end: lines.lineStart(line + 1) };
}

function own(unit: CUnit, complaint: Complaint): UnmarkedFinding {
  const { start, end } = complaint.span;
  const around = unit.functions.find((f) => f.span.start <= start && end <= f.span.end);
  const { path, lines } = unit;
  const statement = unit.text.slice(start, end);
  return complaintFinding({ path, lines, functionName: around?.name ?? '', statement }, complaint);
}

function unknownRule(unit: CUnit, rule: NamedRule, names: ReadonlySet<string>): UnmarkedFinding {
  const meant = closest(rule.name, names);
  const fixes: Fix[] =
    meant === undefined
      ? []
      : [
          {
            title: `write ${meant}`,
            applicability: 'safe',
            edits: [{ location: locate(unit, rule), newText: meant }],
          },
        ];
  const hint = meant === undefined ? 'guplint rules lists them all' : `did you mean ${meant}?`;
  return own(unit, { rule: 'unknown-rule', span: rule, message: `there is no rule '${rule.name}': ${hint}`, fixes });
}

/** Takes one rule out of a directive, or the whole comment when it holds nothing else. */
function removal(unit: CUnit, d: Directive, rule: NamedRule): Fix {
  const title = `remove the suppression of ${rule.name}`;
  const index = d.rules.indexOf(rule);
  const next = d.rules[index + 1];
  const before = d.rules[index - 1];
  if (next !== undefined) return fix(unit, title, { start: rule.start, end: next.start });
  if (before !== undefined) return fix(unit, title, { start: before.end, end: rule.end });
  const outside = unit.text.slice(d.comment.start, d.span.start) + unit.text.slice(d.span.end, d.comment.end);
  if (/[^\s/*]/.test(outside)) return fix(unit, title, d.span);
  if (d.alone) {
    const first = unit.lines.at(d.comment.start).line;
    const last = unit.lines.at(d.comment.end - 1).line;
    return fix(unit, title, { start: unit.lines.lineStart(first), end: unit.lines.lineStart(last + 1) });
  }
  let start = d.comment.start;
  while (start > 0 && /[ \t]/.test(unit.text.charAt(start - 1))) start--;
  const atLineEnd = /^[ \t]*(?:\r?\n|$)/.test(unit.text.slice(d.comment.end, d.comment.end + 80));
  return fix(unit, title, { start: atLineEnd ? start : d.comment.start, end: d.comment.end });
}

function fix(unit: CUnit, title: string, span: Span): Fix {
  return { title, applicability: 'safe', edits: [{ location: locate(unit, span), newText: '' }] };
}
