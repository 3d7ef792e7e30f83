/**
 * Functions that are told by a parameter whether the pages they give back are dirty, and do nothing with it: what their callers say is lost.
 */
import { treeOf } from '../../../analysis/calls/call-index.ts';
import type { ApiCall } from '../../../analysis/sites/site.ts';
import { statementsIn } from '../../../analysis/statements/statement-place.ts';
import { usesOf, type VariableUse } from '../../../analysis/statements/variable-use.ts';
import { argumentNodes, calleeOf, callNodes, codeOf, pathTo } from '../../../analysis/trees.ts';
import { type CNode, childByField } from '../../../syntax/node.ts';
import { variablesOf } from '../../../syntax/types.ts';
import type { CUnit, FunctionDef } from '../../../syntax/unit.ts';
import type { RulePass } from '../../define.ts';
import { dirtyParameter } from '../../fixes/dirty-when.ts';
import { callersAbove, callsOf, filesOf } from '../file-calls.ts';

/** A release that marks nothing, in a function that was told. */
export interface IgnoredDirty {
  readonly call: ApiCall;
  readonly fn: FunctionDef;
  readonly parameter: string;
}

/** The first release of each function of a file that does nothing with what it is told; none where all callers in sight say no. */
export function ignoredDirty(pass: RulePass): readonly IgnoredDirty[] {
  const found = new Map<FunctionDef, IgnoredDirty>();
  for (const call of pass.calls) {
    const { unit, fn } = call;
    if (unit !== pass.unit || fn === undefined || found.has(fn) || !givesBack(call)) continue;
    const parameter = dirtyParameter(unit, fn);
    if (parameter === undefined || !isIgnored(unit, fn, parameter) || marks(unit, fn)) continue;
    if (isAlwaysToldNo(pass, fn, parameter) || isMarkedByCallers(pass, fn)) continue;
    found.set(fn, { call, fn, parameter });
  }
  return [...found.values()];
}

function givesBack({ rows }: ApiCall): boolean {
  return rows.some((row) => row.effects.some((e) => e.op === 'release' && e.ref !== 'none'));
}

/** Whether nothing hangs on a parameter: it is not read, or only cast away or asked for where nothing follows. */
function isIgnored(unit: CUnit, fn: FunctionDef, name: string): boolean {
  const tree = treeOf(unit, fn);
  return usesOf(unit, tree, name).every(({ kind, node }: VariableUse) => kind !== 'read' || leadsNowhere(tree, node));
}

function leadsNowhere(tree: CNode, read: CNode): boolean {
  const path = pathTo(tree, read);
  const test = path.findLast((n) => n.type.endsWith('_statement'));
  if (test?.type === 'expression_statement') return path.at(-2)?.type === 'cast_expression';
  if (test?.type !== 'if_statement' || childByField(test, 'alternative') !== undefined) return false;
  const body = childByField(test, 'consequence');
  return (
    body !== undefined && statementsIn(body).every((s) => s.type === 'expression_statement' && s.children.length === 0)
  );
}

/** Whether a function calls anything that speaks of dirty pages, other than a release that it tells no. */
function marks(unit: CUnit, fn: FunctionDef): boolean {
  return callNodes(treeOf(unit, fn)).some((call) => {
    const callee = calleeOf(call);
    if (callee === undefined || !/dirt(?:y|ied)/i.test(codeOf(unit, callee))) return false;
    return !isNo(codeOf(unit, argumentNodes(call).at(-1) ?? call));
  });
}

/** Whether there are callers in sight, and every one says that the pages are clean. */
function isAlwaysToldNo(pass: RulePass, fn: FunctionDef, parameter: string): boolean {
  const index = variablesOf(pass.unit, fn)
    .filter((v) => v.parameter)
    .findIndex((v) => v.name === parameter);
  const said = callsOf(filesOf(pass), fn.name).map(({ unit, fn: caller, offset }) => {
    const call = callNodes(treeOf(unit, caller)).find((n) => n.start === offset);
    const argument = call === undefined ? undefined : argumentNodes(call)[index];
    return argument === undefined ? '' : codeOf(unit, argument);
  });
  return said.length > 0 && said.every(isNo);
}

/** Whether a function that leads to this one marks pages dirty itself. */
function isMarkedByCallers(pass: RulePass, fn: FunctionDef): boolean {
  return callersAbove(filesOf(pass), fn.name, MAX_ABOVE).some((caller) => marks(caller.unit, caller.fn));
}

/** How far up whoever may mark them is looked for. */
const MAX_ABOVE = 2;

function isNo(code: string): boolean {
  return /^\(?\s*(?:false|0)\s*\)?$/.test(code.trim());
}
