/**
 * A function's tree to its control-flow graph (`ir.ts`). Never fails: what it does not understand becomes an unknown value
 * and a gap, which lowers the confidence of findings in that function.
 */
import type { Span } from '../base/span.ts';
import type { CNode } from '../syntax/node.ts';
import type { Cfg, CType, Expr } from './ir.ts';
import { lowerCall } from './lower-call.ts';
import { lowerCondition } from './lower-condition.ts';
import {
  LowerContext,
  type LowerHooks,
  type LowerTables,
  type LowerTypes,
  type MacroText,
  type ScopeCleanup,
} from './lower-context.ts';
import { lowerExpression } from './lower-expression.ts';
import { labelDepths, lowerStatement } from './lower-statement.ts';
import { reversePostOrder } from './order.ts';

/** What lowering is given. */
export interface LowerInput {
  readonly name: string;
  /** The function_definition node, or any node that holds the body as a compound_statement. */
  readonly body: CNode;
  readonly span: Span;
  readonly source: { readonly text: string; readonly code: string };
  readonly params: readonly { readonly name: string; readonly type: CType | undefined }[];
  readonly returnType: CType | undefined;
  readonly types: LowerTypes;
  readonly tables: LowerTables;
  /** The clean-up that the declaration attaches to this variable; undefined when there is none. */
  cleanupOf(declarator: CNode, name: string): ScopeCleanup | undefined;
  /** A macro in sight that jumps or returns, by its name. */
  jumpingMacro(name: string): MacroText | undefined;
  /** The number that a macro in sight stands for, by its name. */
  numberOf(name: string): number | undefined;
}

/** Lowers one function. */
export function lowerFunction(input: LowerInput): Cfg {
  const hooks: LowerHooks = {
    condition: lowerCondition,
    call: lowerCall,
    statementExpression,
    cleanupOf: (_ctx, declarator, name) => input.cleanupOf(declarator, name),
    jumpingMacro: (_ctx, name) => input.jumpingMacro(name),
    numberOf: (name) => input.numberOf(name),
  };
  const ctx = new LowerContext(input.source, input.types, input.tables, hooks);
  for (const p of input.params) ctx.params.add(p.name);
  const labels = labelDepths(input.body, (n) => ctx.text(n));
  lowerStatement(ctx, input.body, labels);
  ctx.terminate({ kind: 'return', value: undefined, span: { start: input.span.end - 1, end: input.span.end } });
  const blocks = ctx.finish();
  return {
    name: input.name,
    params: input.params,
    returnType: input.returnType,
    blocks,
    entry: 0,
    loops: ctx.loops,
    order: reversePostOrder(blocks, 0),
    span: input.span,
    gaps: ctx.gaps,
  };
}

/** `({ a; b; })`: its value is that of the last expression statement. */
function statementExpression(ctx: LowerContext, node: CNode): Expr {
  const labels = labelDepths(node, (n) => ctx.text(n));
  let value: Expr = { kind: 'unknown', text: undefined, parts: [] };
  ctx.openScope();
  for (const [i, child] of node.children.entries()) {
    const last = i === node.children.length - 1;
    const inner = child.children[0];
    if (last && child.type === 'expression_statement' && inner !== undefined) {
      const id = ctx.newTemp();
      ctx.emit({ kind: 'temp', id, value: lowerExpression(ctx, inner), span: inner });
      value = { kind: 'temp', id };
    } else lowerStatement(ctx, child, labels);
  }
  ctx.closeScope({ start: node.end - 1, end: node.end });
  return value;
}
