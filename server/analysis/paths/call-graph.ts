/**
 * Who calls whom among the functions of a cluster, by name, and what follows from it without looking into any body: which functions
 * can take pages, which can give some back. Decides what is worth following along paths.
 */
import type { Model } from '../../../model/index.ts';
import { kept } from '../../base/kept.ts';
import type { CUnit, FunctionDef } from '../../syntax/unit.ts';
import { namesCalledIn } from '../calls/call-index.ts';
import { aliasOf, macroBehind, macroFunctions } from '../calls/macro-functions.ts';
import { standsFor } from '../calls/stand-in.ts';
import { CALL_KINDS, type CallKind, kindByName, kindOfCalls } from './call-kind.ts';
import { assignsTheSame, type FieldFunction, functionFields } from './field-functions.ts';
import { HeaderMacros } from './jumping-macros.ts';

/** A function and the unit that holds it. */
export interface Known {
  readonly unit: CUnit;
  readonly fn: FunctionDef;
}

interface UnitCalls {
  readonly calls: ReadonlyMap<FunctionDef, ReadonlySet<string>>;
  readonly fields: ReadonlyMap<string, readonly FieldFunction[]>;
}

/** A unit as it was when a graph was made, or last followed it. */
interface Seen {
  readonly unit: CUnit;
  version: CUnit['version'];
  functions: readonly FunctionDef[];
}

/** A function that was typed in, and what it is now. */
interface Typed {
  readonly unit: CUnit;
  readonly old: FunctionDef;
  readonly fn: FunctionDef;
}

/** Callers above a function that calls the model's: further up every summary has forgotten too much to prove anything. */
export const MAX_CALLERS = 4;

const functionsInFields = new WeakMap<CUnit, { version: CUnit['version']; fields: UnitCalls['fields'] }>();
const NO_NAMES: ReadonlySet<string> = new Set();

/** The call graph of some units, narrowed to the kernels of a model. */
export class CallGraph {
  readonly #byName = new Map<string, { readonly unit: CUnit; fn: FunctionDef }[]>();
  readonly #units: readonly Seen[];
  /** The names called in each function. */
  readonly #calls = new Map<FunctionDef, ReadonlySet<string>>();
  readonly #callees = new WeakMap<FunctionDef, readonly Known[]>();
  readonly #marked: Readonly<Record<CallKind, Set<FunctionDef>>>;
  readonly #aliases = new Map<string, { readonly unit: CUnit; readonly target: string }[]>();
  readonly #model: Model;
  /** Macros of headers that jump or return. */
  readonly macros: HeaderMacros;
  readonly #kinds = new Map<string, ReadonlySet<CallKind>>();
  /** What names were found to mean, by unit. */
  readonly #seen = new Map<CUnit, Map<string, Known | undefined>>();

  constructor(units: readonly CUnit[], model: Model) {
    this.#model = model;
    this.macros = new HeaderMacros(units);
    this.#units = units.map((unit) => ({ unit, version: unit.version, functions: unit.functions }));
    this.#marked = {
      acquires: new Set(),
      releases: new Set(),
      frees: new Set(),
      locks: new Set(),
      minds: new Set(),
      unmaps: new Set(),
      gives: new Set(),
    };
    const add = (unit: CUnit, fn: FunctionDef): void => {
      const same = this.#byName.get(fn.name);
      if (same === undefined) this.#byName.set(fn.name, [{ unit, fn }]);
      else same.push({ unit, fn });
    };
    for (const unit of units) for (const fn of unit.functions) add(unit, fn);
    this.#addMacros(units, add);
    const known = [...this.#byName.values()].flat();
    this.#spread(known);
  }

