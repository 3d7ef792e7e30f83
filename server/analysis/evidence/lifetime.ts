/** How long the pages are held: until the function returns, or until something later gives them back. */
import type { Model } from '../../../model/index.ts';
import type { Span } from '../../base/span.ts';
import type { CUnit, FunctionDef } from '../../syntax/unit.ts';
import type { HeldFact } from '../paths/flow-problem.ts';
import type { ProjectView } from '../project-view.ts';
import type { CallSite } from '../sites/site.ts';
import type { TraceKind } from '../traces/trace-reach.ts';
import type { PageTrace } from '../traces/traces.ts';
import { codeOf } from '../trees.ts';
import type { Clue } from './clue.ts';
import { isOnError } from './error-path.ts';
import { foundAgainClues } from './found-again.ts';
import { notifierClues } from './notified.ts';
import { AcquireChain, areSeparate, COMMAND, type Reach, reachesOf } from './reached.ts';
import type { FoundRelease } from './releases.ts';
import { isQuestion } from './words.ts';

/** Functions and fields that charge pinned memory to a user (linux/mm.h; mm_struct.pinned_vm). */
const ACCOUNTING = /\b(?:account_locked_vm|__account_locked_vm|pinned_vm|RLIMIT_MEMLOCK)\b/;

/** Releases that are looked at for one site. */
const MAX_RELEASES = 50;

const accountingCache = new WeakMap<CUnit['version'], Span | undefined>();

/** Where a file charges pinned memory to a user, if it does. Cached by unit. */
function accountingIn(unit: CUnit): Span | undefined {
  if (!accountingCache.has(unit.version)) {
    const m = ACCOUNTING.exec(unit.code);
    accountingCache.set(unit.version, m === null ? undefined : { start: m.index, end: m.index + m[0].length });
  }
  return accountingCache.get(unit.version);
}

/** What a site is looked at in. */
interface Around {
  readonly model: Model;
  readonly project: ProjectView;
  /** Where path analysis saw the pages held as functions return. */
  readonly held: readonly HeldFact[];
}

/** The clues of lifetime. `releases` are all that were found of the site. */
export function lifetimeClues(
  site: CallSite,
  trace: PageTrace,
  releases: readonly FoundRelease[],
  { model, project, held }: Around,
): Clue[] {
  const { unit, fn } = site;
  if (fn === undefined || site.reference === 'none') return [];
  const real = releases.slice(0, MAX_RELEASES).filter((r) => !isOnError(site, r));
  const apart = real.filter((r) => r.fn === fn && site.node !== undefined && areSeparate(r, site.node));
  const here = real.filter((r) => r.fn === fn && !apart.includes(r));
  const elsewhere = real.filter((r) => r.fn !== fn);
  const keeps = trace.pages !== undefined && (trace.fields.size > 0 || trace.events.some((e) => e.kind === 'stored'));
  const clues: Clue[] = [];
  const [first] = here;
  const lent = !keeps && trace.handedOut === 'no';
  const chain = new AcquireChain(site, model, project);
  const ways = waysTo(fittingFirst(site, elsewhere, model), chain);
  const returns = lent && ways.get('chain')?.reach.where === fn.name;
  if (returns) for (const kind of [...ways.keys()]) if (kind !== 'chain') ways.delete(kind);
  const reached = reachClues(site, ways, returns && trace.complete && !leavesTraces(trace));
  if (first !== undefined) {
    // A function that has gone well and keeps the pages in an object gives them back on other paths.
    const keptIn = held.find((h) => h.onSuccess && h.functionName === fn.name && h.owner.tag !== undefined);
    const text =
      keptIn === undefined
        ? `${first.api}() gives the pages back before ${fn.name}() returns`
        : `${first.api}() gives the pages back where struct ${keptIn.owner.tag ?? ''}.${keptIn.owner.field} does not keep them`;
    const short = keptIn !== undefined ? 0 : reached.length === 0 ? 2.5 : 1.2;
    clues.push({ kind: 'release', ...place(first), text, lifetime: { short } });
  }
  clues.push(...reached);
  if (apart[0] !== undefined) {
    const text = `${apart[0].api}() gives the pages back in another command of ${fn.name}()`;
    clues.push({ kind: 'release', ...place(apart[0]), text, lifetime: { long: 1.5 } });
  }
  if (elsewhere.length === 0 && first === undefined && lent) {
    const text = `the pages stay in variables of ${fn.name}()`;
    clues.push({ kind: 'local', unit, span: site.nameSpan, text, lifetime: { short: 1.5 }, cases: { 2: -1 } });
  }
  if (clues.length === 0 && trace.handedOut === 'open') {
    const text = `${fn.name}() keeps nothing itself`;
    clues.push({ kind: 'local', unit, span: site.nameSpan, text, lifetime: { short: 0.6 } });
  }
  if (real.length === 0) clues.push(...keptForGoodClues(site, trace, held));
  if (trace.pages !== undefined) clues.push(...foundAgainClues(site, codeOf(unit, trace.pages)));
  if (!returns) clues.push(...accountingClues(site));
  clues.push(...notifierClues(site, trace, project, [...chain.functions(), ...elsewhere]));
  return clues;
}

