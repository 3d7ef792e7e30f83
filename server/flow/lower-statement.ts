/**
 * Statements: goto ladders, switch with fall-through, every loop form and the for_each macros (masked to `while`), scopes.
 */
import { type CNode, childByField } from '../syntax/node.ts';
import type { Expr, PlaceExpr } from './ir.ts';
import { lowerCall } from './lower-call.ts';
import { lowerCondition } from './lower-condition.ts';
import type { LowerContext } from './lower-context.ts';
import { lowerDeclaration } from './lower-declaration.ts';
import { lowerExpression } from './lower-expression.ts';
import { lowerIdiom } from './lower-idiom.ts';
import { lowerMacroStatement } from './lower-macro.ts';

/** Depth of scopes at each label of the function, so that a goto leaves what it jumps out of. */
export type LabelDepths = ReadonlyMap<string, number>;

/** Finds the scope depth of every label; the function's body is depth 1. */
export function labelDepths(body: CNode, text: (n: CNode) => string): LabelDepths {
  const depths = new Map<string, number>();
  const visit = (node: CNode, depth: number): void => {
    const opens = node.type === 'compound_statement' || node.type === 'for_statement';
    const inner = opens ? depth + 1 : depth;
    if (node.type === 'labeled_statement') {
      const label = childByField(node, 'label');
      if (label !== undefined) depths.set(text(label), depth);
    }
    for (const child of node.children) if (holdsStatements(child)) visit(child, inner);
  };
  visit(body, 0);
  return depths;
}

function holdsStatements(node: CNode): boolean {
  return node.type.endsWith('_statement') || node.type === 'else_clause' || node.type === 'ERROR';
}

/** Lowers one statement into the current block. */
export function lowerStatement(ctx: LowerContext, node: CNode, labels: LabelDepths): void {
  switch (node.type) {
    case 'compound_statement':
      ctx.openScope();
      for (const child of node.children) lowerStatement(ctx, child, labels);
      ctx.closeScope({ start: node.end - 1, end: node.end });
      return;
    case 'declaration':
      return lowerDeclaration(ctx, node);
    case 'expression_statement':
      for (const child of node.children) {
        if (isReturnPtr(ctx, child)) return lowerReturnPtr(ctx, child);
        if (lowerMacroStatement(ctx, child, (body) => lowerStatement(ctx, body, labels))) continue;
        if (child.type === 'call_expression') lowerCall(ctx, child, true);
        else lowerExpression(ctx, child);
      }
      return;
    case 'if_statement':
      return lowerIf(ctx, node, labels);
    case 'while_statement':
      return lowerWhile(ctx, node, labels);
    case 'do_statement':
      return lowerDo(ctx, node, labels);
    case 'for_statement':
      return lowerFor(ctx, node, labels);
    case 'switch_statement':
      return lowerSwitch(ctx, node, labels);
    case 'case_statement':
      // A case outside a switch body that was lowered as such: damaged text.
      for (const child of node.children)
        if (holdsStatements(child) || child.type === 'declaration') lowerStatement(ctx, child, labels);
      return;
    case 'labeled_statement':
      return lowerLabel(ctx, node, labels);
    case 'goto_statement':
      return lowerGoto(ctx, node, labels);
    case 'break_statement':
    case 'continue_statement':
      return lowerJump(ctx, node);
    case 'return_statement':
      return lowerReturn(ctx, node);
    case 'ERROR':
      ctx.gaps.push({ start: node.start, end: node.end });
      for (const child of node.children) if (holdsStatements(child)) lowerStatement(ctx, child, labels);
      return;
    case 'comment':
    case 'type_definition':
    case 'struct_specifier':
      return;
    default:
      if (node.type.endsWith('_expression') || node.type === 'identifier') lowerExpression(ctx, node);
      else if (node.type.startsWith('preproc')) for (const child of node.children) lowerStatement(ctx, child, labels);
  }
}

