/** Functions that a call through a field may reach: what tables of the struct, in the file and beside it, put into that field. */
import { type CNode, childByField } from '../../syntax/node.ts';
import type { CUnit } from '../../syntax/unit.ts';
import { declarationAt } from '../calls/call-index.ts';
import { definitionOf, usersOf, type VisibleFunction } from '../project-view.ts';
import { fieldOwnerAnywhere } from '../structs/owners.ts';
import { bare, codeOf } from '../trees.ts';
import type { Walk } from './trace-reach.ts';

/** Files beside the unit in which tables are looked for. */
const MAX_BESIDE = 8;

/** More functions behind one field are many kinds of things, of which a site's pages meet one. */
const MAX_BEHIND = 3;

/** The functions that a call such as `object->ops->map(pages)` may reach; none where the struct is not known. */
export function behindField({ unit, fn, scope }: Walk, call: CNode): readonly VisibleFunction[] {
  const n = bare(childByField(call, 'function') ?? call);
  const field = n.type === 'field_expression' ? childByField(n, 'field') : undefined;
  const tag = field === undefined ? undefined : fieldOwnerAnywhere(unit, fn, n, scope.project);
  if (field === undefined || tag === undefined) return [];
  const name = codeOf(unit, field);
  const found = new Map<string, VisibleFunction>();
  for (const from of [unit, ...usersOf(unit, name, scope.project, MAX_BESIDE)]) {
    for (const entry of entriesOf(from, name, tag)) {
      const known = definitionOf(from, entry, scope.project);
      if (known !== undefined) found.set(`${known.unit.path} ${entry}`, known);
    }
  }
  return found.size > MAX_BEHIND ? [] : [...found.values()];
}

/** What the tables of a struct in a file put into one of its fields: `.map = demo_map`. */
function entriesOf(unit: CUnit, field: string, tag: string): readonly string[] {
  return [...unit.code.matchAll(new RegExp(`\\.\\s*${field}\\s*=\\s*&?\\s*(\\w+)`, 'g'))].flatMap((m) => {
    const item = declarationAt(unit, m.index);
    const struct = item === undefined ? undefined : /\bstruct\s+(\w+)/.exec(unit.code.slice(item.span.start, m.index));
    return struct?.[1] === tag ? (m[1] ?? []) : [];
  });
}
