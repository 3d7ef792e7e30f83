/** Gives a local variable a signed type, where its declaration is a simple one of its own. */

import type { Variable } from '../../syntax/types.ts';
import type { CUnit } from '../../syntax/unit.ts';
import type { FixProposal } from '../define.ts';

/** The declaration of `variable` with the type `type` in place of an unsigned one; undefined where it declares more, or is a parameter. */
export function declareSigned(unit: CUnit, variable: Variable, type: string): FixProposal | undefined {
  if (variable.parameter || variable.type.derived.length > 0 || variable.type.unsigned !== true) return undefined;
  const { code } = unit;
  const start = Math.max(...[';', '{', '}', '('].map((c) => code.lastIndexOf(c, variable.offset - 1))) + 1;
  const words = code.slice(start, variable.offset);
  const spelled = /^\s*(\w[\w\s]*?)\s*$/.exec(words)?.[1];
  if (spelled === undefined || spelled !== spelled.trim() || !/[;]/.test(rest(code, variable))) return undefined;
  const at = start + words.indexOf(spelled);
  return {
    title: `Declare ${variable.name} as ${type}`,
    applicability: 'unsafe',
    edits: [{ unit, span: { start: at, end: at + spelled.length }, newText: type }],
  };
}

/** What follows the name up to the end of the declaration; empty where another name is declared with it. */
function rest(code: string, { name, offset }: Variable): string {
  let depth = 0;
  for (let i = offset + name.length; i < code.length; i++) {
    const c = code[i];
    if (c === '(' || c === '[' || c === '{') depth++;
    else if (c === ')' || c === ']' || c === '}') depth--;
    else if (depth === 0 && c === ',') return '';
    else if (depth === 0 && c === ';') return code.slice(offset + name.length, i + 1);
    if (depth < 0) return '';
  }
  return '';
}
