/** Functions that a file writes under the name of one of the kernel's, for kernels that lack it: a call of the name means them there. */
import type { Model } from '../../../model/index.ts';
import type { CUnit, FunctionDef } from '../../syntax/unit.ts';
import { namesCalledIn } from './call-index.ts';

/**
 * Whether a function that is not static takes the place of the model's one of its name: it is not where the kernel defines that, nor is it
 * exported as that, and is made of calls that take pages or give them back themselves. One that is static does so in any case.
 */
export function standsFor(unit: CUnit, fn: FunctionDef, model: Model): boolean {
  if (fn.isStatic) return true;
  if (model.allRows(fn.name).some((row) => unit.path.endsWith(row.source.path))) return false;
  if (new RegExp(`\\bEXPORT_SYMBOL\\w*\\s*\\(\\s*${fn.name}\\b`).test(unit.code)) return false;
  for (const name of namesCalledIn(unit).get(fn) ?? []) if (name !== fn.name && movesPages(model, name)) return true;
  return false;
}

function movesPages(model: Model, name: string): boolean {
  return model.readable(name).some((row) => row.site === true || row.effects.some((e) => e.op === 'release'));
}
