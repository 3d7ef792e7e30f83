/** Functions of a unit lowered on demand, once each, with what the declarations at hand say of types. */

import type { Cfg, CType } from '../flow/ir.ts';
import { findLoops, type LoopForest } from '../flow/loops.ts';
import { lowerFunction } from '../flow/lower.ts';
import type { LowerTables, LowerTypes } from '../flow/lower-context.ts';
import { type CNode, childByField } from '../syntax/node.ts';
import { parseFunction } from '../syntax/parse-function.ts';
import type { CUnit, FunctionDef } from '../syntax/unit.ts';
import { type LocalName, localNames, parameters } from './locals.ts';
import { codeOf } from './trees.ts';

/** A function ready for path analysis. */
export interface Lowered {
  readonly cfg: Cfg;
  readonly loops: LoopForest;
}

const cache = new WeakMap<FunctionDef, Lowered>();

/** Lowers a function; a second call gives the same graph. */
export function lowered(unit: CUnit, fn: FunctionDef, tables: LowerTables): Lowered {
  let found = cache.get(fn);
  if (found === undefined) {
    const { root, body } = parseFunction(unit, fn);
    const names = localNames(unit, root);
    const cfg = lowerFunction({
      name: fn.name,
      body,
      span: fn.span,
      source: unit,
      tables,
      params: parameters(unit, root).map((p) => ({ name: p.name, type: typeOfName(p) })),
      returnType: undefined,
      types: typesOf(unit, names),
      cleanupOf: () => undefined,
    });
    found = { cfg, loops: findLoops(cfg) };
    cache.set(fn, found);
  }
  return found;
}

/** Integer types of the kernel on 64 bits: name → width, unsigned. */
const INTEGERS: ReadonlyMap<string, readonly [number, boolean]> = new Map([
  ['char', [8, false]],
  ['short', [16, false]],
  ['int', [32, false]],
  ['long', [64, false]],
  ['long long', [64, false]],
  ['unsigned', [32, true]],
  ['unsigned int', [32, true]],
  ['unsigned long', [64, true]],
  ['unsigned long long', [64, true]],
  ['unsigned char', [8, true]],
  ['unsigned short', [16, true]],
  ['bool', [8, true]],
  ['size_t', [64, true]],
  ['ssize_t', [64, false]],
  ['u8', [8, true]],
  ['u16', [16, true]],
  ['u32', [32, true]],
  ['u64', [64, true]],
  ['s8', [8, false]],
  ['s16', [16, false]],
  ['s32', [32, false]],
  ['s64', [64, false]],
  ['uint32_t', [32, true]],
  ['uint64_t', [64, true]],
  ['uint', [32, true]],
  ['ulong', [64, true]],
  ['loff_t', [64, false]],
  ['pgoff_t', [64, true]],
  ['__u32', [32, true]],
  ['__u64', [64, true]],
  ['uintptr_t', [64, true]],
  ['dma_addr_t', [64, true]],
  ['phys_addr_t', [64, true]],
]);

/** The type that a declaration's words, pointers and brackets name. */
export function typeFromWords(words: string, pointers: number, array: boolean): CType {
  const clean = words
    .replace(/\b(const|volatile|static|register|extern|struct|union|enum)\b/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  const tag = /\b(?:struct|union)\s+(\w+)/.exec(words)?.[1];
  const int = pointers === 0 && !array && tag === undefined ? INTEGERS.get(clean) : undefined;
  return { tag, pointers, array, unsigned: int?.[1], bits: int?.[0] };
}

function typeOfName(l: LocalName): CType {
  return typeFromWords(
    l.type,
    l.isArray ? Math.max(0, l.pointers - 1) : l.pointers,
    l.isArray && l.param === undefined,
  );
}

function typesOf(unit: CUnit, names: ReadonlyMap<string, LocalName>): LowerTypes {
  const variable = (name: string): CType | undefined => {
    const found = names.get(name);
    return found === undefined ? undefined : typeOfName(found);
  };
  const typeOf = (node: CNode): CType | undefined => {
    if (node.type === 'identifier') return variable(codeOf(unit, node));
    if (node.type === 'parenthesized_expression' && node.children[0] !== undefined) return typeOf(node.children[0]);
    if (node.type === 'number_literal')
      return typeFromWords(/[uU]/.test(codeOf(unit, node)) ? 'unsigned int' : 'int', 0, false);
    if (node.type === 'cast_expression') {
      const type = childByField(node, 'type');
      return type === undefined ? undefined : typeNamed(type);
    }
    return undefined;
  };
  const typeNamed = (node: CNode): CType | undefined => {
    const text = codeOf(unit, node);
    return typeFromWords(text.replace(/\*/g, ' '), (text.match(/\*/g) ?? []).length, false);
  };
  return { variable, typeOf, typeNamed };
}
