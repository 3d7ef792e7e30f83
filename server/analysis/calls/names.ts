/**
 * What a called name means in a unit: a function of the model, a macro of the project, a function of the project, or nothing known.
 * A function of the same name in the file itself hides the model's; object-like macros are followed to what they stand for.
 */

import type { Model } from '../../../model/index.ts';
import type { CUnit } from '../../syntax/unit.ts';
import {
  type ProjectView,
  unitSymbols,
  type VisibleFunction,
  type VisibleMacro,
  visibleFunctions,
  visibleMacros,
} from '../project-view.ts';
import { isKernelHeader } from './macro-functions.ts';
import { standsFor } from './stand-in.ts';

/** The unit a name is used in, and what it may be looked up in. */
export interface NameScope {
  readonly unit: CUnit;
  readonly model: Model;
  readonly project: ProjectView;
}

/** What a called name stands for. */
export type NameMeaning =
  | { readonly kind: 'api'; readonly api: string }
  | { readonly kind: 'macro'; readonly macros: readonly VisibleMacro[] }
  | { readonly kind: 'function'; readonly functions: readonly VisibleFunction[] }
  | { readonly kind: 'unknown' };

/** Macros that stand for one another in a longer chain are not followed. */
const MAX_ALIASES = 8;

const UNKNOWN: NameMeaning = { kind: 'unknown' };

const cache = new WeakMap<CUnit['surroundings'], { readonly model: Model; readonly known: Map<string, NameMeaning> }>();

/** The meaning of a name that stands before an argument list. Cached by unit, for one model at a time. */
export function meaningOf(scope: NameScope, name: string): NameMeaning {
  let memo = cache.get(scope.unit.surroundings);
  if (memo === undefined || memo.model !== scope.model) {
    memo = { model: scope.model, known: new Map() };
    cache.set(scope.unit.surroundings, memo);
  }
  let meaning = memo.known.get(name);
  if (meaning === undefined) {
    meaning = resolve(scope, name, MAX_ALIASES);
    memo.known.set(name, meaning);
  }
  return meaning;
}

function resolve(scope: NameScope, name: string, left: number): NameMeaning {
  const { unit, model, project } = scope;
  const inModel = model.allRows(name).length > 0;
  const own = unitSymbols(unit).functions.get(name);
  if (own?.some((fn) => fn.isStatic || (inModel && standsFor(unit, fn, model))) === true)
    return { kind: 'function', functions: own.map((fn) => ({ unit, fn })) };
  const macros = visibleMacros(unit, name, project).filter((m) => !isKernelHeader(m.unit) || !inModel);
  const functionLike = macros.filter((m) => m.macro.params !== undefined);
  // Where only configuration tells whether a name takes the arguments as they are or changes them, the change is looked at.
  if (functionLike.some((m) => namesSite(scope, m, name))) return { kind: 'macro', macros: functionLike };
  const alias = macros.map((m) => aliasTarget(m)).find((t) => t !== undefined && t !== name);
  if (alias !== undefined && left > 0) return resolve(scope, alias, left - 1);
  if (functionLike.length > 0) return { kind: 'macro', macros: functionLike };
  if (inModel && (model.rows(name).length > 0 || own !== undefined)) return { kind: 'api', api: name };
  if (inModel && !model.isSite(name)) return { kind: 'api', api: name };
  const functions = visibleFunctions(unit, name, project);
  const hides = functions.some((f) => f.fn.isStatic && !isKernelHeader(f.unit));
  if (inModel && !hides) return { kind: 'api', api: name };
  return functions.length > 0 ? { kind: 'function', functions } : compatible(scope, name);
}

/** Words by which compatibility layers tell their own form of a kernel function. */
export const LAYER = /^_*(?:compat|backport|bp|kcl|shim)_|_(?:compat|compact|backport|shim)$/;

/** `dma_map_sgtable_compat` of a header out of sight: what the name says without the word for the layer. */
function compatible({ model }: NameScope, name: string): NameMeaning {
  const plain = name.replace(LAYER, '');
  const isOther = plain === name || model.isSite(plain) || model.rows(plain).length === 0;
  return isOther ? UNKNOWN : { kind: 'api', api: plain };
}

/** Whether a macro's body names a function of the model whose calls are sites. */
function namesSite(scope: NameScope, m: VisibleMacro, name: string): boolean {
  const body = bodyText(m);
  return [...body.matchAll(/[A-Za-z_]\w*/g)].some(([word]) => word !== name && scope.model.isSite(word));
}

/** The text of a macro's body without comments. */
function bodyText({ unit, macro }: VisibleMacro): string {
  const text = unit.text.slice(macro.bodySpan.start, macro.bodySpan.end);
  return text.replace(/\/\*.*?\*\//gs, ' ').replace(/\/\/.*/g, ' ');
}

/** The one name that an object-like macro stands for, as in `#define my_pin pin_user_pages`. */
export function aliasTarget(m: VisibleMacro): string | undefined {
  if (m.macro.params !== undefined) return undefined;
  return /^[\s(]*([A-Za-z_]\w*)[\s)]*$/.exec(bodyText(m))?.[1];
}
