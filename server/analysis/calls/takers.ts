/**
 * Names that may take pages for whoever calls them, and names that may stand for a function of the model: by text alone, over the files
 * that see each other. The test before anything is looked up or parsed; it may say yes too often, never no.
 */
import type { Model } from '../../../model/index.ts';
import { kept } from '../../base/kept.ts';
import type { CUnit } from '../../syntax/unit.ts';
import type { ProjectView } from '../project-view.ts';
import { functionAt, namesBeforeBrackets } from './call-index.ts';
import { aliasTarget, LAYER, type NameScope } from './names.ts';

/** What macros say of names. */
interface MacroNames {
  /** Macros by the words that stand in their bodies. */
  readonly byWord: ReadonlyMap<string, ReadonlySet<string>>;
  /** Macros that stand for one other name. */
  readonly aliases: readonly { readonly name: string; readonly target: string }[];
}

/** What follows for files that see each other. */
interface Reach {
  readonly takers: ReadonlySet<string>;
  /** Macros that stand for a function of the model. */
  readonly aliased: ReadonlySet<string>;
}

const ofMacros = new WeakMap<CUnit['macros'], MacroNames>();
const ofFamily = new WeakMap<readonly CUnit[], { readonly model: Model; readonly reach: Reach }>();
const ofScope = new WeakMap<CUnit['surroundings'], { readonly model: Model; readonly reach: Reach }>();
const named = new WeakMap<CUnit['version'], { readonly model: Model; readonly names: readonly string[] }>();

/** Whether a call of this name in the unit may take pages: it leads to a function that does, by names. */
export function mayTake(scope: NameScope, name: string): boolean {
  return reachOf(scope).takers.has(name);
}

/** Names before brackets in the unit that may be calls of the model's functions or of what takes pages. Each once, in text order. */
export function namesOfInterest(scope: NameScope): readonly string[] {
  const { unit, model } = scope;
  const { takers, aliased } = reachOf(scope);
  const all = namesBeforeBrackets(unit);
  const names = new Set(modelNamesIn(unit, model));
  for (const some of [takers, aliased]) for (const name of some) if (all.has(name)) names.add(name);
  const first = (name: string): number => all.get(name)?.[0] ?? 0;
  return [...names].sort((a, b) => first(a) - first(b));
}

/** Names before brackets that are the model's, or would be without a word for a layer of compatibility. */
function modelNamesIn(unit: CUnit, model: Model): readonly string[] {
  let known = named.get(unit.version);
  if (known === undefined || known.model !== model) {
    const names = [...namesBeforeBrackets(unit).keys()].filter((n) => model.allRows(n).length > 0 || LAYER.test(n));
    known = { model, names };
    named.set(unit.version, known);
  }
  return known.names;
}

function reachOf({ unit, model, project }: NameScope): Reach {
  let known = ofScope.get(unit.surroundings);
  if (known === undefined || known.model !== model) {
    known = { model, reach: findReach(unit, model, project) };
    ofScope.set(unit.surroundings, known);
  }
  return known.reach;
}

function findReach(unit: CUnit, model: Model, project: ProjectView): Reach {
  const own = [unit, ...project.headers(unit)];
  if (!unit.path.endsWith('.c')) return spread(own, model, NOTHING);
  const family = project.family?.(unit);
  if (family === undefined) {
    const beside = project.cluster(unit);
    return spread([...own, ...beside, ...beside.flatMap((u) => project.headers(u))], model, NOTHING);
  }
  let shared = ofFamily.get(family);
  if (shared === undefined || shared.model !== model) {
    shared = { model, reach: spread(family, model, NOTHING) };
    ofFamily.set(family, shared);
  }
  return family.includes(unit) ? shared.reach : spread(own, model, shared.reach);
}

const NOTHING: Reach = { takers: new Set(), aliased: new Set() };

/** What is known of other files, and what follows from it and from the model in these. */
function spread(units: readonly CUnit[], model: Model, known: Reach): Reach {
  const all = [...new Set(units)].map((unit) => ({ unit, macros: macroNames(unit) }));
  const takers = new Set([...model.siteNames(), ...known.takers]);
  // What is added while a set is gone through is gone through too.
  for (const name of takers) {
    for (const { unit, macros } of all) {
      for (const caller of callersOf(unit, name)) takers.add(caller);
      for (const macro of macros.byWord.get(name) ?? []) takers.add(macro);
    }
  }
  const aliased = new Set(known.aliased);
  for (let before = -1; before < aliased.size; ) {
    before = aliased.size;
    for (const { macros } of all)
      for (const { name, target } of macros.aliases)
        if (aliased.has(target) || model.allRows(target).length > 0 || LAYER.test(target)) aliased.add(name);
  }
  return { takers, aliased };
}

/** The functions of a unit in whose bodies a name stands before a bracket. */
function callersOf(unit: CUnit, name: string): readonly string[] {
  return (namesBeforeBrackets(unit).get(name) ?? []).flatMap((offset) => {
    const fn = functionAt(unit, offset);
    return fn === undefined || offset < fn.bodySpan.start ? [] : [fn.name];
  });
}

function macroNames(unit: CUnit): MacroNames {
  let names = ofMacros.get(unit.macros);
  if (names === undefined) {
    names = findNames(unit);
    ofMacros.set(unit.macros, names);
  }
  return names;
}

function findNames(unit: CUnit): MacroNames {
  const byWord = new Map<string, Set<string>>();
  for (const { name, bodySpan } of unit.macros) {
    const body = unit.text.slice(bodySpan.start, bodySpan.end);
    for (const [word] of body.matchAll(/[A-Za-z_]\w*/g)) kept(byWord, word, () => new Set()).add(name);
  }
  const aliases = unit.macros.flatMap((macro) => {
    const target = aliasTarget({ unit, macro });
    return target === undefined || target === macro.name ? [] : [{ name: macro.name, target }];
  });
  return { byWord, aliases };
}