function lowerGoto(ctx: LowerContext, node: CNode, labels: LabelDepths): void {
  const label = childByField(node, 'label');
  if (label === undefined) return;
  const written = ctx.text(label);
  const name = ctx.withArgument(written, (argument) => ctx.text(argument)) ?? written;
  ctx.unwindTo(labels.get(name) ?? 1, node);
  ctx.terminate({ kind: 'jump', to: ctx.label(name), goto: { start: node.start, end: node.end } });
  ctx.current = ctx.newBlock();
}

function lowerReturn(ctx: LowerContext, node: CNode): void {
  const value = node.children[0] === undefined ? undefined : lowerExpression(ctx, node.children[0]);
  const kept = value === undefined ? undefined : saveForReturn(ctx, value, node);
  ctx.unwindTo(0, node);
  ctx.terminate({ kind: 'return', value: kept, span: { start: node.start, end: node.end } });
  ctx.current = ctx.newBlock();
}

/** return_ptr(p): returns what a variable with a clean-up points to, and leaves the clean-up nothing. */
function isReturnPtr(ctx: LowerContext, node: CNode): boolean {
  const callee = node.type === 'call_expression' ? childByField(node, 'function') : undefined;
  return callee !== undefined && ctx.text(callee) === 'return_ptr';
}

function lowerReturnPtr(ctx: LowerContext, node: CNode): void {
  const args = childByField(node, 'arguments')?.children ?? [];
  const value = lowerIdiom(ctx, 'no_free_ptr', args);
  ctx.unwindTo(0, node);
  ctx.terminate({ kind: 'return', value, span: { start: node.start, end: node.end } });
  ctx.current = ctx.newBlock();
}

/** The value is read before the scopes are left. */
function saveForReturn(ctx: LowerContext, value: Expr, node: CNode): Expr {
  if (value.kind === 'int' || value.kind === 'temp') return value;
  const id = ctx.newTemp();
  ctx.emit({ kind: 'temp', id, value, span: node });
  return { kind: 'temp', id };
}

function lowerIf(ctx: LowerContext, node: CNode, labels: LabelDepths): void {
  const cond = childByField(node, 'condition');
  const yes = childByField(node, 'consequence');
  const no = childByField(node, 'alternative');
  if (cond === undefined) return;
  const then = ctx.newBlock();
  const join = ctx.newBlock();
  const otherwise = no === undefined ? join : ctx.newBlock();
  lowerCondition(ctx, cond, { yes: then, otherwise, loop: undefined });
  ctx.current = then;
  if (yes !== undefined) lowerStatement(ctx, yes, labels);
  ctx.continueIn(join);
  if (no === undefined) return;
  ctx.current = otherwise;
  const inner = no.type === 'else_clause' ? no.children[no.children.length - 1] : no;
  if (inner !== undefined) lowerStatement(ctx, inner, labels);
  ctx.continueIn(join);
}

function lowerJump(ctx: LowerContext, node: CNode): void {
  const target =
    node.type === 'break_statement'
      ? ctx.jumps[ctx.jumps.length - 1]
      : ctx.jumps.findLast((j) => j.continueTo !== undefined);
  if (target !== undefined) {
    ctx.unwindTo(target.depth, node);
    ctx.terminate({
      kind: 'jump',
      to: node.type === 'break_statement' ? target.breakTo : (target.continueTo ?? target.breakTo),
    });
  }
  ctx.current = ctx.newBlock();
}

function lowerLabel(ctx: LowerContext, node: CNode, labels: LabelDepths): void {
  const label = childByField(node, 'label');
  if (label !== undefined) ctx.continueIn(ctx.label(ctx.text(label)));
  for (const child of node.children) if (child !== label) lowerStatement(ctx, child, labels);
}

/** The name of the macro that the mask turned into `while`, or undefined for a real while loop. */
function loopMacro(ctx: LowerContext, node: CNode): string | undefined {
  const m = /^[A-Za-z_]\w*/.exec(ctx.source.text.slice(node.start, node.start + 80));
  const name = m?.[0];
  return name === undefined || name === 'while' ? undefined : name;
}

