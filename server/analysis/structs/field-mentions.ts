/** Whether a function names a field of a certain struct: a field of the same name in another struct is none of it. */
import type { Owner } from '../../flow/value.ts';
import { childByField, walk } from '../../syntax/node.ts';
import type { CUnit, FunctionDef } from '../../syntax/unit.ts';
import { treeOf } from '../calls/call-index.ts';
import { aloneView } from '../project-view.ts';
import { codeOf } from '../trees.ts';
import { fieldOwnerAnywhere } from './owners.ts';
import { definesStruct } from './struct-home.ts';

/**
 * Whether a function names the field: `->field` or `.field` of that struct, or of one that no declaration tells; a variable at file scope by its name. A struct that a source file
 * defines for itself is another in a file that defines one, too, and none in a file that never says its name.
 */
export function namesFieldOf(unit: CUnit, fn: FunctionDef, { tag, home, field, global }: Owner): boolean {
  if (home !== undefined && home !== unit.path && !knowsStruct(unit, tag ?? '')) return false;
  const text = unit.code.slice(fn.bodySpan.start, fn.bodySpan.end);
  if (global === true) return new RegExp(`(?<!->|[\\w.])${field}\\b`).test(text);
  if (!new RegExp(`(?:->|\\.)\\s*${field}\\b`).test(text)) return false;
  if (tag === undefined || tag.includes('#')) return true;
  let named = false;
  let fields = 0;
  walk(treeOf(unit, fn), (node) => {
    if (node.type !== 'field_expression') return !named;
    const name = childByField(node, 'field');
    if (name === undefined || codeOf(unit, name) !== field) return !named;
    fields++;
    const owner = fieldOwnerAnywhere(unit, fn, node, aloneView);
    named ||= owner === undefined || owner === tag;
    return !named;
  });
  return named || fields === 0;
}

/** Whether a file names a struct without defining one of that name. */
function knowsStruct(unit: CUnit, tag: string): boolean {
  return !definesStruct(unit, tag) && new RegExp(`\\b${tag}\\b`).test(unit.code);
}
