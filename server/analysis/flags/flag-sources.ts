/**
 * Where the names of a flags expression get their values: macros, enum constants, file variables, struct fields, results of
 * functions, and the arguments of callers. Each answers undefined where it knows nothing of the name.
 */
import { keptBeside } from '../../base/kept.ts';
import { type CNode, childByField, walk } from '../../syntax/node.ts';
import type { CUnit } from '../../syntax/unit.ts';
import { callsOf, expressionTree, functionAt, isNamedWithoutCall, treeOf } from '../calls/call-index.ts';
import { parameters } from '../locals.ts';
import { usersOf, visibleFunctions, visibleMacros } from '../project-view.ts';
import { fieldOwner } from '../structs/owners.ts';
import { definesStruct } from '../structs/struct-home.ts';
import { argumentNodes, codeOf, pathTo } from '../trees.ts';
import { type FlagContext, type FlagScope, following, NO_BINDINGS } from './flag-scope.ts';
import { either, type FlagValue, joinAll, weaken } from './flag-terms.ts';

/** What a macro expands to; `args` are the values of its arguments, undefined for one that takes none. */
export function macroValue(
  name: string,
  args: readonly (() => FlagValue)[] | undefined,
  scope: FlagScope,
  ctx: FlagContext,
): FlagValue | undefined {
  const macros = visibleMacros(scope.unit, name, ctx.project).filter(
    (m) => (m.macro.params === undefined) === (args === undefined),
  );
  if (macros.length === 0) return undefined;
  return following<FlagValue | undefined>(ctx, `macro ${name}`, undefined, () => {
    const values: FlagValue[] = [];
    for (const { unit, macro } of macros) {
      const tree = expressionTree(unit, macro.bodySpan);
      if (tree === undefined) continue;
      const bindings = new Map(
        (macro.params ?? []).map((p, i): [string, () => FlagValue] => [p, () => args?.[i]?.() ?? []]),
      );
      values.push(ctx.folding.evaluate(tree, { unit, fn: undefined, tree: undefined, bindings }, ctx));
    }
    return values.length === 0 ? undefined : joinAll(values);
  });
}

/** What a function of the project returns for these argument values. */
export function returnedValue(
  name: string,
  args: readonly (() => FlagValue)[],
  scope: FlagScope,
  ctx: FlagContext,
): FlagValue | undefined {
  const functions = visibleFunctions(scope.unit, name, ctx.project);
  if (functions.length === 0 || ctx.model.allRows(name).length > 0) return undefined;
  return following<FlagValue | undefined>(ctx, `function ${name}`, undefined, () => {
    const values: FlagValue[] = [];
    for (const { unit, fn } of functions) {
      const tree = treeOf(unit, fn);
      const bindings = new Map(
        parameters(unit, tree).map((p, i): [string, () => FlagValue] => [p.name, () => args[i]?.() ?? []]),
      );
      walk(tree, (n) => {
        const value = n.type === 'return_statement' ? n.children[0] : undefined;
        if (value !== undefined) values.push(ctx.folding.valueAt(value, { unit, fn, tree, bindings }, ctx));
        return true;
      });
    }
    return values.length === 0 ? undefined : joinAll(values);
  });
}

/** Files beside a function's own in which its callers are looked for. */
const MAX_BESIDE = 8;

/** A parameter whose callers are to be asked. */
export interface Incoming {
  /** Position among the parameters, from 0. */
  readonly index: number;
  /** The parameter as a term, where callers are not known. */
  readonly own: FlagValue;
  readonly scope: FlagScope;
}

/**
 * What the callers at hand pass for a parameter: those in the same unit, and for a function that is not static those in the files beside
 * it. They are all callers only of a static function whose address is not taken; otherwise the parameter itself stays among the terms and
 * nothing is certain.
 */