function lowerWhile(ctx: LowerContext, node: CNode, labels: LabelDepths): void {
  const cond = childByField(node, 'condition');
  const body = childByField(node, 'body');
  const macro = loopMacro(ctx, node);
  const head = ctx.newBlock();
  const bodyBlock = ctx.newBlock();
  const exit = ctx.newBlock();
  ctx.continueIn(head);
  const id = ctx.loops.length;
  const variables = macro === undefined || cond === undefined ? [] : macroVariables(ctx, macro, cond);
  ctx.loops.push({ id, head, span: { start: node.start, end: node.end }, macro, test: 'before' });
  if (macro !== undefined) {
    // The macro's own test: nobody knows its outcome; the loop variables get new values in the body.
    const test: Expr = { kind: 'unknown', text: undefined, parts: [] };
    ctx.terminate({ kind: 'branch', cond: test, yes: bodyBlock, otherwise: exit, span: cond ?? node, loop: id });
    ctx.current = bodyBlock;
    for (const v of variables)
      ctx.emit({ kind: 'assign', target: v, value: loopValue(ctx, macro, cond, v), span: cond ?? node });
  } else if (cond !== undefined) lowerCondition(ctx, cond, { yes: bodyBlock, otherwise: exit, loop: id });
  ctx.current = bodyBlock;
  const drained = macro === undefined && cond !== undefined ? drainedList(ctx, cond) : undefined;
  ctx.jumps.push({ breakTo: exit, continueTo: head, depth: ctx.scopes.length, drained });
  if (body !== undefined) lowerStatement(ctx, body, labels);
  ctx.jumps.pop();
  ctx.terminate({ kind: 'jump', to: head });
  ctx.current = exit;
}

/** The list that a loop empties: `while (!list_empty(list))`. */
function drainedList(ctx: LowerContext, cond: CNode): string | undefined {
  return /^\(\s*!\s*list_empty\s*\((.*)\)\s*\)$/s.exec(ctx.text(cond))?.[1]?.trim();
}

/** The arguments of a masked loop macro: the parts of its comma expression. */
function macroArguments(cond: CNode): CNode[] {
  const inner = cond.type === 'parenthesized_expression' ? cond.children[0] : cond;
  const out: CNode[] = [];
  const visit = (n: CNode): void => {
    if (n.type !== 'comma_expression') out.push(n);
    else for (const child of n.children) if (child.field !== 'operator') visit(child);
  };
  if (inner !== undefined) visit(inner);
  return out;
}

function macroVariables(ctx: LowerContext, macro: string, cond: CNode): PlaceExpr[] {
  const args = macroArguments(cond);
  const indices = ctx.tables.loopVariables(macro) ?? [0];
  return indices.flatMap((i) => {
    const arg = args[i];
    // An iterator that the caller keeps is passed by its address: `for_each_sg_page(sgl, &iter, n, 0)`.
    const variable =
      arg?.type === 'pointer_expression' && ctx.code(arg.start) === '&' ? childByField(arg, 'argument') : arg;
    return variable?.type === 'identifier' ? [ctx.variable(ctx.text(variable), variable.start)] : [];
  });
}

/** What a loop variable holds: some element of the container, equal for equal containers. */
function loopValue(ctx: LowerContext, macro: string, cond: CNode | undefined, variable: PlaceExpr): Expr {
  const args = cond === undefined ? [] : macroArguments(cond);
  const set = new Set(ctx.tables.loopVariables(macro) ?? [0]);
  const at = ctx.tables.loopContainer(macro) ?? args.findIndex((_, i) => !set.has(i));
  const container = args[at];
  if (container === undefined) return { kind: 'unknown', text: undefined, parts: [] };
  const parts = [lowerExpression(ctx, container)];
  if (variable.kind === 'var' && (variable.type?.pointers ?? 0) === 0 && variable.type?.bits !== undefined)
    return { kind: 'unknown', text: undefined, parts: [] };
  return { kind: 'unknown', text: `each ${macro} ${ctx.text(container)}`, parts };
}

