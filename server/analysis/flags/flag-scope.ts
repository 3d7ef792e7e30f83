/**
 * Where a flags expression stands while it is folded, and the budget of that work.
 * A scope is a function body, or a macro's body or file scope (no tree); its bindings stand for parameters with known values.
 */
import type { Model } from '../../../model/index.ts';
import type { Span } from '../../base/span.ts';
import type { CNode } from '../../syntax/node.ts';
import type { CUnit, FunctionDef } from '../../syntax/unit.ts';
import type { ProjectView } from '../project-view.ts';
import type { FlagTerm } from '../sites/site.ts';
import { shownText } from '../trees.ts';
import type { FlagValue } from './flag-terms.ts';

/** What folding may look at, shared by all scopes of one question. */
export interface FlagContext {
  readonly model: Model;
  readonly project: ProjectView;
  /** Names being followed (functions, fields, macros): a name met again is not followed. */
  readonly busy: Set<string>;
  /** Steps left (at 0 everything is unknown), and operators open at the moment. */
  readonly budget: { left: number; nesting: number };
  readonly folding: Folding;
}

/** The folding that the sources of names call back into. */
export interface Folding {
  /** The value of an expression that stands outside functions, or whose names are bound. */
  evaluate(node: CNode, scope: FlagScope, ctx: FlagContext): FlagValue;
  /** The value of an expression where it stands in its function. */
  valueAt(node: CNode, scope: FlagScope, ctx: FlagContext): FlagValue;
}

/** A function body, or text outside functions. */
export interface FlagScope {
  readonly unit: CUnit;
  readonly fn: FunctionDef | undefined;
  readonly tree: CNode | undefined;
  readonly bindings: Bindings;
}

/** Parameters with known values, by name. Values are worked out when asked for. */
export type Bindings = ReadonlyMap<string, () => FlagValue>;

/** No parameter is known. */
export const NO_BINDINGS: Bindings = new Map();

/** A value that is worked out once, at the first question. */
export function later(make: () => FlagValue): () => FlagValue {
  let made: FlagValue | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** Expressions, functions, fields and macros followed for one flags argument. Real code needs below 40. */
export const FLAG_STEPS = 400;

/** How many names may be followed inside one another: caller, its caller, a macro, a field. */
const FLAG_DEPTH = 5;

/** Runs `follow` unless the name is being followed already, the nesting is too deep or the budget is spent. */
export function following<T>(ctx: FlagContext, name: string, otherwise: T, follow: () => T): T {
  if (ctx.busy.has(name) || ctx.busy.size >= FLAG_DEPTH || ctx.budget.left <= 0) return otherwise;
  ctx.budget.left--;
  ctx.busy.add(name);
  try {
    return follow();
  } finally {
    ctx.busy.delete(name);
  }
}

/** Kind, name and value of a term without its place. */
export interface TermSeed {
  readonly kind: FlagTerm['kind'];
  readonly name: string;
  readonly value?: number | undefined;
}

/** A term at a place, certain. `foldFlags` says which of them stand in the call itself. */
export function term(scope: FlagScope, span: Span, seed: TermSeed): FlagValue {
  const place = { start: span.start, end: span.end };
  return [
    { kind: seed.kind, name: seed.name, value: seed.value, unit: scope.unit, span: place, must: true, atCall: false },
  ];
}

/** An unknown term; its name is the expression's text. */
export function unknownTerm(scope: FlagScope, span: Span): FlagValue {
  return term(scope, span, { kind: 'unknown', name: shownText(scope.unit, span) });
}