/** Pages that an object keeps and that nothing in sight gives back, nor anybody else takes over: whoever has it decides. */
function keptForGoodClues({ unit, fn, nameSpan }: CallSite, trace: PageTrace, held: readonly HeldFact[]): Clue[] {
  const kept = held.find((h) => h.onSuccess && h.functionName === fn?.name && h.owner.tag !== undefined);
  // vmap() takes them over with VM_MAP_PUT_PAGES alone.
  const goes = trace.events.some(
    (e) => (e.kind === 'transfer' && e.api !== 'vmap') || (e.kind === 'passed' && !isQuestion(e)),
  );
  if (kept === undefined || goes || (isUnused(unit, fn) && !isInVariable(unit, trace))) return [];
  const text = `struct ${kept.owner.tag ?? ''}.${kept.owner.field} keeps the pages, and nothing in sight gives them back`;
  return [{ kind: 'kept', unit, span: nameSpan, text, lifetime: { long: 1 } }];
}

/** Whether a variable at file scope holds the pages: no other file does anything with it but by what this one offers. */
function isInVariable(unit: CUnit, { pages }: PageTrace): boolean {
  const root = /\w+/.exec(pages === undefined ? '' : codeOf(unit, pages))?.[0];
  return unit.declarations.some((d) => d.kind === 'variable' && d.name === root);
}

/** Whether nothing names a static function of a file: what is in sight is a part, and the end may lie in the other. */
function isUnused({ code }: CUnit, fn: FunctionDef | undefined): boolean {
  if (fn?.isStatic !== true) return false;
  return [...code.matchAll(new RegExp(`\\b${fn.name}\\b`, 'g'))].length < 2;
}

/** Ways to the releases outside the acquiring function, by kind: one each. */
type Ways = Map<Reach['kind'], { readonly release: FoundRelease; readonly reach: Reach }>;

/** Releases with those in front that give back what was taken: of two that say the same, the first is shown. */
function fittingFirst({ reference }: CallSite, releases: readonly FoundRelease[], model: Model): FoundRelease[] {
  const unpins = ({ api }: FoundRelease): boolean =>
    model.rows(api).some((row) => row.effects.some((e) => e.op === 'release' && e.ref === 'pin'));
  const rank = (r: FoundRelease): number => (r.matches ? 0 : 2) + (reference === 'get' || unpins(r) ? 0 : 1);
  return [...releases].sort((a, b) => rank(a) - rank(b));
}

function waysTo(elsewhere: readonly FoundRelease[], chain: AcquireChain): Ways {
  const ways: Ways = new Map();
  for (const release of elsewhere) {
    for (const reach of reachesOf(release, chain)) {
      const known = ways.get(reach.kind);
      if (known === undefined || rankOf(reach) > rankOf(known.reach)) ways.set(reach.kind, { release, reach });
    }
  }
  return ways;
}