function lowerDo(ctx: LowerContext, node: CNode, labels: LabelDepths): void {
  const cond = childByField(node, 'condition');
  const body = childByField(node, 'body');
  const constantFalse = cond !== undefined && /^\(?\s*(0|false)\s*\)?$/.test(ctx.text(cond));
  const head = ctx.newBlock();
  const test = ctx.newBlock();
  const exit = ctx.newBlock();
  ctx.continueIn(head);
  const id = ctx.loops.length;
  if (!constantFalse)
    ctx.loops.push({ id, head, span: { start: node.start, end: node.end }, macro: undefined, test: 'after' });
  ctx.jumps.push({ breakTo: exit, continueTo: test, depth: ctx.scopes.length });
  if (body !== undefined) lowerStatement(ctx, body, labels);
  ctx.jumps.pop();
  ctx.continueIn(test);
  if (constantFalse || cond === undefined) ctx.terminate({ kind: 'jump', to: exit });
  else lowerCondition(ctx, cond, { yes: head, otherwise: exit, loop: id });
  ctx.current = exit;
}

function lowerFor(ctx: LowerContext, node: CNode, labels: LabelDepths): void {
  const init = childByField(node, 'initializer');
  const cond = childByField(node, 'condition');
  const update = childByField(node, 'update');
  const body = childByField(node, 'body');
  ctx.openScope();
  if (init?.type === 'declaration') lowerDeclaration(ctx, init);
  else if (init !== undefined) lowerExpression(ctx, init);
  const head = ctx.newBlock();
  const bodyBlock = ctx.newBlock();
  const step = ctx.newBlock();
  const exit = ctx.newBlock();
  ctx.continueIn(head);
  const id = ctx.loops.length;
  ctx.loops.push({ id, head, span: { start: node.start, end: node.end }, macro: undefined, test: 'before' });
  if (cond === undefined) ctx.terminate({ kind: 'jump', to: bodyBlock });
  else lowerCondition(ctx, cond, { yes: bodyBlock, otherwise: exit, loop: id });
  ctx.current = bodyBlock;
  ctx.jumps.push({ breakTo: exit, continueTo: step, depth: ctx.scopes.length });
  if (body !== undefined) lowerStatement(ctx, body, labels);
  ctx.jumps.pop();
  ctx.continueIn(step);
  if (update !== undefined) lowerExpression(ctx, update);
  ctx.terminate({ kind: 'jump', to: head });
  ctx.current = exit;
  ctx.closeScope({ start: node.end - 1, end: node.end });
}

function lowerSwitch(ctx: LowerContext, node: CNode, labels: LabelDepths): void {
  const cond = childByField(node, 'condition');
  const body = childByField(node, 'body');
  if (cond === undefined || body === undefined) return;
  const id = ctx.newTemp();
  ctx.emit({ kind: 'temp', id, value: lowerExpression(ctx, cond), span: cond });
  const exit = ctx.newBlock();
  const cases = body.children.filter((c) => c.type === 'case_statement');
  const blocks = cases.map(() => ctx.newBlock());
  let fallback = exit;
  for (const [i, c] of cases.entries()) {
    const value = childByField(c, 'value');
    const block = blocks[i] ?? exit;
    if (value === undefined) {
      fallback = block;
      continue;
    }
    const next = ctx.newBlock();
    const right = lowerExpression(ctx, value);
    ctx.terminate({
      kind: 'branch',
      cond: { kind: 'binary', op: '==', left: { kind: 'temp', id }, right, span: value },
      yes: block,
      otherwise: next,
      span: value,
      loop: undefined,
    });
    ctx.current = next;
  }
  ctx.terminate({ kind: 'jump', to: fallback });
  ctx.openScope();
  ctx.jumps.push({ breakTo: exit, continueTo: undefined, depth: ctx.scopes.length });
  ctx.current = ctx.newBlock();
  for (const child of body.children) {
    const i = cases.indexOf(child);
    if (i < 0) lowerStatement(ctx, child, labels);
    else {
      ctx.continueIn(blocks[i] ?? exit);
      for (const part of child.children) if (part.field !== 'value') lowerStatement(ctx, part, labels);
    }
  }
  ctx.jumps.pop();
  ctx.closeScope({ start: node.end - 1, end: node.end });
  ctx.continueIn(exit);
}
