/**
 * From clues to a case, a lifetime and an access set: points are added, the highest case wins, confidence is its share of the odds.
 * Transparent on purpose: no weight but those that the clues carry, and the few here that join lifetime and case.
 */
import type { AccessKind, CaseId, Clue } from '../evidence/clue.ts';

/** A case with its share of the odds, 0 to 1. */
export interface RankedCase {
  readonly case: CaseId;
  readonly confidence: number;
}

/** What the clues come to. */
export interface Verdict {
  /** Best first; shares below 0.05 are left out but for the first. */
  readonly cases: readonly [RankedCase, ...RankedCase[]];
  readonly lifetime: 'short' | 'long' | 'unknown';
  readonly access: readonly (AccessKind | 'unknown')[];
}

const CASES: readonly CaseId[] = [0, 1, 2, 3, 4, 5];

/** Points that a lifetime adds: case 1 and 5 are short by definition, case 2 is long; struct page alone needs no long hold. */
const BY_LIFETIME: Readonly<Record<'short' | 'long', Readonly<Partial<Record<CaseId, number>>>>> = {
  short: { 1: 1, 5: 1, 2: -1.5 },
  long: { 2: 2, 1: -2, 5: -2, 4: -2 },
};

/** Case 3 is that a notifier is registered. */
const WITHOUT_NOTIFIER: Readonly<Partial<Record<CaseId, number>>> = { 3: -1.5 };

/** More certain than this no heuristic is. */
const MAX_CONFIDENCE = 0.97;

/** Points by which one lifetime must lead. */
const LIFETIME_LEAD = 0.5;

/** Adds the clues up. */
export function judge(clues: readonly Clue[]): Verdict {
  const lifetime = lifetimeOf(clues);
  const points = new Map<CaseId, number>(CASES.map((c) => [c, 0]));
  const add = (from: Readonly<Partial<Record<CaseId, number>>> | undefined): void => {
    for (const c of CASES) points.set(c, (points.get(c) ?? 0) + (from?.[c] ?? 0));
  };
  for (const clue of clues) add(clue.cases);
  if (lifetime !== 'unknown') add(BY_LIFETIME[lifetime]);
  if (!clues.some((c) => c.kind === 'notifier')) add(WITHOUT_NOTIFIER);
  const odds = CASES.map((c) => ({ case: c, odds: Math.exp(points.get(c) ?? 0) }));
  const sum = odds.reduce((s, o) => s + o.odds, 0);
  const ranked = odds
    .map(
      (o): RankedCase => ({
        case: o.case,
        confidence: Math.min(MAX_CONFIDENCE, Math.round((o.odds / sum) * 100) / 100),
      }),
    )
    .sort((a, b) => b.confidence - a.confidence);
  const [best = { case: 0, confidence: 0 } as const, ...others] = ranked;
  return { cases: [best, ...others.filter((o) => o.confidence >= 0.05)], lifetime, access: accessOf(clues, best.case) };
}

function lifetimeOf(clues: readonly Clue[]): Verdict['lifetime'] {
  const short = clues.reduce((s, c) => s + (c.lifetime?.short ?? 0), 0);
  const long = clues.reduce((s, c) => s + (c.lifetime?.long ?? 0), 0);
  if (Math.abs(short - long) < LIFETIME_LEAD) return 'unknown';
  return short > long ? 'short' : 'long';
}

/** A device's accesses cover those of the CPU that prepares them; none stands alone, and is no guess in a case that is about the data. */
function accessOf(clues: readonly Clue[], best: CaseId): Verdict['access'] {
  const seen = clues.flatMap((c) => c.access ?? []);
  const guesses = clues.flatMap((c) => c.guess ?? []).map((g) => (g === 'none' && best === 2 ? 'dma' : g));
  const kinds = new Set(seen.length > 0 ? seen : guesses);
  if (kinds.size === 0) return ['unknown'];
  if (kinds.has('dma')) return ['dma'];
  if (kinds.size > 1) kinds.delete('none');
  return [...kinds].sort();
}
