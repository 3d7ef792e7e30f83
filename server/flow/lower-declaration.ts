/** Declarations in a body: variables come to life, initialisers are assignments, clean-up attributes register calls. */
import { type CNode, childByField } from '../syntax/node.ts';
import type { Expr, PlaceExpr } from './ir.ts';
import type { LowerContext } from './lower-context.ts';
import { convertTo, lowerExpression } from './lower-expression.ts';

/** Lowers a declaration statement. */
export function lowerDeclaration(ctx: LowerContext, node: CNode): void {
  const names: string[] = [];
  for (const child of node.children) {
    if (child.field !== 'declarator') continue;
    const name = declaredName(ctx, child);
    if (name === undefined) continue;
    ctx.declare(name);
    names.push(name);
  }
  if (names.length > 0) ctx.emit({ kind: 'enter', names, span: { start: node.start, end: node.end } });
  for (const child of node.children) {
    if (child.field !== 'declarator') continue;
    const name = declaredName(ctx, child);
    if (name === undefined) continue;
    if (child.type === 'init_declarator') initialise(ctx, child, name);
    const cleanup = ctx.hooks.cleanupOf(ctx, child, name);
    if (cleanup === undefined) continue;
    const place = ctx.variable(name, child.end);
    const arg: Expr = cleanup.byAddress ? { kind: 'address', place, decay: false } : { kind: 'read', place };
    const unless = cleanup.unlessNull === true ? arg : undefined;
    ctx.addCleanup({ callee: cleanup.callee, args: [arg], span: child, unless });
  }
}

/** The identifier inside pointers, arrays and parentheses of a declarator. */
function declaredName(ctx: LowerContext, declarator: CNode): string | undefined {
  let node: CNode | undefined = declarator;
  while (node !== undefined && node.type !== 'identifier') {
    const next: CNode | undefined =
      childByField(node, 'declarator') ??
      node.children.find((c) => c.type.endsWith('declarator') || c.type === 'identifier');
    if (next === node) return undefined;
    node = next;
  }
  return node === undefined ? undefined : ctx.text(node);
}

function initialise(ctx: LowerContext, node: CNode, name: string): void {
  const value = childByField(node, 'value');
  if (value === undefined) return;
  const target = ctx.variable(name, node.end);
  if (value.type === 'initializer_list') return initialiseList(ctx, value, target);
  ctx.emit({
    kind: 'assign',
    target,
    value: convertTo(lowerExpression(ctx, value), target),
    span: { start: node.start, end: node.end },
  });
}

/** Pseudo field of a variable that was initialised by a list: what the list does not name is zero. */
export const ZEROED = '<zeroed>';

/** `{ .field = value }` assigns each field named, the rest is zero; of a list by position nothing is known. */
function initialiseList(ctx: LowerContext, list: CNode, target: PlaceExpr): void {
  const span = { start: list.start, end: list.end };
  if (leavesRestZero(ctx, list, target))
    ctx.emit({ kind: 'assign', target: fieldOf(target, ZEROED), value: { kind: 'int', value: 1 }, span });
  for (const item of list.children) {
    if (item.type !== 'initializer_pair') {
      if (item.type !== 'initializer_list') lowerExpression(ctx, item);
      continue;
    }
    const designator = childByField(item, 'designator');
    const value = childByField(item, 'value');
    if (designator === undefined || value === undefined) continue;
    const field = fieldOf(target, ctx.text(designator).replace(/^\./, ''));
    if (value.type === 'initializer_list') {
      initialiseList(ctx, value, field);
      continue;
    }
    const rvalue: Expr = lowerExpression(ctx, value);
    ctx.emit({ kind: 'assign', target: field, value: rvalue, span: { start: item.start, end: item.end } });
  }
}

function fieldOf(base: PlaceExpr, name: string): PlaceExpr {
  const type = base.kind === 'var' ? base.type : undefined;
  return { kind: 'field', base, name, tag: type?.tag, home: type?.home, type: undefined };
}

/** Whether a list sets a struct whole: `{}` and `{ 0 }` of a variable that is one, or fields by name and nothing else. */
function leavesRestZero(ctx: LowerContext, list: CNode, target: PlaceExpr): boolean {
  const items = list.children.filter((c) => c.type !== 'comment');
  const named = items.filter((c) => c.type === 'initializer_pair' && /^\.\w+$/.test(designated(ctx, c)));
  if (named.length > 0) return named.length === items.length;
  const type = target.kind === 'var' ? target.type : undefined;
  const isStruct = type?.tag !== undefined && type.pointers === 0 && !type.array;
  return isStruct && items.every((c) => /^(?:0|NULL|false)$/.test(ctx.text(c)));
}

function designated(ctx: LowerContext, pair: CNode): string {
  const designator = childByField(pair, 'designator');
  return designator === undefined ? '' : ctx.text(designator);
}
