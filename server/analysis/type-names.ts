/** The integer type that a cast or another type name spells; pointers and structs say only that they are no integer. */
import { INTEGER_TYPEDEFS } from '../../model/kernel-types.ts';
import type { CType } from '../flow/ir.ts';
import { basicType } from '../syntax/ctype.ts';
import type { CNode } from '../syntax/node.ts';
import type { CUnit } from '../syntax/unit.ts';
import { codeOf } from './trees.ts';

/** What a type_descriptor names. */
export function typeNamedBy(unit: CUnit, node: CNode): CType | undefined {
  const text = codeOf(unit, node);
  const pointers = (text.match(/\*/g) ?? []).length;
  const tag = /\b(?:struct|union)\s+(\w+)/.exec(text)?.[1];
  if (pointers > 0 || tag !== undefined) return { tag, pointers, array: false, unsigned: undefined, bits: undefined };
  const words = text
    .replace(/\b(const|volatile)\b/g, ' ')
    .trim()
    .split(/\s+/);
  const typedef = words.length === 1 ? INTEGER_TYPEDEFS.get(words[0] ?? '') : undefined;
  const type = typedef ?? basicType(words);
  return { tag: undefined, pointers: 0, array: false, unsigned: type.unsigned, bits: type.bits };
}
