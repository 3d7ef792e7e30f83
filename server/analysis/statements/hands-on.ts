/**
 * Whether a function lets what a parameter leads to go anywhere: to functions that may keep it or give it back, into memory, to its caller.
 * One that does not can at most print it, mark it dirty or free it. By its own text alone.
 */
import type { Model } from '../../../model/index.ts';
import type { Effect } from '../../../model/schema.ts';
import { type CNode, childByField, walk } from '../../syntax/node.ts';
import type { CUnit, FunctionDef } from '../../syntax/unit.ts';
import { treeOf } from '../calls/call-index.ts';
import { isHarmless } from '../paths/outside.ts';
import { argumentNodes, bare, calleeOf, codeOf } from '../trees.ts';

/** What a function does with a parameter that it lets go nowhere. */
export interface KeptToItself {
  /** Whether it marks pages dirty that it finds there: they are held where it is called. */
  readonly dirties: boolean;
}

/** Effects that leave pages with who has them; another name of them is one for the function alone where it is the result. */
const QUIET: ReadonlySet<Effect['op']> = new Set(['dirty', 'access', 'query', 'free']);

/** Macros in capitals that say something or check it. */
const SAYS = /WARN|BUG|ASSERT|DBG|DEBUG|PRINT|LOG|ERR|INFO|TRACE/;

/** Functions that count references of what they are given, or wake who waits for it: the end is elsewhere. */
const COUNTS = /^_*(?:refcount|atomic|kref|complete|wake|wait)/;

/** What a function does with some of its parameters; undefined where it hands them on, or code of other configurations may. */
export function keptToItself(
  unit: CUnit,
  fn: FunctionDef,
  params: readonly string[],
  model: Model,
): KeptToItself | undefined {
  const text = unit.text.slice(fn.bodySpan.start, fn.bodySpan.end);
  if (/^[ \t]*#/m.test(text)) return undefined;
  const tree = treeOf(unit, fn);
  const names = leadingTo(unit, tree, new Set(params));
  const concerns = (node: CNode | undefined): boolean => node !== undefined && mentions(unit, node, names);
  let goes = false;
  let dirties = false;
  walk(tree, (node) => {
    if (node.type === 'call_expression') {
      const given = argumentNodes(node).some(concerns);
      const callee = calleeOf(node);
      if (callee === undefined) goes ||= given || concerns(childByField(node, 'function'));
      else if (given) {
        const effects = model.allRows(codeOf(unit, callee)).flatMap((row) => row.effects);
        goes ||= !isQuiet(codeOf(unit, callee), effects);
        dirties ||= effects.some((e) => e.op === 'dirty');
      }
    } else if (node.type === 'assignment_expression') goes ||= isStored(unit, node, names);
    else if (node.type === 'update_expression') goes ||= isMemory(childByField(node, 'argument')) && concerns(node);
    else if (node.type === 'return_statement' || node.type === 'goto_statement') goes ||= concerns(node);
    return !goes;
  });
  return goes ? undefined : { dirties };
}

function isQuiet(name: string, effects: readonly Effect[]): boolean {
  if (effects.length > 0)
    return effects.every(({ op, place, to }) => QUIET.has(op) || (op === 'alias' && (to === 'ret' || place === 'ret')));
  return isHarmless(name) && !COUNTS.test(name) && (SAYS.test(name) || !/^[A-Z\d_]+$/.test(name));
}

/** The parameters and the variables that are made of them. */
function leadingTo(unit: CUnit, tree: CNode, names: Set<string>): ReadonlySet<string> {
  for (let before = -1; before < names.size; ) {
    before = names.size;
    walk(tree, (node) => {
      const isInit = node.type === 'init_declarator';
      if (!isInit && node.type !== 'assignment_expression') return true;
      const target = childByField(node, isInit ? 'declarator' : 'left');
      const value = childByField(node, isInit ? 'value' : 'right');
      const variable = target === undefined ? undefined : nameIn(unit, target);
      if (variable !== undefined && value !== undefined && mentions(unit, value, names)) names.add(variable);
      return true;
    });
  }
  return names;
}

/** The variable that is set or declared: none for a place in memory. */
function nameIn(unit: CUnit, target: CNode): string | undefined {
  let n: CNode | undefined = bare(target);
  while (n?.type === 'pointer_declarator' || n?.type === 'array_declarator') n = childByField(n, 'declarator');
  return n?.type === 'identifier' ? codeOf(unit, n) : undefined;
}

function mentions(unit: CUnit, node: CNode, names: ReadonlySet<string>): boolean {
  let found = false;
  walk(node, (n) => {
    found ||= n.type === 'identifier' && names.has(codeOf(unit, n));
    return !found;
  });
  return found;
}

/** Whether an assignment puts what the names lead to into memory, or changes what they lead to for anything but 0. */
function isStored(unit: CUnit, node: CNode, names: ReadonlySet<string>): boolean {
  const [left, right] = [childByField(node, 'left'), childByField(node, 'right')];
  if (left === undefined || right === undefined || !isMemory(left)) return false;
  if (mentions(unit, right, names)) return true;
  const isNothing = operatorBetween(unit, left, right) === '=' && /^(?:NULL|0|false)$/.test(codeOf(unit, bare(right)));
  return mentions(unit, left, names) && !isNothing;
}

function operatorBetween(unit: CUnit, left: CNode, right: CNode): string {
  return unit.code.slice(left.end, right.start).trim();
}

function isMemory(node: CNode | undefined): boolean {
  return node !== undefined && bare(node).type !== 'identifier';
}