export function callerValue(incoming: Incoming, ctx: FlagContext): FlagValue {
  const { scope, own, index } = incoming;
  const { unit, fn } = scope;
  if (fn === undefined) return own;
  return following(ctx, `caller ${fn.name} ${index}`, own, () => {
    const values: FlagValue[] = [];
    const beside = fn.isStatic ? [] : usersOf(unit, fn.name, ctx.project, MAX_BESIDE);
    for (const from of [unit, ...beside]) {
      for (const call of callsOf(from, fn.name)) {
        const argument = argumentNodes(call.node)[index];
        if (argument === undefined) continue;
        const at: FlagScope = { unit: from, fn: call.fn, tree: treeOf(from, call.fn), bindings: NO_BINDINGS };
        values.push(ctx.folding.valueAt(argument, at, ctx));
      }
    }
    if (values.length === 0) return own;
    const passed = joinAll(values);
    const all = fn.isStatic && !isNamedWithoutCall(unit, fn.name);
    return all ? passed : either(own, weaken(passed));
  });
}

/** The value of an enum constant that the unit or a header of the project defines. */
export function enumValue(name: string, scope: FlagScope, ctx: FlagContext): FlagValue | undefined {
  for (const unit of [scope.unit, ...ctx.project.headers(scope.unit)]) {
    const span = enumeratorValue(unit, name);
    if (span === undefined) continue;
    const tree = expressionTree(unit, span);
    if (tree === undefined) continue;
    const at: FlagScope = { unit, fn: undefined, tree: undefined, bindings: NO_BINDINGS };
    return following<FlagValue | undefined>(ctx, `enum ${name}`, undefined, () => ctx.folding.evaluate(tree, at, ctx));
  }
  return undefined;
}

function enumeratorValue(unit: CUnit, name: string): { start: number; end: number } | undefined {
  if (!unit.code.includes(name)) return undefined;
  for (const m of unit.code.matchAll(new RegExp(`\\b${name}\\b\\s*=\\s*([^,;}]+)`, 'g'))) {
    const type = unit.declarations.find((d) => d.kind === 'type' && d.span.start <= m.index && m.index < d.span.end);
    if (type === undefined || !/\benum\b/.test(unit.code.slice(type.span.start, m.index))) continue;
    const value = (m[1] ?? '').trimEnd();
    const start = m.index + m[0].indexOf(m[1] ?? '');
    return { start, end: start + value.length };
  }
  return undefined;
}

/** What a variable at file scope may hold: its initialiser, and every assignment in the unit. */
export function fileVariableValue(name: string, scope: FlagScope, ctx: FlagContext): FlagValue | undefined {
  for (const unit of [scope.unit, ...ctx.project.headers(scope.unit)]) {
    const item = unit.declarations.find((d) => d.kind === 'variable' && d.name === name);
    if (item === undefined) continue;
    const text = unit.code.slice(item.span.start, item.span.end);
    const init = new RegExp(`\\b${name}\\s*=\\s*`).exec(text);
    const end = text.lastIndexOf(';');
    const at: FlagScope = { unit, fn: undefined, tree: undefined, bindings: NO_BINDINGS };
    return following<FlagValue | undefined>(ctx, `variable ${name}`, undefined, () => {
      const values: FlagValue[] = [];
      if (init !== null) {
        const span = {
          start: item.span.start + init.index + init[0].length,
          end: item.span.start + (end < 0 ? text.length : end),
        };
        const tree = expressionTree(unit, span);
        if (tree !== undefined) values.push(ctx.folding.evaluate(tree, at, ctx));
      }
      values.push(...assignments(unit, name, 'variable', ctx).map((a) => a.value));
      return values.length === 0 ? undefined : joinAll(values);
    });
  }
  return undefined;
}

/**
 * What a struct field may hold: every assignment of that field in the unit, of the same struct tag where types tell both.
 * They are all of them only where the struct is defined in this source file; otherwise undefined for none, and never certain. What `|=` adds
 * may be there.
 */
