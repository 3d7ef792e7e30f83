/**
 * Which struct a field expression belongs to, as far as declarations at hand tell.
 */
import type { CNode } from '../syntax/node.ts';
import { childByField } from '../syntax/node.ts';
import type { CUnit } from '../syntax/unit.ts';
import { localNames } from './locals.ts';
import type { ProjectView } from './project-view.ts';
import { bare, codeOf } from './trees.ts';

/** The tag of the struct that holds the field of a field_expression; undefined where no declaration at hand tells. */
export function fieldOwner(
  unit: CUnit,
  tree: CNode | undefined,
  node: CNode,
  project: ProjectView,
): string | undefined {
  const argument = childByField(bare(node), 'argument');
  if (argument === undefined || tree === undefined || project === undefined) return undefined;
  const base = bare(argument);
  if (base.type !== 'identifier') return undefined;
  const type = localNames(unit, tree).get(codeOf(unit, base))?.type ?? '';
  return /^(?:const )?(?:struct|union) (\w+)$/.exec(type)?.[1];
}
