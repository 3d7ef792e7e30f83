/** From which of the kernel's entry points a function is reached: the fields of tables that its callers, or itself, stand in. */
import type { CUnit, FunctionDef } from '../../syntax/unit.ts';
import type { ProjectView } from '../project-view.ts';
import { callersOf, hooksOf } from './callers.ts';

/** How far callers are followed. */
const MAX_DEPTH = 7;

/** Functions that are looked at for one question. */
const MAX_FUNCTIONS = 60;

/** The fields (`read_iter`, `unlocked_ioctl`) under which a function or one of its callers is known to the kernel. */
export function entriesAbove(unit: CUnit, fn: FunctionDef, project: ProjectView): ReadonlySet<string> {
  const fields = new Set<string>();
  const seen = new Set([fn]);
  let level = [{ unit, fn }];
  for (let depth = 0; depth < MAX_DEPTH && level.length > 0; depth++) {
    const next: { unit: CUnit; fn: FunctionDef }[] = [];
    for (const at of level) {
      for (const hook of hooksOf(at.unit, at.fn, project)) if (hook.kind === 'field') fields.add(hook.field);
      for (const caller of callersOf(at.unit, at.fn, project)) {
        if (seen.has(caller.fn) || seen.size >= MAX_FUNCTIONS) continue;
        seen.add(caller.fn);
        next.push({ unit: caller.unit, fn: caller.fn });
      }
    }
    level = next;
  }
  return fields;
}
