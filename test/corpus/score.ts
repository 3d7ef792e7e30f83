/** How reported sites compare with their labels: one yes or no a question, and counts of them. */
import type { Label, Pair, Pairing } from './labels.ts';

/** Questions asked of each labelled site. */
export const QUESTIONS = [
  'found',
  'function',
  'flags text',
  'case primary',
  'case acceptable',
  'lifetime',
  'access',
  'releases',
  'release kind',
  'case rules',
] as const;

/** One of them. */
export type Question = (typeof QUESTIONS)[number];

/** Yes, no, or not asked (the label does not say, or an earlier answer makes it moot). */
export type Answer = 'yes' | 'no' | 'not asked';

/** The answers for one labelled site. */
export type Answers = Readonly<Record<Question, Answer>>;

/** How often a question was answered with yes, of those asked. */
export interface Tally {
  readonly question: Question;
  readonly yes: number;
  readonly asked: number;
}

function answer(yes: boolean): Answer {
  return yes ? 'yes' : 'no';
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return [...a].sort().join() === [...b].sort().join();
}

/** Whether any release that the label names was reported; a label without releases asks for none. */
function releasesFound(label: Label, site: NonNullable<Pair['site']>): Answer {
  // Helpers that give back what their callers were handed: the label names no function of the code.
  const named = label.releases.filter((r) => /^\w+$/.test(r.function));
  if (label.releases.length > 0 && named.length === 0) return 'not asked';
  if (named.length === 0) return answer(site.releases.length === 0);
  return answer(
    named.some((r) =>
      site.releases.some(
        (s) => s.location.file === r.file && s.functionName === r.function && r.api.split(/\W+/).includes(s.api),
      ),
    ),
  );
}

/** Answers for one pair. */
export function answers({ label, site, asked }: Pair): Answers {
  const none = Object.fromEntries(QUESTIONS.map((q) => [q, 'no'])) as Record<Question, Answer>;
  if (site === undefined) return none;
  const kinds = site.releases.map((r) => r.matches);
  return {
    found: 'yes',
    function: answer(site.functionName === label.function),
    'flags text': answer(site.flags.text.replace(/\s/g, '') === (label.flags ?? '').replace(/\s/g, '')),
    'case primary': answer(site.case === label.case),
    'case acceptable': answer(label.acceptable_cases.includes(site.case)),
    lifetime: answer(site.lifetime === label.lifetime),
    access: answer(label.access.some((set) => sameSet(set, site.access))),
    releases: releasesFound(label, site),
    'release kind':
      kinds.length === 0 || label.release_matches === 'unknown'
        ? 'not asked'
        : answer(kinds.every((k) => k) === label.release_matches),
    'case rules':
      asked === undefined || typeof label.should_convert !== 'boolean'
        ? 'not asked'
        : answer(asked === label.should_convert),
  };
}

/** The counts over all labels. */
export function tally(pairing: Pairing): Tally[] {
  const all = pairing.pairs.map(answers);
  return QUESTIONS.map((question) => {
    const asked = all.filter((a) => a[question] !== 'not asked');
    return { question, yes: asked.filter((a) => a[question] === 'yes').length, asked: asked.length };
  });
}
