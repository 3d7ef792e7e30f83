/** Another name for a called function, with continued lines moved along where they were aligned with the opening parenthesis. */
import { type CNode, childByField } from '../../../syntax/node.ts';
import type { CUnit } from '../../../syntax/unit.ts';
import type { Edit } from '../../define.ts';
import { columnAt, padTo } from '../layout.ts';

/** The edits of the name and of the lines behind it. */
export function renameKeepingLayout(unit: CUnit, call: CNode, newName: string): readonly Edit[] {
  const callee = childByField(call, 'function');
  const list = childByField(call, 'arguments');
  if (callee === undefined || list === undefined) return [];
  const edits: Edit[] = [{ unit, span: { start: callee.start, end: callee.end }, newText: newName }];
  const shift = newName.length - (callee.end - callee.start);
  const column = columnAt(unit.text, list.start) + 1;
  if (shift === 0) return edits;
  for (let at = unit.text.indexOf('\n', list.start); at >= 0 && at < list.end; at = unit.text.indexOf('\n', at + 1)) {
    const blank = /^[ \t]*/.exec(unit.text.slice(at + 1, list.end))?.[0] ?? '';
    const end = at + 1 + blank.length;
    if (columnAt(unit.text, end) !== column) continue;
    edits.push({ unit, span: { start: at + 1, end }, newText: padTo(column + shift, !blank.includes('\t')) });
  }
  return edits;
}
