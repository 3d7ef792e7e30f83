/**
 * What the analysis of one file may see of its project: the headers it includes and the files beside it.
 * The engine implements `ProjectView`; `aloneView` is the view of a file without a project. Plain reads, never a file access.
 */
import { intersect } from '../../model/version.ts';
import type { CUnit, FunctionDef, MacroDef } from '../syntax/unit.ts';

/** The units whose macros and functions a unit may use. Neither list holds the unit itself. */
export interface ProjectView {
  /** Headers of the project that the unit includes, transitively, nearest first: their macros and functions are in scope. */
  headers(unit: CUnit): readonly CUnit[];
  /** Other source files of the same cluster (the directory, the module): their functions that are not static may be called. */
  cluster(unit: CUnit): readonly CUnit[];
  /** The functions of a name in the units of `cluster` that are not static. Without it, all of them are looked through. */
  exported?(unit: CUnit, name: string): readonly VisibleFunction[];
  /** A source file and those of its cluster with the headers of all of them; one list for all of them. Without it, they are asked for one by one. */
  family?(unit: CUnit): readonly CUnit[];
  /**
   * Source files beside the unit whose text holds the word, whether they name something of the model or not: where its functions are
   * called from; the first of them where not all are wanted. Without it, those of the cluster.
   */
  users?(unit: CUnit, word: string, atMost?: number): readonly CUnit[];
  /** Those of `users` in which a line at the left margin has the name before a bracket: where a function of the name may be defined. */
  definers?(unit: CUnit, name: string): readonly CUnit[];
}

/** The source files, the unit apart, that may use a name which is not static; of many the first `atMost`. */
export function usersOf(
  unit: CUnit,
  word: string,
  project: ProjectView,
  atMost = Number.POSITIVE_INFINITY,
): readonly CUnit[] {
  const named = project.users?.(unit, word, atMost) ?? project.cluster(unit).filter((u) => u.code.includes(word));
  return named.slice(0, atMost);
}

/** A unit that is all there is. */
export const aloneView: ProjectView = { headers: () => [], cluster: () => [] };

/** A macro and the unit that defines it. */
export interface VisibleMacro {
  readonly unit: CUnit;
  readonly macro: MacroDef;
}

/** A function with a body and the unit that holds it. */
export interface VisibleFunction {
  readonly unit: CUnit;
  readonly fn: FunctionDef;
}

interface UnitSymbols {
  readonly macros: ReadonlyMap<string, readonly MacroDef[]>;
  readonly functions: ReadonlyMap<string, readonly FunctionDef[]>;
}

const symbolCache = new WeakMap<CUnit['version'], UnitSymbols>();

function group<T extends { readonly name: string }>(items: readonly T[]): Map<string, T[]> {
  const map = new Map<string, T[]>();
  for (const item of items) {
    const list = map.get(item.name);
    if (list === undefined) map.set(item.name, [item]);
    else list.push(item);
  }
  return map;
}

/** Macros and functions of one unit by name; macros whose #if is off on all kernels of the unit are left out. Cached. */
export function unitSymbols(unit: CUnit): UnitSymbols {
  let symbols = symbolCache.get(unit.version);
  if (symbols === undefined) {
    const live = unit.macros.filter((m) => intersect(m.active, unit.range) !== undefined);
    symbols = { macros: group(live), functions: group(unit.functions) };
    symbolCache.set(unit.version, symbols);
  }
  return symbols;
}

/** Definitions of a macro in scope of the unit: its own, or else those of the nearest header that has one. */
export function visibleMacros(unit: CUnit, name: string, project: ProjectView): readonly VisibleMacro[] {
  for (const from of [unit, ...project.headers(unit)]) {
    const found = unitSymbols(from).macros.get(name);
    if (found !== undefined) return found.map((macro) => ({ unit: from, macro }));
  }
  return [];
}

/** Functions with a body that a call of this name in the unit may mean; a static one of the unit or its headers hides the others. */
export function visibleFunctions(unit: CUnit, name: string, project: ProjectView): readonly VisibleFunction[] {
  for (const from of [unit, ...project.headers(unit)]) {
    const found = unitSymbols(from).functions.get(name);
    if (found !== undefined) return found.map((fn) => ({ unit: from, fn }));
  }
  return project.exported?.(unit, name) ?? exportsOf(project.cluster(unit)).get(name) ?? [];
}

/** The functions of some units that are not static, by name, in the order of the units. */
export function exportsOf(units: readonly CUnit[]): ReadonlyMap<string, readonly VisibleFunction[]> {
  const all = units.flatMap((unit) =>
    unit.functions.filter((fn) => !fn.isStatic).map((fn) => ({ name: fn.name, unit, fn })),
  );
  return group(all);
}

/** The function that a call of this name means, also one of a file beside the unit that names nothing of the model. */
export function definitionOf(unit: CUnit, name: string, project: ProjectView): VisibleFunction | undefined {
  const [near] = visibleFunctions(unit, name, project);
  if (near !== undefined) return near;
  for (const other of project.definers?.(unit, name) ?? usersOf(unit, name, project)) {
    const fn = unitSymbols(other)
      .functions.get(name)
      ?.find((f) => !f.isStatic);
    if (fn !== undefined) return { unit: other, fn };
  }
  return undefined;
}