export function fieldValue(node: CNode, scope: FlagScope, ctx: FlagContext): FlagValue | undefined {
  const field = childByField(node, 'field');
  if (field === undefined) return undefined;
  const { unit } = scope;
  const name = codeOf(unit, field);
  const tag = fieldOwner(unit, scope.tree, node, ctx.project);
  const own: FlagValue = [];
  return following<FlagValue | undefined>(ctx, `field ${tag ?? ''}.${name}`, undefined, () => {
    const found = assignments(unit, name, 'field', ctx).filter(
      (a) => tag === undefined || a.tag === undefined || a.tag === tag,
    );
    if (found.length === 0) return undefined;
    const whole = found.filter((a) => a.whole).map((a) => a.value);
    const added = found.filter((a) => !a.whole).flatMap((a) => a.value);
    const values = either(joinAll(whole), added);
    const certain =
      tag !== undefined &&
      whole.length > 0 &&
      /\.c$/.test(unit.path) &&
      found.every((a) => a.tag === tag) &&
      definesStruct(unit, tag);
    return certain ? either(own, values) : weaken(values).concat(openField(node, scope, values));
  });
}

/** The field itself, as an unknown term: others may assign it. */
function openField(node: CNode, scope: FlagScope, values: FlagValue): FlagValue {
  const sample = values[0];
  if (sample === undefined) return [];
  const place = { start: node.start, end: node.end };
  return [
    {
      ...sample,
      kind: 'unknown',
      name: codeOf(scope.unit, node),
      value: undefined,
      unit: scope.unit,
      span: place,
      must: true,
      atCall: false,
    },
  ];
}

interface Assignment {
  readonly value: FlagValue;
  readonly tag: string | undefined;
  /** `=`, not `|=`. */
  readonly whole: boolean;
}

interface AssignmentOperator {
  /** Offset of `=` or `|=`. */
  readonly operator: number;
  /** `|=`. */
  readonly partial: boolean;
}

const operatorCache = new WeakMap<CUnit['version'], Map<string, readonly AssignmentOperator[]>>();

/** Where the text assigns a name. Cached by unit. */
function assignmentOperators(unit: CUnit, name: string, kind: 'field' | 'variable'): readonly AssignmentOperator[] {
  return keptBeside(operatorCache, unit.version, `${kind} ${name}`, () => {
    const before = kind === 'field' ? '(?:->|\\.)\\s*' : '(?<![\\w.>])';
    const pattern = new RegExp(`${before}${name}\\s*(\\|=|=(?!=))`, 'g');
    return [...unit.code.matchAll(pattern)].map((m) => {
      const partial = m[1] === '|=';
      return { operator: m.index + m[0].length - (partial ? 2 : 1), partial };
    });
  });
}

/** Assignments of a name in the functions of a unit; for fields also designated initialisers. */
function assignments(unit: CUnit, name: string, kind: 'field' | 'variable', ctx: FlagContext): Assignment[] {
  const out: Assignment[] = [];
  for (const { operator, partial } of assignmentOperators(unit, name, kind)) {
    if (ctx.budget.left-- <= 0) break;
    const fn = functionAt(unit, operator);
    if (fn === undefined) continue;
    const tree = treeOf(unit, fn);
    const holder = pathTo(tree, { start: operator, end: operator + 1 }).findLast(
      (n) => n.type === 'assignment_expression' || n.type === 'initializer_pair',
    );
    const value = holder === undefined ? undefined : (childByField(holder, 'right') ?? childByField(holder, 'value'));
    if (holder === undefined || value === undefined) continue;
    const left = childByField(holder, 'left');
    const scope: FlagScope = { unit, fn, tree, bindings: NO_BINDINGS };
    out.push({
      value: partial ? weaken(ctx.folding.valueAt(value, scope, ctx)) : ctx.folding.valueAt(value, scope, ctx),
      tag: left === undefined ? undefined : fieldOwner(unit, tree, left, ctx.project),
      whole: !partial,
    });
  }
  return out;
}
