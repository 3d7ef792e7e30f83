/** Fields of objects that local pointers walk through. */
import { type CNode, childByField, walk } from '../../syntax/node.ts';
import type { CUnit } from '../../syntax/unit.ts';
import type { LocalName } from '../locals.ts';
import { bare, codeOf, isAddressOf } from '../trees.ts';

/** A function with its variables. */
interface Around {
  readonly unit: CUnit;
  readonly tree: CNode;
  readonly locals: ReadonlyMap<string, LocalName>;
}

/** The field of an object that a local pointer is set to walk through: `entry = &table->entries[0];`. */
export function fieldBehind({ unit, tree, locals }: Around, name: string): CNode | undefined {
  const local = locals.get(name);
  if (local === undefined || local.param !== undefined || local.pointers === 0) return undefined;
  let found: CNode | undefined;
  walk(tree, (n) => {
    const isInit = n.type === 'init_declarator';
    if (found !== undefined || (!isInit && n.type !== 'assignment_expression')) return found === undefined;
    const left = childByField(n, isInit ? 'declarator' : 'left');
    const value = childByField(n, isInit ? 'value' : 'right');
    if (left !== undefined && value !== undefined && codeOf(unit, left).replace(/^[*\s]+/, '') === name)
      found = fieldOf(unit, value);
    return true;
  });
  return found;
}

/** The field that `&table->entries[i]` or `table->entries` starts from. */
function fieldOf(unit: CUnit, value: CNode): CNode | undefined {
  let n = bare(value);
  while (n.type === 'subscript_expression' || (n.type === 'pointer_expression' && isAddressOf(unit, n)))
    n = bare(childByField(n, 'argument') ?? n);
  return n.type === 'field_expression' ? n : undefined;
}
