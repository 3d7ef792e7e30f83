/** Functions of a unit lowered on demand, once each, with what the declarations at hand say of types. */
import type { Cfg, CType } from '../../flow/ir.ts';
import { findLoops, type LoopForest } from '../../flow/loops.ts';
import { lowerFunction } from '../../flow/lower.ts';
import type { LowerTables, LowerTypes } from '../../flow/lower-context.ts';
import type { CType as SyntaxType } from '../../syntax/ctype.ts';
import type { CNode } from '../../syntax/node.ts';
import { parseFunction } from '../../syntax/parse-function.ts';
import { typeOfExpression, variableAt, variablesOf } from '../../syntax/types.ts';
import type { CUnit, FunctionDef } from '../../syntax/unit.ts';
import { type MacroFunction, macroBehind, macroBody } from '../calls/macro-functions.ts';
import { numberOfMacro } from '../flags/constants.ts';
import { homeOf } from '../structs/struct-home.ts';
import { typeNamedBy } from '../type-names.ts';
import { cleanupAt } from './cleanup-of.ts';
import type { HeaderMacros } from './jumping-macros.ts';

/** A function ready for path analysis. */
export interface Lowered {
  readonly cfg: Cfg;
  readonly loops: LoopForest;
}

/** Nesting of a tree beyond which a function is left alone: lowering recurses. Generated tables reach 200. */
const MAX_NESTING = 1200;

/** What a function was lowered to with macros of headers that are spelled so. */
interface Kept {
  readonly spelled: string;
  readonly made: Lowered | 'too deep';
}

const cache = new WeakMap<FunctionDef, Kept>();

/** What lowering is given beside a function. */
export interface LowerWith {
  readonly tables: LowerTables;
  readonly macros: HeaderMacros;
  /** How the macros of headers that the function calls are spelled. */
  readonly spelled: readonly string[];
}

/** Lowers a function or a macro that stands for one; a second call gives the same graph. undefined for one that nests too deeply. */
export function lowered(unit: CUnit, fn: FunctionDef, given: LowerWith): Lowered | undefined {
  const spelled = given.spelled.join('\n');
  let found = cache.get(fn);
  if (found?.spelled !== spelled) {
    const macro = macroBehind(fn);
    const cfg = macro === undefined ? lowerBody(unit, fn, given) : lowerMacro(macro, given.tables);
    found = { spelled, made: cfg === undefined ? 'too deep' : { cfg, loops: findLoops(cfg) } };
    cache.set(fn, found);
  }
  return found.made === 'too deep' ? undefined : found.made;
}

function lowerBody(unit: CUnit, fn: FunctionDef, { tables, macros }: LowerWith): Cfg | undefined {
  const { body } = parseFunction(unit, fn);
  if (nestsTooDeeply(body)) return undefined;
  const params = variablesOf(unit, fn).filter((v) => v.parameter);
  return lowerFunction({
    name: fn.name,
    body,
    span: fn.span,
    source: unit,
    tables,
    params: params.map((p) => ({ name: p.name, type: flowType(unit, p.type) })),
    returnType: undefined,
    types: typesOf(unit, fn),
    cleanupOf: (declarator) => cleanupAt(unit, declarator),
    jumpingMacro: (name) => macros.of(unit, name),
    numberOf: (name) => numberOfMacro(unit, name),
  });
}

/** A macro knows no types: its arguments are what the caller has. */
function lowerMacro(macro: MacroFunction, tables: LowerTables): Cfg | undefined {
  const made = macroBody(macro);
  if (made === undefined || nestsTooDeeply(made.body)) return undefined;
  return lowerFunction({
    name: macro.fn.name,
    body: made.body,
    span: macro.fn.span,
    source: made.source,
    tables,
    params: made.params.map((name) => ({ name, type: undefined })),
    returnType: undefined,
    types: { variable: () => undefined, typeOf: () => undefined, typeNamed: () => undefined },
    cleanupOf: () => undefined,
    jumpingMacro: () => undefined,
    numberOf: () => undefined,
  });
}

function nestsTooDeeply(node: CNode): boolean {
  const stack = [{ node, depth: 0 }];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    if (top.depth > MAX_NESTING) return true;
    for (const child of top.node.children) stack.push({ node: child, depth: top.depth + 1 });
  }
  return false;
}

/** What the flow layer keeps of a type. */
function flowType(unit: CUnit, type: SyntaxType | undefined): CType | undefined {
  if (type === undefined) return undefined;
  const array = type.derived[0] === 'array';
  const pointers = type.derived.filter((d) => d !== 'array').length;
  const integer = type.derived.length === 0 && type.kind === 'integer';
  return {
    tag: type.tag,
    home: homeOf(unit, type.tag),
    pointers,
    array,
    unsigned: integer ? type.unsigned : undefined,
    bits: integer ? type.bits : undefined,
  };
}

function typesOf(unit: CUnit, fn: FunctionDef): LowerTypes {
  return {
    variable: (name, offset) => {
      const found = variableAt(unit, fn, name, offset);
      return found === undefined ? undefined : flowType(unit, found.type);
    },
    typeOf: (node) => flowType(unit, typeOfExpression(unit, fn, node)),
    typeNamed: (node) => typeNamedBy(unit, node),
  };
}
