/**
 * Functions of the files at hand by what they call, directly or through each other, and the struct fields they mention. By name and text
 * alone: rules use it to stay silent where path analysis may have missed something, never to accuse.
 */

import type { Model } from '../../../model/index.ts';
import { functionAt, namesBeforeBrackets } from '../../analysis/calls/call-index.ts';
import { macroCalls } from '../../analysis/calls/call-text.ts';
import { aliasOf, macroFunctions } from '../../analysis/calls/macro-functions.ts';
import { kept, keptBeside } from '../../base/kept.ts';
import type { LineColumn } from '../../base/line-index.ts';
import type { CUnit, FunctionDef } from '../../syntax/unit.ts';

/** A function and the file it stands in. */
export interface PlacedFunction {
  readonly unit: CUnit;
  readonly fn: FunctionDef;
}

/** A call in a function, by the place of the callee's name. */
export interface PlacedCall extends PlacedFunction {
  readonly offset: number;
}

const placed = new WeakMap<CUnit['version'], Map<string, readonly PlacedCall[]>>();
const views = new WeakMap<CUnit['surroundings'], readonly CUnit[]>();

/** The files a rule looks at: the unit, its headers, its neighbours; one list a unit. */
export function filesOf(pass: {
  readonly unit: CUnit;
  readonly headers: readonly CUnit[];
  readonly neighbours: readonly CUnit[];
}): readonly CUnit[] {
  let files = views.get(pass.unit.surroundings);
  if (files === undefined) {
    files = [...new Set([pass.unit, ...pass.headers, ...pass.neighbours])];
    views.set(pass.unit.surroundings, files);
  }
  return files;
}

/** The code from a place of one of the files to the end of its statement; empty where the file is not at hand. */
export function codeFrom(pass: Parameters<typeof filesOf>[0], place: LineColumn & { readonly file: string }): string {
  const unit = filesOf(pass).find((u) => u.path === place.file);
  if (unit === undefined) return '';
  const start = unit.lines.offset(place);
  const end = unit.code.indexOf(';', start);
  return unit.code.slice(start, end < 0 ? undefined : end);
}

/** The calls of a name in the functions of one file. */
function callsIn(unit: CUnit, name: string): readonly PlacedCall[] {
  return keptBeside(placed, unit.version, name, () =>
    (namesBeforeBrackets(unit).get(name) ?? []).flatMap((offset) => {
      const fn = functionAt(unit, offset);
      return fn === undefined || offset < fn.bodySpan.start ? [] : [{ unit, fn, offset }];
    }),
  );
}

/** The calls of a function by name. */
export function callsOf(files: readonly CUnit[], name: string): readonly PlacedCall[] {
  return files.flatMap((unit) => callsIn(unit, name));
}

/**
 * The functions that call one of a name, and those that call these, so many levels up; each once, and without the one asked for. Those that do
 * not count are not followed further up either.
 */
export function callersAbove(
  files: readonly CUnit[],
  name: string,
  levels: number,
  counts: (fn: FunctionDef) => boolean = () => true,
): readonly PlacedFunction[] {
  const found = new Map<FunctionDef, PlacedFunction>();
  const asked = new Set([name]);
  let level: readonly string[] = [name];
  for (let i = 0; i < levels; i++) {
    const callers = level.flatMap((callee) => callsOf(files, callee)).filter(({ fn }) => counts(fn));
    for (const { unit, fn } of callers) if (fn.name !== name) found.set(fn, { unit, fn });
    level = [...new Set(callers.map(({ fn }) => fn.name))].filter((caller) => !asked.has(caller));
    for (const caller of level) asked.add(caller);
  }
  return [...found.values()];
}

/** Which calls to look for. */
export interface WantedCalls {
  isWanted(name: string): boolean;
  /** Places of calls that do not count, as `placeKey` names them. */
  readonly except?: ReadonlySet<string>;
  /** Whether functions that call such functions count, and so on. */
  readonly deep: boolean;
}

/** Names the place of a call. */
export function placeKey(unit: CUnit, offset: number): string {
  return `${unit.path}:${offset}`;
}

/** Macros that stand for the calls, or for macros that do; this many levels. */
const MACRO_LEVELS = 3;

/** The macros of files by whose names the wanted calls are made, too. */
function macrosThatCall(files: readonly CUnit[], { isWanted, except }: WantedCalls): ReadonlySet<string> {
  const names = new Set<string>();
  const isMeant = (name: string): boolean => names.has(name) || isWanted(name);
  for (let level = 0, before = -1; level < MACRO_LEVELS && names.size > before; level++) {
    before = names.size;
    for (const unit of files) {
      for (const { macro, calls } of macroFunctions(unit)) {
        if (names.has(macro.name) || ![...calls].some(isMeant)) continue;
        const made = macroCalls(unit, macro, isMeant);
        if (made.some(({ span }) => except?.has(placeKey(unit, span.start)) !== true)) names.add(macro.name);
      }
      for (const macro of unit.macros) {
        const target = aliasOf(unit, macro);
        if (target !== undefined && isMeant(target)) names.add(macro.name);
      }
    }
  }
  return names;
}

/** The functions that make one of the calls, in no order. */
export function functionsThatCall(
  files: readonly CUnit[],
  wanted: WantedCalls,
): ReadonlyMap<FunctionDef, PlacedFunction> {
  const found = new Map<FunctionDef, PlacedFunction>();
  const queue: string[] = [];
  const asked = new Set<string>();
  const add = ({ unit, fn }: PlacedCall): void => {
    if (found.has(fn)) return;
    found.set(fn, { unit, fn });
    if (!wanted.deep || asked.has(fn.name)) return;
    asked.add(fn.name);
    queue.push(fn.name);
  };
  const macros = macrosThatCall(files, wanted);
  for (const unit of files) {
    for (const name of namesBeforeBrackets(unit).keys()) {
      if (!wanted.isWanted(name) && !macros.has(name)) continue;
      for (const call of callsIn(unit, name))
        if (wanted.except?.has(placeKey(call.unit, call.offset)) !== true) add(call);
    }
  }
  for (let name = queue.pop(); name !== undefined; name = queue.pop())
    for (const call of callsOf(files, name)) add(call);
  return found;
}

/** A kind of call, by the model. */
export interface CallTest {
  /** Tells kinds apart. */
  readonly name: string;
  isWanted(called: string, model: Model, unit: CUnit): boolean;
}

const kindsMade = new WeakMap<CUnit['version'], { readonly model: Model; readonly made: Map<string, boolean> }>();

/** Whether a function of a file makes a call of a kind. Kept for each file. */
export function makesCall(unit: CUnit, kind: CallTest, model: Model): boolean {
  let known = kindsMade.get(unit.version);
  if (known === undefined || known.model !== model) {
    known = { model, made: new Map() };
    kindsMade.set(unit.version, known);
  }
  return kept(known.made, kind.name, () =>
    [...namesBeforeBrackets(unit).keys()].some(
      (called) => kind.isWanted(called, model, unit) && callsIn(unit, called).length > 0,
    ),
  );
}

/** Whether a function names a struct field: `->field` or `.field`. */
export function mentionsField({ unit, fn }: PlacedFunction, field: string): boolean {
  return new RegExp(`(?:->|\\.)\\s*${field}\\b`).test(unit.code.slice(fn.bodySpan.start, fn.bodySpan.end));
}
