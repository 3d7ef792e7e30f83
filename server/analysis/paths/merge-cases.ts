/** The cases of a summary that are one to its callers, and how two become one. */
import { hashText, type Interval, isNoPageKey, TOP } from '../../flow/value.ts';
import type { Description, SummaryCase } from './summary.ts';

/** Cases a summary keeps apart; more are merged by their resources. */
const MAX_CASES = 12;

/** At most as many cases as a summary holds; `all`: whether none had to be left out. */
export function boundedCases(cases: readonly SummaryCase[]): {
  readonly list: readonly SummaryCase[];
  readonly all: boolean;
} {
  let list = groupCases(cases, (c) => `${caseKey(c)}|${requiresKey(c)}`);
  if (list.length > MAX_CASES) list = groupCases(list, caseKey);
  if (list.length <= MAX_CASES) return { list, all: true };
  return { list: [...list].sort((a, b) => weight(b) - weight(a)).slice(0, MAX_CASES), all: false };
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
  const equal = c.oneOf.map((o) => `${o.key}=${o.constants.join('/')}`).join();
  return (
    equal +
    c.requires
      .map(
        (r) =>
          `${r.key}${r.nonzero ? '!' : ''}${r.interval.high < 0 ? '-' : r.interval.low > 0 ? '+' : r.interval.high === 0 ? '0' : ''}`,
      )
      .sort()
      .join()
  );
}

function weight(c: SummaryCase): number {
  return c.resources.length * 10 + c.events.length;
}

/** Cases that differ in nothing a caller asks for are one. */
function caseKey(c: SummaryCase): string {
  const sign =
    c.returns.high < 0
      ? '-'
      : c.returns.low > 0
        ? '+'
        : c.returns.low === 0 && c.returns.high === 0
          ? '0'
          : c.nonzero
            ? '!'
            : '?';
  const resources = c.resources.map((r) => `${r.id}${r.dirtied ? 'd' : ''}`).join();
  const events = c.events
    .filter((e) => e.kind !== 'unmap')
    .map((e) => `${e.kind}${e.path}${e.api}${e.dirties}`)
    .sort()
    .join();
  const handles = c.writes
    .flatMap((w) => (holdsPages(w) ? [`${w.place}=${provOf(w.value).join('+') || keyOf(w.value)}`] : []))
    .sort()
    .join();
  const { result } = c;
  const named = result.kind !== 'made' ? '' : isNoPageKey(result.key) ? result.key : (result.from ?? '');
  return [sign, named, resources, events, handles, c.locksTaken.map(([k]) => k).join()].join('|');
}

/** Whether a write leaves a way to pages: those taken inside, or those that came in as an argument. */
function holdsPages(w: SummaryCase['writes'][number]): boolean {
  return (
    w.place.startsWith('g:published') ||
    provOf(w.value).length > 0 ||
    (w.value.kind === 'made' && w.value.key.startsWith('heap')) ||
    (w.value.kind === 'entry' && /^arg\d+(?!.*\.)/.test(w.value.key))
  );
}

function mergeCases(a: SummaryCase, b: SummaryCase): SummaryCase {
  return {
    ...a,
    returns: hull(a.returns, b.returns),
    nonzero: a.nonzero === true && b.nonzero === true ? true : undefined,
    result: mergeDescriptions(a.result, b.result),
    requires: a.requires.filter((r) =>
      b.requires.some((q) => q.key === r.key && q.nonzero === r.nonzero && sameInterval(q.interval, r.interval)),
    ),
    relations: a.relations.filter((r) =>
      b.relations.some((q) => q.key === r.key && q.constant === r.constant && q.mask === r.mask),
    ),
    oneOf: a.oneOf.flatMap((o) => {
      const other = b.oneOf.find((q) => q.key === o.key);
      return other === undefined
        ? []
        : [{ key: o.key, constants: [...new Set([...o.constants, ...other.constants])].sort() }];
    }),
    counts: a.counts.flatMap(({ id, mask }) => {
      const other = b.counts.find((c) => c.id === id);
      return other === undefined ? [] : [{ id, mask: mask | other.mask }];
    }),
    resources: a.resources.map((r) =>
      r.left === true && b.resources.some((q) => q.id === r.id && q.left !== true) ? { ...r, left: false } : r,
    ),
    writes: mergeWrites(a.writes, b.writes),
    dropped: a.dropped || b.dropped,
  };
}

function mergeDescriptions(a: Description, b: Description): Description {
  if (sameDescription(a, b)) return a;
  const key = `${keyOf(a)}~${keyOf(b)}`;
  return {
    kind: 'made',
    key: key.length > 60 ? `mix${hashText(key)}` : key,
    prov: [...new Set([...provOf(a), ...provOf(b)])],
    interval: hull(rangeOfDescription(a), rangeOfDescription(b)),
  };
}

function sameInterval(a: Interval, b: Interval): boolean {
  return a.low === b.low && a.high === b.high;
}

function sameDescription(a: Description, b: Description): boolean {
  if (a === b) return true;
  if (a.kind === 'int') return b.kind === 'int' && a.value === b.value;
  if (a.kind === 'entry') return b.kind === 'entry' && a.key === b.key;
  return (
    b.kind === 'made' && a.key === b.key && a.prov.join() === b.prov.join() && sameInterval(a.interval, b.interval)
  );
}

function rangeOfDescription(d: Description): Interval {
  return d.kind === 'int' ? { low: d.value, high: d.value } : d.kind === 'made' ? d.interval : TOP;
}

/** A place that only one of two cases writes may hold either what was there or what was written. */
function mergeWrites(a: SummaryCase['writes'], b: SummaryCase['writes']): SummaryCase['writes'] {
  const out: SummaryCase['writes'][number][] = [];
  const other = new Map(b.map((w) => [w.place, w]));
  for (const w of a) {
    const q = other.get(w.place);
    other.delete(w.place);
    out.push(q === undefined ? maybeWritten(w) : { ...w, value: mergeDescriptions(w.value, q.value) });
  }
  for (const q of other.values()) out.push(maybeWritten(q));
  return out;
}

function maybeWritten(w: SummaryCase['writes'][number]): SummaryCase['writes'][number] {
  if (holdsPages(w)) return w;
  return {
    ...w,
    value: mergeDescriptions(w.value, {
      kind: 'made',
      key: `${w.place.replace(/[.[]/g, '-')}?`,
      prov: [],
      interval: TOP,
    }),
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
