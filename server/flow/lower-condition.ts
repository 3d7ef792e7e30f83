/**
 * Conditions as control flow: `!`, `&&`, `||`, comma and parentheses become edges, so that each test stands alone.
 */
import { type CNode, childByField } from '../syntax/node.ts';
import type { Branches, LowerContext } from './lower-context.ts';
import { lowerExpression, operatorOf } from './lower-expression.ts';

const TRANSPARENT: ReadonlySet<string> = new Set([
  'likely',
  'unlikely',
  'WARN_ON',
  'WARN_ON_ONCE',
  'VM_WARN_ON_ONCE',
  '__builtin_expect',
]);

/** Lowers a condition and ends the current block; the caller goes on in one of the targets. */
export function lowerCondition(ctx: LowerContext, node: CNode, to: Branches): void {
  if (node.type === 'parenthesized_expression' && node.children.length === 1) {
    const inner = node.children[0];
    if (inner !== undefined) return lowerCondition(ctx, inner, to);
  }
  if (node.type === 'comma_expression') {
    const left = childByField(node, 'left');
    const right = childByField(node, 'right');
    if (left !== undefined && right !== undefined) {
      lowerExpression(ctx, left);
      return lowerCondition(ctx, right, to);
    }
  }
  if (node.type === 'unary_expression' && ctx.code(node.start) === '!') {
    const arg = childByField(node, 'argument');
    // The complete exit of `while (!done)` is still the loop's own: the loop id goes along, the sides swap.
    if (arg !== undefined && to.loop === undefined)
      return lowerCondition(ctx, arg, { yes: to.otherwise, otherwise: to.yes, loop: undefined });
  }
  if (node.type === 'binary_expression') {
    const left = childByField(node, 'left');
    const right = childByField(node, 'right');
    const op = operatorOf(ctx, node);
    if (left !== undefined && right !== undefined && (op === '&&' || op === '||')) {
      const middle = ctx.newBlock();
      const first =
        op === '&&'
          ? { yes: middle, otherwise: to.otherwise, loop: to.loop }
          : { yes: to.yes, otherwise: middle, loop: undefined };
      lowerCondition(ctx, left, first);
      ctx.current = middle;
      return lowerCondition(ctx, right, to);
    }
  }
  const call = node.type === 'call_expression' ? childByField(node, 'function') : undefined;
  if (call !== undefined && TRANSPARENT.has(ctx.text(call))) {
    const inner = childByField(node, 'arguments')?.children[0];
    if (inner !== undefined) return lowerCondition(ctx, inner, to);
  }
  if (node.type === 'identifier') {
    const asked = ctx.withArgument(ctx.text(node), (argument) => {
      lowerCondition(ctx, argument, to);
      return true;
    });
    if (asked === true) return;
  }
  const cond = lowerExpression(ctx, node);
  ctx.terminate({
    kind: 'branch',
    cond,
    yes: to.yes,
    otherwise: to.otherwise,
    span: { start: node.start, end: node.end },
    loop: to.loop,
  });
  ctx.current = ctx.newBlock();
}
