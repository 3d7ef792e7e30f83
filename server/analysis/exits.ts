/** What the ends of a function's paths say: leaks, pages held by owners, and the function's summary. */
import { intervalOf } from '../flow/facts.ts';
import { type Interval, TOP, type Value } from '../flow/value.ts';
import { truth } from './evaluate.ts';
import type { Exit } from './execute.ts';
import { type Frame, isShort, mayBeHeld, reportProblem, stepAt, trailSteps } from './frame.ts';
import { isEntryKey, type PathState } from './path-state.ts';
import { type Handle, ownerOfPlace, reachable } from './reachability.ts';
import type { Resource, Step } from './resource.ts';
import { type Description, isEffective, type Summary, type SummaryCase } from './summary.ts';

/** Cases a summary keeps apart; more are merged by their resources. */
const MAX_CASES = 12;
/** Writes a case carries at most; those with pages come first. */
const MAX_WRITES = 40;

/** Evaluates all exits of a function: reports leaks into the frame and builds the summary. */
export function summarize(frame: Frame, exits: readonly Exit[], complete: boolean): Summary {
  const cases: SummaryCase[] = [];
  for (const exit of exits) {
    const reach = reachable(exit.state, exit.value);
    const kept: Resource[] = [];
    for (const r of exit.state.resources.values()) {
      frame.ends.push({ origin: r.origin, hold: r.hold.kind, dirtied: r.dirtied !== undefined });
      if (r.hold.kind !== 'held' || !mayBeHeld(exit.state, r)) continue;
      const handles = reach.get(r.id);
      if (handles === undefined) reportLeak(frame, exit, r);
      else {
        kept.push(r);
        noteHeld(frame, exit, r, handles);
      }
    }
    cases.push(caseOf(exit, kept));
  }
  let list = groupCases(cases, (c) => `${caseKey(c)}|${requiresKey(c)}`);
  if (list.length > MAX_CASES) list = groupCases(list, caseKey);
  const bounded = list.length <= MAX_CASES ? list : [...list].sort((a, b) => weight(b) - weight(a)).slice(0, MAX_CASES);
  return {
    name: frame.fn.name,
    cases: bounded,
    effective: bounded.some(isEffective),
    complete: complete && bounded.length === list.length,
  };
}

function groupCases(cases: readonly SummaryCase[], key: (c: SummaryCase) => string): SummaryCase[] {
  const groups = new Map<string, SummaryCase>();
  for (const c of cases) {
    const old = groups.get(key(c));
    groups.set(key(c), old === undefined ? c : mergeCases(old, c));
  }
  return [...groups.values()];
}

function requiresKey(c: SummaryCase): string {
  return c.requires
    .map(
      (r) =>
        `${r.key}${r.nonzero ? '!' : ''}${r.interval.high < 0 ? '-' : r.interval.low > 0 ? '+' : r.interval.high === 0 ? '0' : ''}`,
    )
    .sort()
    .join();
}

function weight(c: SummaryCase): number {
  return c.resources.length * 10 + c.events.length;
}

function reportLeak(frame: Frame, exit: Exit, r: Resource): void {
  const s = exit.state;
  const steps: Step[] = [...r.origin.chain, ...trailSteps(s)];
  if (r.lost !== undefined) steps.push(r.lost);
  const sure = !s.facts.dropped && frame.cfg.gaps.length === 0;
  reportProblem(frame, {
    kind: isShort(s, r) ? 'partial-pin-leaked' : 'pin-leaked',
    step: stepAt(frame, exit.span, 'returns here with the pages still held'),
    functionName: frame.fn.name,
    resource: r,
    steps,
    confidence:
      r.maybeTaken !== undefined || (r.reference === 'either' && !isPinned(s, r)) ? 'low' : sure ? 'high' : 'medium',
    detail: r.maybeTaken?.text ?? '',
  });
}

/** Whether the path has asked and knows that the iterator gives pins. */
function isPinned(s: PathState, r: Resource): boolean {
  return r.guards.some((g) => s.facts.nonzero.has(g) || (s.facts.intervals.get(g)?.low ?? 0) > 0);
}

function noteHeld(frame: Frame, exit: Exit, r: Resource, handles: readonly Handle[]): void {
  for (const h of handles) {
    if (h.owner === undefined) continue;
    frame.held.push({
      origin: r.origin,
      resource: r,
      owner: h.owner,
      path: h.place,
      functionName: frame.fn.name,
      onSuccess: succeeds(exit.state, exit.value),
    });
  }
}

/** Whether a result tells the caller that all went well, as far as known. */
function succeeds(s: PathState, v: Value | undefined): boolean {
  return v === undefined || intervalOf(s.facts, v).high >= 0;
}

function caseOf(exit: Exit, kept: readonly Resource[]): SummaryCase {
  const s = exit.state;
  const ids = new Set(kept.map((r) => r.id));
  return {
    returns: exit.value === undefined ? TOP : intervalOf(s.facts, exit.value),
    result:
      exit.value === undefined ? { kind: 'made', key: 'void', prov: [], interval: TOP } : describe(s, exit.value, ids),
    requires: requirements(s),
    writes: writesOf(s, ids),
    events: s.events,
    resources: kept,
    locksTaken: [...s.locks.entries()],
    dropped: s.facts.dropped,
  };
}

