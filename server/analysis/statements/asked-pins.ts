/**
 * Releases that stand under the question whether pages are pinned: in the branch of an `if` that is taken where iov_iter_extract_will_pin(),
 * or what was kept of its answer, says yes. Read off trees: how the pages came there does not matter.
 */
import type { Span } from '../../base/span.ts';
import { type CNode, childByField } from '../../syntax/node.ts';
import type { CUnit, FunctionDef } from '../../syntax/unit.ts';
import { callsIn, treeOf } from '../calls/call-index.ts';
import { argumentNodes, bare, calleeOf, codeOf, operatorOf, pathTo } from '../trees.ts';
import { conditionOf } from './statement-place.ts';

/** The function that says whether pages extracted from an iterator are pinned (include/linux/uio.h, since 6.3). */
const ASKS = 'iov_iter_extract_will_pin';
/** What bio_flagged() is asked for where pages of a bio are pinned (include/linux/blk_types.h, since 6.5). */
const BIO_FLAG = 'BIO_PAGE_PINNED';

/** Names that hold answers: fields anywhere in the files, variables in the function that sets them. */
export interface KeptAnswers {
  readonly fields: ReadonlySet<string>;
  readonly variables: ReadonlyMap<FunctionDef, ReadonlySet<string>>;
}

const known = new WeakMap<CUnit['version'], KeptAnswers>();

/** The names that are set to an answer in a file. */
export function keptAnswers(unit: CUnit): KeptAnswers {
  const found = known.get(unit.version) ?? findAnswers(unit);
  known.set(unit.version, found);
  return found;
}

function findAnswers(unit: CUnit): KeptAnswers {
  const fields = new Set<string>();
  const variables = new Map<FunctionDef, ReadonlySet<string>>();
  for (const fn of unit.code.includes(ASKS) ? unit.functions : []) {
    if (!callsIn(unit, fn).has(ASKS)) continue;
    const names = new Set<string>();
    const body = unit.code.slice(fn.bodySpan.start, fn.bodySpan.end);
    for (const m of body.matchAll(/(->|\.)?\s*\b(\w+)\s*=\s*(?:!!\s*)?iov_iter_extract_will_pin\s*\(/g))
      (m[1] === undefined ? names : fields).add(m[2] ?? '');
    variables.set(fn, names);
  }
  return { fields, variables };
}

/** The branch that holds a place and is taken only where the answer is yes; undefined where there is none. */
export function branchWherePinned(unit: CUnit, fn: FunctionDef, at: Span, kept: KeptAnswers): CNode | undefined {
  const yes = (n: CNode): boolean => saysPinned(unit, n, { fields: kept.fields, names: kept.variables.get(fn) });
  return pathTo(treeOf(unit, fn), at)
    .flatMap((n) => {
      const branch = n.type === 'if_statement' ? childByField(n, 'consequence') : undefined;
      const condition = conditionOf(n);
      const isIn = branch !== undefined && branch.start <= at.start && at.end <= branch.end;
      return isIn && condition !== undefined && yes(condition) ? [branch] : [];
    })
    .at(-1);
}

interface Names {
  readonly fields: ReadonlySet<string>;
  readonly names: ReadonlySet<string> | undefined;
}

/** Whether a condition holds only where the answer is yes. */
function saysPinned(unit: CUnit, condition: CNode, names: Names): boolean {
  const n = bare(condition);
  switch (n.type) {
    case 'binary_expression': {
      const sides = [childByField(n, 'left'), childByField(n, 'right')].filter((side) => side !== undefined);
      const operator = childByField(n, 'operator');
      const isBoth = operator !== undefined && codeOf(unit, operator) === '&&';
      return isBoth && sides.some((side) => saysPinned(unit, side, names));
    }
    case 'unary_expression': {
      const inner = bare(n.children.at(-1) ?? n);
      const twice = inner.type === 'unary_expression' && operatorOf(unit, inner) === '!';
      return operatorOf(unit, n) === '!' && twice && saysPinned(unit, inner.children.at(-1) ?? inner, names);
    }
    case 'call_expression':
      return asksPinned(unit, n, names);
    case 'identifier':
      return names.names?.has(codeOf(unit, n)) === true;
    case 'field_expression': {
      const field = childByField(n, 'field');
      return field !== undefined && names.fields.has(codeOf(unit, field));
    }
    default:
      return false;
  }
}

function asksPinned(unit: CUnit, call: CNode, names: Names): boolean {
  const callee = calleeOf(call);
  const name = callee === undefined ? '' : codeOf(unit, callee);
  const [first, second] = argumentNodes(call);
  if (/^(?:un)?likely$/.test(name)) return first !== undefined && saysPinned(unit, first, names);
  return name === ASKS || (name === 'bio_flagged' && second !== undefined && codeOf(unit, second) === BIO_FLAG);
}
