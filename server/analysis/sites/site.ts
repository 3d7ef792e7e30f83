/**
 * Calls of the API family as the analysis sees them: which function, which rows of the model, which flags, on which kernels.
 * The types only; `sites.ts` finds them, `../flags/flags.ts` folds their flags.
 */
import type { ApiRow } from '../../../model/schema.ts';
import type { KernelRange } from '../../../model/version.ts';
import type { Span } from '../../base/span.ts';
import type { CNode } from '../../syntax/node.ts';
import type { CUnit, FunctionDef, MacroDef } from '../../syntax/unit.ts';

/** One thing that may end up in a gup_flags argument, with its place. */
export interface FlagTerm {
  /**
   * flag: a FOLL_ name. zero: 0, NULL or false. literal: another number, or true. comparison: `a == b`, `!a`, a bool or an int named write.
   * foreign: a constant of another flag family (VM_WRITE, PROT_WRITE, DMA_FROM_DEVICE). parameter: comes in as an argument of the function.
   * unknown: anything else (a field, a call).
   */
  readonly kind: 'flag' | 'zero' | 'literal' | 'comparison' | 'foreign' | 'parameter' | 'unknown';
  /** Flag, constant or parameter name; the text of the expression otherwise. */
  readonly name: string;
  /** Numeric value of a literal. */
  readonly value: number | undefined;
  readonly unit: CUnit;
  readonly span: Span;
  /** On every path that reaches the call (false: only on some). */
  readonly must: boolean;
  /** Whether the term stands in the argument list of the call itself. */
  readonly atCall: boolean;
}

/** The flags argument folded: what it must and what it may hold. */
export interface FlagSet {
  /** The argument as written; empty when the call has none. */
  readonly text: string;
  /** The argument's place; undefined when the call has none. */
  readonly span: Span | undefined;
  readonly terms: readonly FlagTerm[];
  readonly must: ReadonlySet<string>;
  /** Holds `must` too. Numbers and truth values are read by the kernels of the call: `1` is FOLL_WRITE on all of them. */
  readonly may: ReadonlySet<string>;
  /** Every source was found: no parameter, field or call among the terms. */
  readonly known: boolean;
}

/** One argument of a call. */
export interface Argument extends Span {
  readonly node: CNode | undefined;
  readonly text: string;
}

/** A call of a function the model knows. */
export interface ApiCall {
  readonly unit: CUnit;
  /** undefined for a call in the body of a macro that stands outside functions. */
  readonly fn: FunctionDef | undefined;
  readonly macro: MacroDef | undefined;
  /** The model's name: `pin_user_pages` also where the text says a macro that stands for it. */
  readonly api: string;
  /** The name in the text. */
  readonly spelled: string;
  /**
   * The rows that hold on some kernel of `active`; empty when the name does not exist there. Where some of them take as many
   * arguments as the call has, only those (`model.rows` has the others).
   */
  readonly rows: readonly ApiRow[];
  /** The whole call expression, and the callee's name in it. */
  readonly span: Span;
  readonly nameSpan: Span;
  readonly node: CNode | undefined;
  /** Of a call through a wrapper: the arguments of the API, the wrapper's own text (without a node) where it does not pass one on. */
  readonly args: readonly Argument[];
  /** The kernels aimed at on which the enclosing #if keeps the call. */
  readonly active: KernelRange;
}

/** A call that takes pages. */
export interface CallSite extends ApiCall {
  readonly flags: FlagSet;
  /** none when the pages argument is NULL and the function takes no reference then. */
  readonly reference: 'pin' | 'get' | 'none' | 'either';
  /** Name of the project's wrapper this call goes through; undefined for a direct call. */
  readonly via: string | undefined;
}
