/**
 * The function that undoes another, by its name: `drv_lock_pages` and `drv_unlock_pages`. Where pages leave a function for callers out
 * of sight, the one of the opposite name beside it is where they come back.
 */
import type { Model } from '../../../model/index.ts';
import type { FunctionDef } from '../../syntax/unit.ts';
import { callsIn } from '../calls/call-index.ts';
import type { NameScope } from '../calls/names.ts';
import { holdsIn } from '../calls/row-range.ts';
import type { ProjectView } from '../project-view.ts';
import { mayGiveBack } from '../sites/hold-kind.ts';
import type { CallSite } from '../sites/site.ts';
import { apiOf } from '../traces/trace-reach.ts';
import type { FoundRelease } from './releases.ts';
import { inWords } from './words.ts';

/** Words that name opposite ends of one thing. */
const OPPOSITES: readonly (readonly [string, string])[] = [
  ['lock', 'unlock'],
  ['map', 'unmap'],
  ['pin', 'unpin'],
  ['get', 'put'],
  ['get', 'release'],
  ['get', 'free'],
  ['alloc', 'free'],
  ['acquire', 'release'],
  ['start', 'end'],
  ['start', 'stop'],
  ['begin', 'end'],
  ['setup', 'teardown'],
  ['setup', 'cleanup'],
  ['prepare', 'cleanup'],
  ['prepare', 'unprepare'],
  ['create', 'destroy'],
  ['create', 'free'],
  ['make', 'free'],
  ['init', 'fini'],
  ['init', 'exit'],
  ['init', 'release'],
  ['attach', 'detach'],
  ['register', 'unregister'],
  ['register', 'deregister'],
  ['reg', 'dereg'],
  ['populate', 'unpopulate'],
];

/** Releases of the site's kind in the functions beside its own whose names are the opposite. */
export function pairedReleases(site: CallSite, model: Model, project: ProjectView): readonly FoundRelease[] {
  const { unit, fn } = site;
  if (fn === undefined) return [];
  const names = opposites(fn.name);
  if (names.size === 0) return [];
  return [unit, ...project.cluster(unit)].flatMap((from) =>
    from.functions
      .filter((f) => names.has(inWords(f.name)) && (from === unit || !f.isStatic))
      .flatMap((f) => releasesIn(site, { unit: from, model, project }, f)),
  );
}

/**
 * Says of names whether they undo a function of one name: `foo_pin_bar` is undone by `foo_unpin_bar`, and by `unpin_bar`: who leaves
 * words out in front still says what is undone, and of what.
 */
export function pairedNames(name: string): (other: string) => boolean {
  const names = opposites(name);
  return (other) => {
    const words = inWords(other);
    return names.has(words) || [...names].some((n) => n.endsWith(`_${words}`) && isAboutSomething(words));
  };
}

/** Whether a name says what is to be done and of what. */
function isAboutSomething(words: string): boolean {
  return OPPOSITES.some(([, fro]) => new RegExp(`(?:^|_)${fro}_[a-z]`).test(words));
}

/** The names, in words, of functions that would undo one of this name. */
function opposites(name: string): ReadonlySet<string> {
  const words = inWords(name).split('_');
  const out = new Set<string>();
  words.forEach((word, i) => {
    for (const [to, fro] of OPPOSITES)
      if (word === to) out.add([...words.slice(0, i), fro, ...words.slice(i + 1)].join('_'));
  });
  return out;
}

function releasesIn(site: CallSite, scope: NameScope, fn: FunctionDef): FoundRelease[] {
  const { unit, model } = scope;
  const found: FoundRelease[] = [];
  for (const [called, calls] of callsIn(unit, fn)) {
    const name = apiOf(scope, called) ?? called;
    const rows = model.rows(name).filter((r) => r.family === 'release' && holdsIn(r, site.active));
    if (rows.length === 0) continue;
    const kinds = rows.flatMap((r) =>
      r.effects.flatMap((e) => (e.op === 'release' ? [e.ref ?? r.reference ?? 'either'] : [])),
    );
    const matches = kinds.every((k) => mayGiveBack(site.reference, k));
    if (matches) for (const node of calls) found.push({ unit, fn, node, api: name, matches, by: 'name' });
  }
  return found;
}