  /**
   * Takes in what was typed into functions of the units since. False, with nothing changed, where these are other units, or a function
   * calls other names than before.
   */
  follows(units: readonly CUnit[], model: Model): boolean {
    const same = units.length === this.#units.length && units.every((unit, i) => unit === this.#units[i]?.unit);
    if (!same || model !== this.#model) return false;
    const typed: Typed[] = [];
    for (const { unit, version, functions } of this.#units) {
      if (unit.version === version) continue;
      if (unit.functions.length !== functions.length) return false;
      for (const [i, fn] of unit.functions.entries()) {
        const old = functions[i];
        if (old === undefined || !this.#callsTheSame(unit, old, fn)) return false;
        if (old !== fn) typed.push({ unit, old, fn });
      }
    }
    for (const t of typed) this.#exchange(t);
    for (const seen of this.#units) Object.assign(seen, { version: seen.unit.version, functions: seen.unit.functions });
    return true;
  }

  #callsTheSame(unit: CUnit, old: FunctionDef, fn: FunctionDef): boolean {
    if (old === fn) return true;
    const before = this.#calls.get(old) ?? NO_NAMES;
    const now = unitCalls(unit).calls.get(fn) ?? NO_NAMES;
    const isNamed = old.name === fn.name && old.isStatic === fn.isStatic;
    const callsTheSame = before.size === now.size && [...now].every((name) => before.has(name));
    return isNamed && callsTheSame && assignsTheSame(unit, old, fn);
  }

  #exchange({ unit, old, fn }: Typed): void {
    for (const known of this.#byName.get(fn.name) ?? []) if (known.unit === unit && known.fn === old) known.fn = fn;
    for (const kind of CALL_KINDS) if (this.#marked[kind].delete(old)) this.#marked[kind].add(fn);
    this.#calls.delete(old);
    this.#calls.set(fn, unitCalls(unit).calls.get(fn) ?? NO_NAMES);
  }

  /** Macros count where they call something of the model or of the project, and have no name of the model or of a function in sight. */
  #addMacros(units: readonly CUnit[], add: (unit: CUnit, fn: FunctionDef) => void): void {
    const named = (name: string): boolean => this.#byName.has(name) || this.#model.rows(name).length > 0;
    for (const unit of units) {
      for (const { macro, fn, calls } of macroFunctions(unit)) {
        const isOther = this.#model.rows(macro.name).length > 0 || this.#hasFunction(unit, macro.name);
        if (!isOther && [...calls].some((name) => name !== macro.name && named(name))) add(unit, fn);
      }
      for (const macro of unit.macros) {
        const target = aliasOf(unit, macro);
        if (target === undefined || target === macro.name || !named(target)) continue;
        this.#aliases.set(macro.name, [...(this.#aliases.get(macro.name) ?? []), { unit, target }]);
      }
    }
  }

  /** Whether a name is that of a function, and no macro, as seen from a unit. */
  #hasFunction(unit: CUnit, name: string): boolean {
    const all = this.#byName.get(name) ?? [];
    return all.some((k) => macroBehind(k.fn) === undefined && (k.unit === unit || isVisible(k)));
  }

  /** What a name stands for that an object-like macro gives to a function: `#define my_pin pin_user_pages`. */
  behindAlias(unit: CUnit, name: string): string {
    const all = this.#aliases.get(name);
    if (all === undefined || this.#byName.has(name) || this.#model.rows(name).length > 0) return name;
    return (all.find((a) => a.unit === unit) ?? all.find((a) => a.unit.path.endsWith('.h')))?.target ?? name;
  }

  /** A function by name as seen from a unit; undefined for one that is not in sight, or is what the model says it is. */
  lookup(unit: CUnit, name: string): Known | undefined {
    const all = this.#byName.get(name);
    if (all === undefined) return undefined;
    let seen = this.#seen.get(unit);
    if (seen === undefined) {
      seen = new Map();
      this.#seen.set(unit, seen);
    }
    const known = seen.get(name);
    if (known !== undefined || seen.has(name)) return known;
    const found = this.#find(unit, name, all);
    seen.set(name, found);
    return found;
  }

  #find(unit: CUnit, name: string, all: readonly Known[]): Known | undefined {
    const own = all.find((k) => k.unit === unit);
    // A function of the model is what the model says, unless the file has one of its own in its place; the header that defines the
    // model's function has just that one.
    const rows = this.#model.rows(name);
    if (rows.length > 0) {
      const shadows = own !== undefined && standsFor(unit, own.fn, this.#model);
      return shadows && !rows.some((r) => unit.path.endsWith(r.source.path)) ? own : undefined;
    }
    return own ?? all.find(isVisible);
  }

  /** Whether the function, or one it calls, calls something of a kind. */
  does(kind: CallKind, fn: FunctionDef): boolean {
    return this.#marked[kind].has(fn);
  }

  /** Names called in a function, or in the body of a macro that stands for one, by text. */
  calledIn({ unit, fn }: Known): ReadonlySet<string> {
    const names = macroBehind(fn)?.calls ?? unitCalls(unit).calls.get(fn) ?? NO_NAMES;
    return this.#aliases.size === 0 ? names : new Set([...names].map((name) => this.behindAlias(unit, name)));
  }

  /** The functions of the project that a function calls by name or through a field that an initialiser of its file fills. */
  calleesOf(at: Known): readonly Known[] {
    const callees = this.#callees.get(at.fn) ?? this.#findCallees(at);
    this.#callees.set(at.fn, callees);
    return callees;
  }

  #findCallees(at: Known): readonly Known[] {
    const found = new Map<FunctionDef, Known>();
    for (const name of [...this.calledIn(at), ...namesBehindFields(at)]) {
      const callee = this.lookup(at.unit, name);
      if (callee !== undefined && callee.fn !== at.fn) found.set(callee.fn, callee);
    }
    return [...found.values()];
  }

  /** Names called in a function that the project does not define. */
  outside(at: Known): readonly string[] {
    return [...this.calledIn(at)].filter((name) => this.lookup(at.unit, name) === undefined);
  }

  /** Whether a function calls through a field that an initialiser of its file fills. */
  callsThroughField(at: Known): boolean {
    for (const _ of namesBehindFields(at)) return true;
    return false;
  }

  /** Whether a name is one of the model's that takes pages, gives them back, hands them over or marks them dirty. */
  touchesPages(name: string): boolean {
    const kinds = this.kindOf(name);
    return kinds.has('acquires') || kinds.has('releases');
  }

  /** Functions that initialisers of a unit put into a field of this name. */
  inField(unit: CUnit, field: string): readonly FieldFunction[] {
    return unitCalls(unit).fields.get(field) ?? [];
  }

  /** What a call of a name outside the project does, as far as the model says. */
  kindOf(name: string): ReadonlySet<CallKind> {
    let kinds = this.#kinds.get(name);
    if (kinds === undefined) {
      const rows = this.#model.readable(name);
      kinds = (rows.length === 0 ? kindByName(name) : undefined) ?? kindOfCalls(rows);
      this.#kinds.set(name, kinds);
    }
    return kinds;
  }

  /** Marks the functions that call something of a kind, and their callers up to `MAX_CALLERS`. */
  #spread(known: readonly Known[]): void {
    const callers = new Map<FunctionDef, FunctionDef[]>();
    const met = new Map<CUnit, Map<string, FunctionDef | ReadonlySet<CallKind>>>();
    for (const { unit, fn } of known) {
      const inUnit = kept(met, unit, () => new Map<string, FunctionDef | ReadonlySet<CallKind>>());
      const names = macroBehind(fn)?.calls ?? unitCalls(unit).calls.get(fn) ?? NO_NAMES;
      this.#calls.set(fn, names);
      for (const called of names) {
        const meant = kept(inUnit, called, () => {
          const name = this.behindAlias(unit, called);
          return this.lookup(unit, name)?.fn ?? this.kindOf(name);
        });
        if (meant instanceof Set) for (const kind of meant as ReadonlySet<CallKind>) this.#marked[kind].add(fn);
        else kept(callers, meant as FunctionDef, () => []).push(fn);
      }
    }
    for (const kind of CALL_KINDS) spreadUp(this.#marked[kind], callers);
  }
}

/** Whether other units may call a function. */
function isVisible({ unit, fn }: Known): boolean {
  return !fn.isStatic || unit.path.endsWith('.h');
}

/** Marks the callers of what is marked, up to `MAX_CALLERS`. */
function spreadUp(into: Set<FunctionDef>, callers: ReadonlyMap<FunctionDef, readonly FunctionDef[]>): void {
  let level = [...into];
  for (let depth = 0; depth < MAX_CALLERS && level.length > 0; depth++) {
    const above = new Set(level.flatMap((fn) => callers.get(fn) ?? []).filter((fn) => !into.has(fn)));
    for (const fn of above) into.add(fn);
    level = [...above];
  }
}

/** Functions behind the fields that a function calls through. */
function* namesBehindFields(known: Known): Generator<string> {
  const { fields } = unitCalls(known.unit);
  if (fields.size === 0) return;
  for (const field of calledFields(known)) for (const f of fields.get(field) ?? []) yield f.name;
}

const calledThrough = new WeakMap<FunctionDef, readonly string[]>();

/** Names of fields that stand before a bracket in a function, as often as they do. */
function calledFields({ unit, fn }: Known): readonly string[] {
  let found = calledThrough.get(fn);
  if (found === undefined) {
    const text = unit.code.slice(fn.bodySpan.start, fn.bodySpan.end);
    found = [...text.matchAll(/(?:->|\.)\s*(\w+)\)?\s*\(/g)].map((m) => m[1] ?? '');
    calledThrough.set(fn, found);
  }
  return found;
}

function unitCalls(unit: CUnit): UnitCalls {
  let known = functionsInFields.get(unit);
  if (known === undefined || known.version !== unit.version) {
    known = { version: unit.version, fields: functionFields(unit) };
    functionsInFields.set(unit, known);
  }
  return { calls: namesCalledIn(unit), fields: known.fields };
}
