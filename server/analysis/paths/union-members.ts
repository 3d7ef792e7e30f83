/**
 * Members of a union share their memory: what an object made of zeroes holds in one of them is known no more once another is written.
 * Which one that was is not followed: they are all unknown from the start.
 */
import { keptBeside } from '../../base/kept.ts';
import { symbol } from '../../flow/value.ts';
import type { CUnit } from '../../syntax/unit.ts';
import { treeOf } from '../calls/call-index.ts';
import { localNames } from '../locals.ts';
import { structBody } from '../structs/struct-home.ts';
import type { OnPath } from './frame.ts';

const known = new WeakMap<CUnit['version'], Map<string, readonly string[]>>();

/** Gives the members of unions in an object that the call at hand made of zeroes values of their own. `object`: the key of its memory. */
export function setUnionMembers({ frame, s, info }: OnPath, object: string): void {
  const { unit, fn } = frame;
  const { start, end } = info.instr.span;
  const made = /\bsizeof\s*\(?\s*(?:struct\s+(\w+)|\*\s*(\w+))\s*[),]/.exec(unit.code.slice(start, end));
  const type = made?.[2] === undefined ? undefined : localNames(unit, treeOf(unit, fn)).get(made[2])?.type;
  const tag = made?.[1] ?? /^(?:const )?struct (\w+)$/.exec(type ?? '')?.[1];
  if (tag === undefined) return;
  for (const member of keptBeside(known, unit.version, tag, () => unionMembers(structBody(unit, tag))))
    s.env.set(`${object}.${member}`, symbol(`${object}~${member}`));
}

/** The members of the unions without a name in the body of a struct. */
function unionMembers(body: string): readonly string[] {
  const end = closing(body, 0);
  const found: string[] = [];
  for (const m of body.slice(0, end).matchAll(/\bunion\s*\{/g)) {
    const open = m.index + m[0].length - 1;
    const close = closing(body, open);
    if (!/^\}\s*;/.test(body.slice(close))) continue;
    for (const d of body.slice(open, close).matchAll(/(\w+)\s*(?:\[[^\]]*\]\s*)*(?:,|;)/g)) found.push(d[1] ?? '');
  }
  return found;
}

/** Where the brace that is opened at an offset is closed. */
function closing(text: string, open: number): number {
  let depth = 0;
  for (let i = open; i < text.length; i++) {
    if (text[i] === '{') depth++;
    else if (text[i] === '}' && --depth === 0) return i;
  }
  return text.length;
}
