/**
 * Who calls a function, and how it is reached without a call: through a table of functions, as a callback, from module set-up. Names
 * are looked up in the function's file and, where it is not static, in the files beside it.
 */

import { CALLBACK_ROWS } from '../../../model/callbacks.ts';
import { OPS_ROWS } from '../../../model/ops.ts';
import type { CallbackRow, EntryPoint } from '../../../model/schema.ts';
import { keptBeside } from '../../base/kept.ts';
import type { CNode } from '../../syntax/node.ts';
import type { CUnit, FunctionDef } from '../../syntax/unit.ts';
import { callsOf, functionAt, placesOfWord } from '../calls/call-index.ts';
import { type ProjectView, usersOf } from '../project-view.ts';

/** A call of a function. */
export interface Caller {
  readonly unit: CUnit;
  readonly fn: FunctionDef;
  readonly node: CNode;
}

/** What reaches a function without calling it by name. Offsets are those of the function's name there. */
export type Hook =
  /** `.field = name` in a table, or `object->field = name`. */
  | {
      readonly kind: 'field';
      readonly unit: CUnit;
      readonly offset: number;
      readonly tag: string | undefined;
      readonly field: string;
      readonly entry: EntryPoint | undefined;
    }
  /** Passed to a function that calls it: a row of the model where it is known. */
  | {
      readonly kind: 'callback';
      readonly unit: CUnit;
      readonly offset: number;
      readonly callee: string;
      readonly row: CallbackRow | undefined;
      /** The function that passes it; undefined at file scope. */
      readonly by: FunctionDef | undefined;
    };

const CALLBACKS: ReadonlyMap<string, CallbackRow> = new Map(CALLBACK_ROWS.map((r) => [r.name, r]));
const OPS: ReadonlyMap<string, (typeof OPS_ROWS)[number]> = new Map(OPS_ROWS.map((r) => [r.tag, r]));

/** Callers that are looked at of one function; more say no more. */
const MAX_CALLERS = 24;

/** The calls of a function, by name. */
export function callersOf(unit: CUnit, fn: FunctionDef, project: ProjectView): readonly Caller[] {
  const found: Caller[] = [];
  for (const from of scopeOf(unit, fn, project)) {
    for (const call of callsOf(from, fn.name)) {
      if (call.fn === fn || found.length >= MAX_CALLERS) continue;
      found.push({ unit: from, fn: call.fn, node: call.node });
    }
  }
  return found;
}

/** The tables and callbacks that name a function. */
export function hooksOf(unit: CUnit, fn: FunctionDef, project: ProjectView): readonly Hook[] {
  return scopeOf(unit, fn, project).flatMap((from) => hooksIn(from, fn.name));
}

function scopeOf(unit: CUnit, fn: FunctionDef, project: ProjectView): readonly CUnit[] {
  return fn.isStatic && !unit.path.endsWith('.h') ? [unit] : [unit, ...usersOf(unit, fn.name, project)];
}

const hookCache = new WeakMap<CUnit['version'], Map<string, readonly Hook[]>>();

/** The hooks of a name in one file. Kept for each file. */
function hooksIn(unit: CUnit, name: string): readonly Hook[] {
  return keptBeside(hookCache, unit.version, name, () => findHooks(unit, name));
}

function findHooks(unit: CUnit, name: string): Hook[] {
  const { code } = unit;
  const hooks: Hook[] = [];
  for (const i of placesOfWord(code, name)) {
    if (/^\s*\(/.test(code.slice(i + name.length, i + name.length + 40))) continue;
    const hook = hookAt(unit, i);
    if (hook !== undefined) hooks.push(hook);
  }
  return hooks;
}

function hookAt(unit: CUnit, offset: number): Hook | undefined {
  const before = unit.code.slice(Math.max(0, offset - 400), offset);
  const field = /(?:\.|->)\s*(\w+)\s*=\s*&?\s*(?:\([^()]*\)\s*)?$/.exec(before)?.[1];
  if (field !== undefined) {
    const tag = functionAt(unit, offset) === undefined ? tagAround(unit, offset) : undefined;
    return { kind: 'field', unit, offset, tag, field, entry: entryOf(tag, field) };
  }
  const callee = calleeAround(before);
  if (callee === undefined || /^(?:if|while|for|switch|return|sizeof|EXPORT_SYMBOL\w*)$/.test(callee)) return undefined;
  return { kind: 'callback', unit, offset, callee, row: CALLBACKS.get(callee), by: functionAt(unit, offset) };
}

/** The name before the innermost open bracket of a text. */
function calleeAround(before: string): string | undefined {
  let depth = 0;
  for (let i = before.length - 1; i >= 0; i--) {
    const c = before[i];
    if (c === ')') depth++;
    else if (c === ';' || c === '{' || c === '}') return undefined;
    else if (c === '(' && depth-- === 0) return /(\w+)\s*$/.exec(before.slice(0, i))?.[1];
  }
  return undefined;
}

function tagAround(unit: CUnit, offset: number): string | undefined {
  const item = unit.declarations.find((d) => d.span.start <= offset && offset < d.span.end);
  return item === undefined ? undefined : /\bstruct\s+(\w+)/.exec(unit.code.slice(item.span.start, offset))?.[1];
}

function entryOf(tag: string | undefined, field: string): EntryPoint | undefined {
  const row = tag === undefined ? undefined : OPS.get(tag);
  return row !== undefined && Object.hasOwn(row.fields, field) ? row.fields[field] : undefined;
}
