/** Conditions of flags expressions that are certain: numbers, constants, and parameters that are such for the caller looked at. */
import { type CNode, childByField } from '../../syntax/node.ts';
import type { CUnit } from '../../syntax/unit.ts';
import { bare, codeOf, operatorOf } from '../trees.ts';
import type { FlagValue } from './flag-terms.ts';

/** The value of a number or a name that does not change; empty for anything else. */
export type Constants = (node: CNode) => FlagValue;

/** Whether a condition is certain, and which: a value, `!`, `==` and `!=` of such. */
export function decided(condition: CNode, unit: CUnit, constants: Constants): boolean | undefined {
  const n = bare(condition);
  if (n.type === 'unary_expression' && operatorOf(unit, n) === '!') {
    const argument = childByField(n, 'argument');
    const inner = argument === undefined ? undefined : decided(argument, unit, constants);
    return inner === undefined ? undefined : !inner;
  }
  if (n.type === 'binary_expression') return decidedEqual(n, unit, constants);
  const numbers = new Set(
    constants(n).map((t) => (t.kind === 'zero' ? 0 : t.kind === 'literal' ? t.value : undefined)),
  );
  const [only] = numbers;
  return numbers.size === 1 && only !== undefined ? only !== 0 : undefined;
}

function decidedEqual(n: CNode, unit: CUnit, constants: Constants): boolean | undefined {
  const [left, operator, right] = ['left', 'operator', 'right'].map((field) => childByField(n, field));
  const op = operator === undefined ? '' : codeOf(unit, operator);
  if ((op !== '==' && op !== '!=') || left === undefined || right === undefined) return undefined;
  const a = identityOf(constants(bare(left)));
  const b = a === undefined ? undefined : identityOf(constants(bare(right)));
  return a === undefined || b === undefined || typeof a !== typeof b ? undefined : (a === b) === (op === '==');
}

/** What tells a value from others of its kind where it is one for certain: its number, or the name of a constant. */
function identityOf(value: FlagValue): number | string | undefined {
  const [only, ...more] = value;
  if (only === undefined || more.length > 0 || !only.must) return undefined;
  if (only.kind === 'zero') return 0;
  if (only.kind === 'literal') return only.value;
  const isConstant = only.kind === 'foreign' || (only.kind === 'unknown' && /^[A-Z][A-Z0-9_]+$/.test(only.name));
  return isConstant ? only.name : undefined;
}
