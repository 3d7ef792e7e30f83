/**
 * Which struct a field expression belongs to, as far as declarations at hand tell: locals, file variables, and the structs that
 * the file and the headers of its project define. A field of a struct defined elsewhere is unknown, never guessed.
 */
import { keptBeside } from '../../base/kept.ts';
import { type CNode, childByField } from '../../syntax/node.ts';
import { typeOfExpression } from '../../syntax/types.ts';
import type { CUnit, FunctionDef } from '../../syntax/unit.ts';
import { treeOf } from '../calls/call-index.ts';
import { localNames } from '../locals.ts';
import type { ProjectView } from '../project-view.ts';
import { bare, codeOf } from '../trees.ts';
import { homeOf, structBody } from './struct-home.ts';

/** Structs of the kernel that say nothing of whose object it is. */
export const NO_OWNER: ReadonlySet<string> = new Set([
  'device',
  'file',
  'inode',
  'page',
  'folio',
  'scatterlist',
  'sg_table',
  'bio_vec',
  'iov_iter',
  'mm_struct',
  'vm_area_struct',
]);

/** The tag of the struct that holds the field of a field_expression; undefined where no declaration at hand tells. */
export function fieldOwner(
  unit: CUnit,
  tree: CNode | undefined,
  node: CNode,
  project: ProjectView,
): string | undefined {
  const argument = childByField(bare(node), 'argument');
  return argument === undefined ? undefined : tagOf(unit, tree, argument, project);
}

/** As `fieldOwner`; the tag of a struct that the source file defines for itself comes with the file's path. */
export function fieldStruct(
  unit: CUnit,
  tree: CNode | undefined,
  node: CNode,
  project: ProjectView,
): string | undefined {
  const tag = fieldOwner(unit, tree, node, project);
  const home = homeOf(unit, tag);
  return home === undefined ? tag : `${home}:${tag}`;
}

/**
 * As `fieldOwner`, also through headers of the kernel and typedefs: dearer, since headers are read for it.
 * Undefined for a struct without a tag.
 */
export function fieldOwnerAnywhere(
  unit: CUnit,
  fn: FunctionDef,
  node: CNode,
  project: ProjectView,
): string | undefined {
  const near = fieldOwner(unit, treeOf(unit, fn), node, project);
  const argument = childByField(bare(node), 'argument');
  if (near !== undefined || argument === undefined) return near;
  const type = typeOfExpression(unit, fn, argument);
  const tagged = type !== undefined && (type.kind === 'struct' || type.kind === 'union');
  return tagged && type.tag !== undefined && /^\w+$/.test(type.tag) ? type.tag : undefined;
}

/** The tag of the struct that an expression is, or points to. */
function tagOf(unit: CUnit, tree: CNode | undefined, node: CNode, project: ProjectView): string | undefined {
  const n = bare(node);
  switch (n.type) {
    case 'identifier': {
      const name = codeOf(unit, n);
      const local = tree === undefined ? undefined : localNames(unit, tree).get(name);
      return local === undefined ? fileVariableTag(unit, name) : tagIn(local.type);
    }
    case 'subscript_expression':
    case 'pointer_expression': {
      const argument = childByField(n, 'argument');
      return argument === undefined ? undefined : tagOf(unit, tree, argument, project);
    }
    case 'field_expression': {
      const field = childByField(n, 'field');
      const owner = fieldOwner(unit, tree, n, project);
      if (owner === undefined || field === undefined) return undefined;
      return memberTag([unit, ...project.headers(unit)], owner, codeOf(unit, field));
    }
    default:
      return undefined;
  }
}

function tagIn(type: string): string | undefined {
  return /^(?:const |volatile |static )*(?:struct|union) (\w+)/.exec(type.replace(/\s+/g, ' '))?.[1];
}

function fileVariableTag(unit: CUnit, name: string): string | undefined {
  const item = unit.declarations.find((d) => d.kind === 'variable' && d.name === name);
  return item === undefined ? undefined : tagIn(unit.code.slice(item.span.start, item.span.end));
}

/** Struct members that are structs or pointers to them, by struct tag; by unit. */
const memberCache = new WeakMap<CUnit, Map<string, ReadonlyMap<string, string>>>();

function memberTag(units: readonly CUnit[], owner: string, field: string): string | undefined {
  for (const unit of units) {
    const tag = keptBeside(memberCache, unit, owner, () => membersOf(unit, owner)).get(field);
    if (tag !== undefined) return tag;
  }
  return undefined;
}

function membersOf(unit: CUnit, owner: string): Map<string, string> {
  const members = new Map<string, string>();
  for (const m of structBody(unit, owner).matchAll(/\b(?:struct|union)\s+(\w+)\s+([^;{}]*);/g)) {
    for (const name of (m[2] ?? '').matchAll(/(\w+)\s*(?:\[[^\]]*\]\s*)*(?=,|$)/g)) {
      if (name[1] !== undefined && m[1] !== undefined) members.set(name[1], m[1]);
    }
  }
  return members;
}
