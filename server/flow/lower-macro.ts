/**
 * Macros of a project that jump or return: `BAIL_ON(ret < 0, out);`. No function could do that, so their body is lowered where they stand,
 * with the arguments as they were written.
 */
import { type CNode, childByField } from '../syntax/node.ts';
import type { LowerContext } from './lower-context.ts';

/** Macros in macros beyond which a call is one of a function nobody knows. */
const MAX_DEPTH = 3;

/** Lowers a call that stands as a statement by the body of its macro; false where it is none of such a macro. */
export function lowerMacroStatement(ctx: LowerContext, call: CNode, lowerBody: (body: CNode) => void): boolean {
  const callee = childByField(call, 'function');
  const name = callee?.type === 'identifier' ? ctx.text(callee) : undefined;
  if (name === undefined || ctx.scopeOf(name) !== 'global' || ctx.depthOfMacros >= MAX_DEPTH) return false;
  const macro = ctx.hooks.jumpingMacro(ctx, name);
  const given = childByField(call, 'arguments')?.children.filter((c) => c.type !== 'comment') ?? [];
  if (macro === undefined) return false;
  // What `...` stands for is only passed on.
  const named = macro.params.filter((param) => !param.endsWith('...'));
  const isOpen = named.length < macro.params.length;
  if (isOpen ? given.length < named.length : given.length !== named.length) return false;
  const args = new Map(named.map((param, i) => [param, given[i] as CNode]));
  ctx.inMacro({ source: macro.source, args, at: { start: call.start, end: call.end } }, () => lowerBody(macro.body));
  return true;
}