/** Which way of a kind tells more: a command of user space, an entry point of another kind, a name. */
function rankOf({ role, counted }: Reach): number {
  return role === 'name' ? 0 : role === COMMAND && !counted ? 2 : 1;
}

/** Whether the pages are kept or given to somebody, who may have them longer than the function that gives them back. */
function leavesTraces({ events }: PageTrace): boolean {
  const kinds: readonly TraceKind[] = ['stored', 'number', 'passed', 'data-passed', 'transfer', 'carrier', 'dma'];
  return events.some((e) => kinds.includes(e.kind) && !isQuestion(e));
}

/**
 * How the releases outside the acquiring function are reached, each way once. `over`: when the function returns nothing is left of the pages,
 * whatever flags say of a long time.
 */
function reachClues(site: CallSite, ways: Ways, over: boolean): Clue[] {
  const own = ways.get('later');
  const later = own !== undefined && (own.reach.role !== 'name' || ways.get('chain')?.reach.counted === true);
  const commanded = own !== undefined && rankOf(own.reach) === 2;
  return [...ways.values()].flatMap(({ release, reach }) => {
    const told = tell(reach, { later, commanded, alone: ways.size === 1, iterator: site.api.startsWith('iov_iter_') });
    if (told === undefined) return [];
    const text = `${release.fn.name}() gives the pages back ${told.text}`.replace(
      `before ${release.fn.name}() returns, which also leads to the acquire`,
      'before it returns',
    );
    const lifetime = over && reach.kind === 'chain' ? { short: 5 } : told.lifetime;
    return [{ kind: 'release', ...place(release), text, lifetime }];
  });
}

interface Told {
  readonly text: string;
  readonly lifetime: NonNullable<Clue['lifetime']>;
}

interface OtherWays {
  /** There is an entry point of its own. */
  readonly later: boolean;
  /** User space can give a command for it. */
  readonly commanded: boolean;
  /** This is the only way. */
  readonly alone: boolean;
  readonly iterator: boolean;
}

/** What one way to a release says. */
function tell(
  { kind, where, role, counted }: Reach,
  { later, commanded, alone, iterator }: OtherWays,
): Told | undefined {
  switch (kind) {
    case 'chain':
      return {
        text: `before ${where}() returns, which also leads to the acquire`,
        lifetime: { short: !later ? 2.2 : counted ? 0.2 : 1.5 },
      };
    case 'completion':
      // What ends with a request as well as at a command is held for both: the command decides how long.
      return {
        text: `when ${where}() is told of the end of the request`,
        lifetime: { short: commanded && !counted ? 1.2 : 2.6 },
      };
    case 'later':
      return role === 'name'
        ? { text: `later, in ${where}()`, lifetime: { long: 1.2 } }
        : { text: `later, in ${where}() (${role})`, lifetime: { long: 2 } };
    case 'turn':
      return alone ? { text: `in a later turn of ${where}()`, lifetime: { short: 0.3 } } : undefined;
    case 'unknown':
      return alone ? { text: 'later', lifetime: { long: iterator ? 0.3 : 1 } } : undefined;
  }
}

/** Whether pinned memory is charged to a user: in the file of a pin, in the function that takes plain references. */
function accountingClues({ unit, fn, reference }: CallSite): Clue[] {
  if (fn === undefined) return [];
  if (reference !== 'pin' && !ACCOUNTING.test(unit.code.slice(fn.bodySpan.start, fn.bodySpan.end))) return [];
  const span = accountingIn(unit);
  if (span === undefined) return [];
  const text = 'pinned memory is accounted';
  return [{ kind: 'accounting', unit, span, text, cases: { 2: 1 }, lifetime: { long: 2 } }];
}

function place(e: { readonly unit: CUnit; readonly node: Span }): Pick<Clue, 'unit' | 'span'> {
  return { unit: e.unit, span: { start: e.node.start, end: e.node.end } };
}
