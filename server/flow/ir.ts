/**
 * The intermediate form of one function: basic blocks of simple instructions whose expressions have no side effects.
 * Calls and assignments stand alone, short-circuit tests are branches, scopes open and close. Plain data with spans of the file.
 */
import type { Span } from '../base/span.ts';

/** What is known of a C type, as far as the analysis asks. Widths are those of a 64-bit kernel. */
export interface CType {
  /** struct or union tag of the value, or of what the pointers point to. */
  readonly tag: string | undefined;
  /** Path of the source file that defines the struct for itself. */
  readonly home?: string | undefined;
  /** Levels of pointer. */
  readonly pointers: number;
  readonly array: boolean;
  /** Integer signedness and width in bits; undefined for other or unknown types. */
  readonly unsigned: boolean | undefined;
  readonly bits: number | undefined;
}

/** Where a variable lives. */
export type VarScope = 'local' | 'param' | 'global';

/** An lvalue. `deref` stands for `*p` and, through `field`, for `p->f`; `index` for `p[i]`. */
export type PlaceExpr =
  | { readonly kind: 'var'; readonly name: string; readonly scope: VarScope; readonly type: CType | undefined }
  | {
      readonly kind: 'field';
      readonly base: PlaceExpr;
      readonly name: string;
      readonly tag: string | undefined;
      /** As in `CType`. */
      readonly home?: string | undefined;
      readonly type: CType | undefined;
    }
  | { readonly kind: 'deref'; readonly pointer: Expr }
  | { readonly kind: 'index'; readonly pointer: Expr; readonly index: Expr };

/** Operators of two operands; `min` and `max` are those of the kernel's macros, `ceil` is division rounded up. */
export type BinaryOp =
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | '<<'
  | '>>'
  | '&'
  | '|'
  | '^'
  | '<'
  | '<='
  | '>'
  | '>='
  | '=='
  | '!='
  | 'min'
  | 'max'
  | 'ceil';

/** An rvalue without side effects. */
export type Expr =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'read'; readonly place: PlaceExpr }
  /** `decay`: an array used as a value, the address of its first element. */
  | { readonly kind: 'address'; readonly place: PlaceExpr; readonly decay: boolean }
  | { readonly kind: 'temp'; readonly id: number }
  | { readonly kind: 'not'; readonly arg: Expr }
  | { readonly kind: 'negate'; readonly arg: Expr }
  | { readonly kind: 'binary'; readonly op: BinaryOp; readonly left: Expr; readonly right: Expr; readonly span: Span }
  | { readonly kind: 'convert'; readonly type: CType; readonly arg: Expr }
  /** container_of(arg, struct, member): the object whose member `arg` points to. */
  | { readonly kind: 'container'; readonly arg: Expr; readonly member: string }
  /**
   * A value nobody can tell; `text` keeps equal unknowns equal (enum constants, macros), `parts` are what it was made of, `number` what a
   * constant stands for, where that is known.
   */
  | {
      readonly kind: 'unknown';
      readonly text: string | undefined;
      readonly parts: readonly Expr[];
      readonly number?: number | undefined;
    };

/** One step. Spans are the statement's or the call's. */
export type Instr =
  | { readonly kind: 'assign'; readonly target: PlaceExpr; readonly value: Expr; readonly span: Span }
  | { readonly kind: 'temp'; readonly id: number; readonly value: Expr; readonly span: Span }
  | CallInstr
  /** Variables that come to life here, uninitialised. */
  | { readonly kind: 'enter'; readonly names: readonly string[]; readonly span: Span }
  /** Variables that die here. */
  | { readonly kind: 'leave'; readonly names: readonly string[]; readonly span: Span };

/** A call, with its arguments already evaluated. */
export interface CallInstr {
  readonly kind: 'call';
  /** Temporary that receives the result. */
  readonly id: number;
  /** Name of the function or macro; undefined for a call through a pointer. */
  readonly callee: string | undefined;
  /** The pointer called through. */
  readonly target: Expr | undefined;
  /** `(struct tag, field)` of the pointer called through, where known. */
  readonly via: { readonly tag: string | undefined; readonly field: string } | undefined;
  readonly args: readonly Expr[];
  /** Types of the arguments' expressions where known; used for owners and signedness. */
  readonly argSpans: readonly Span[];
  readonly span: Span;
  readonly nameSpan: Span;
  /** The result is thrown away: the call is a statement of its own or cast to void. */
  readonly discarded: boolean;
}

/** How a block ends. */
export type Terminator =
  /** `goto`: the statement, where it is one. */
  | { readonly kind: 'jump'; readonly to: number; readonly goto?: Span }
  /** `loop`: the test is the loop's own condition, and `otherwise` is its complete exit. */
  | {
      readonly kind: 'branch';
      readonly cond: Expr;
      readonly yes: number;
      readonly otherwise: number;
      readonly span: Span;
      readonly loop: number | undefined;
    }
  | { readonly kind: 'return'; readonly value: Expr | undefined; readonly span: Span }
  | { readonly kind: 'unreachable' };

/** Instructions that run one after the other. */
export interface Block {
  readonly id: number;
  readonly instrs: readonly Instr[];
  readonly term: Terminator;
}

/** A loop as written: its head is the target of the back edge. Loops made by goto have none; `loops.ts` finds those too. */
export interface Loop {
  readonly id: number;
  readonly head: number;
  readonly span: Span;
  /** Macro name for `for_each` loops. */
  readonly macro: string | undefined;
  /** Whether the loop's condition is tested before its body or after. */
  readonly test: 'before' | 'after';
}

/** A lowered function. `order` holds the ids of reachable blocks in reverse post-order. */
export interface Cfg {
  readonly name: string;
  readonly params: readonly { readonly name: string; readonly type: CType | undefined }[];
  readonly returnType: CType | undefined;
  readonly blocks: readonly Block[];
  readonly entry: number;
  readonly loops: readonly Loop[];
  readonly order: readonly number[];
  readonly span: Span;
  /** Constructs that could not be lowered; findings in such a function are not `high`. */
  readonly gaps: readonly Span[];
}