function describe(s: PathState, v: Value, ids: ReadonlySet<string>): Description {
  if (v.kind === 'int') return { kind: 'int', value: v.value };
  if (v.kind === 'symbol' && v.path !== undefined && v.path === v.key) return { kind: 'entry', key: v.key };
  return { kind: 'made', key: v.key, prov: v.prov.filter((id) => ids.has(id)), interval: intervalOf(s.facts, v) };
}

/** Entry values whose interval or truth the path depends on. */
function requirements(s: PathState): SummaryCase['requires'] {
  const out: { key: string; interval: Interval; nonzero: boolean }[] = [];
  for (const [key, interval] of s.facts.intervals) {
    if (
      (/^arg\d+$/.test(key) || (isEntryKey(key) && key.endsWith('@'))) &&
      (interval.low > Number.NEGATIVE_INFINITY || interval.high < Number.POSITIVE_INFINITY)
    ) {
      out.push({ key, interval, nonzero: s.facts.nonzero.has(key) });
    }
  }
  for (const key of s.facts.nonzero) {
    if ((/^arg\d+$/.test(key) || (isEntryKey(key) && key.endsWith('@'))) && !s.facts.intervals.has(key))
      out.push({ key, interval: TOP, nonzero: true });
  }
  return out.slice(0, 12);
}

function writesOf(s: PathState, ids: ReadonlySet<string>): SummaryCase['writes'] {
  const out: { place: string; value: Description; tag: string | undefined }[] = [];
  for (const [place, v] of s.env) {
    if (place.startsWith('l:') || place.startsWith('t:') || v.key === `${place}@` || place.startsWith('g:published'))
      continue;
    const value = describe(s, v, ids);
    const pages = value.kind === 'made' && value.prov.length > 0;
    if (!isEntryKey(place) && !pages && !place.startsWith('heap')) continue;
    out.push({ place, value, tag: ownerOfPlace(s, place)?.tag });
  }
  const hasPages = (w: { value: Description }): number => (w.value.kind === 'made' && w.value.prov.length > 0 ? 0 : 1);
  return out.sort((a, b) => hasPages(a) - hasPages(b)).slice(0, MAX_WRITES);
}

/** Cases that differ in nothing a caller asks for are one. */
function caseKey(c: SummaryCase): string {
  const sign =
    c.returns.high < 0 ? '-' : c.returns.low > 0 ? '+' : c.returns.low === 0 && c.returns.high === 0 ? '0' : '?';
  const resources = c.resources.map((r) => `${r.id}${r.dirtied ? 'd' : ''}`).join();
  const events = c.events
    .map((e) => `${e.kind}${e.path}${e.api}${e.dirties}`)
    .sort()
    .join();
  const handles = c.writes
    .flatMap((w) => (holdsPages(w) ? [`${w.place}=${provOf(w.value).join('+') || keyOf(w.value)}`] : []))
    .sort()
    .join();
  return [sign, resources, events, handles, c.locksTaken.map(([k]) => k).join()].join('|');
}

/** Whether a write leaves a way to pages: those taken inside, or those that came in as an argument. */
function holdsPages(w: SummaryCase['writes'][number]): boolean {
  return (
    w.place.startsWith('g:published') ||
    provOf(w.value).length > 0 ||
    (w.value.kind === 'entry' && /^arg\d+(?!.*\.)/.test(w.value.key))
  );
}

function mergeCases(a: SummaryCase, b: SummaryCase): SummaryCase {
  const same = (x: SummaryCase['writes'][number]) =>
    b.writes.some((y) => y.place === x.place && JSON.stringify(y.value) === JSON.stringify(x.value));
  const result: Description =
    JSON.stringify(a.result) === JSON.stringify(b.result)
      ? a.result
      : {
          kind: 'made',
          key: `${keyOf(a.result)}~${keyOf(b.result)}`.slice(0, 80),
          prov: [...new Set([...provOf(a.result), ...provOf(b.result)])],
          interval: hull(a.returns, b.returns),
        };
  return {
    ...a,
    returns: hull(a.returns, b.returns),
    result,
    requires: a.requires.filter((r) =>
      b.requires.some(
        (q) =>
          q.key === r.key &&
          q.interval.low === r.interval.low &&
          q.interval.high === r.interval.high &&
          q.nonzero === r.nonzero,
      ),
    ),
    writes: a.writes.filter((w) => same(w) || holdsPages(w)),
    dropped: a.dropped || b.dropped,
  };
}

function keyOf(d: Description): string {
  return d.kind === 'int' ? `#${d.value}` : d.key;
}

function provOf(d: Description): readonly string[] {
  return d.kind === 'made' ? d.prov : [];
}

function hull(a: Interval, b: Interval): Interval {
  return { low: Math.min(a.low, b.low), high: Math.max(a.high, b.high) };
}

/** Whether a result is known to be true on this path; for callers that test a boolean. */
export function isTrue(s: PathState, v: Value): boolean | undefined {
  return truth(s, v);
}
