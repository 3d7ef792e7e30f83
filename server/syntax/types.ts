/**
 * Types of names and expressions in a function, as far as the declarations at hand tell. undefined is "not known"; nothing is
 * guessed. Shadowed names: the innermost declaration in front of the use wins.
 */
import { OBJECT_MACROS, TYPE_MACROS } from '../../model/kernel-types.ts';
import {
  arithmeticType,
  CHAR,
  type CType,
  INT,
  integer,
  isInteger,
  isPointer,
  LONG,
  pointee,
  pointerTo,
  promote,
  resultOf,
  UNSIGNED_LONG,
} from './ctype.ts';
import { type CNode, childByField, walk } from './node.ts';
import { parseFunction } from './parse-function.ts';
import { readDeclarations, readTypeName, type TypeScope, typeScope } from './type-scope.ts';
import type { CUnit, FunctionDef } from './unit.ts';

/** A local variable or parameter. `scope` is the stretch in which the name means it. */
export interface Variable {
  readonly name: string;
  readonly type: CType;
  /** Offset of the declared name. */
  readonly offset: number;
  readonly scope: { readonly start: number; readonly end: number };
  readonly parameter: boolean;
}

const variables = new WeakMap<FunctionDef, readonly Variable[]>();

/** Parameters and locals of a function in the order of the text. */
export function variablesOf(unit: CUnit, fn: FunctionDef): readonly Variable[] {
  let found = variables.get(fn);
  if (found === undefined) {
    found = collect(unit, fn);
    variables.set(fn, found);
  }
  return found;
}

const BLOCKS: ReadonlySet<string> = new Set(['compound_statement', 'for_statement']);

function collect(unit: CUnit, fn: FunctionDef): readonly Variable[] {
  const { root } = parseFunction(unit, fn);
  const out: Variable[] = [];
  const blocks: CNode[] = [];
  walk(root, (n, parent) => {
    if (n.type === 'parameter_list') return parent?.field === 'declarator' && n.end <= fn.bodySpan.start;
    if (BLOCKS.has(n.type)) blocks.push(n);
    if (n.type !== 'declaration' && n.type !== 'parameter_declaration') return true;
    const code = declarationCode(unit, fn, n);
    const scope = n.type === 'declaration' ? (blockOf(blocks, n) ?? fn.span) : fn.span;
    for (const d of readDeclarations(code, n.start, `${fn.name}@${n.start}`).declared) {
      if (d.name === '') continue;
      const parameter = n.type === 'parameter_declaration';
      out.push({ name: d.name, type: parameter ? decayed(d.type) : d.type, offset: d.offset, scope, parameter });
    }
    return n.type === 'declaration';
  });
  return out;
}

/** A parameter of array type is a pointer. */
function decayed(type: CType): CType {
  return type.derived[0] === 'array' ? { ...type, derived: ['pointer', ...type.derived.slice(1)] } : type;
}

/** The text of a declaration; in headers made by a macro a comma stands between type and name. */
function declarationCode(unit: CUnit, fn: FunctionDef, n: CNode): string {
  const code = unit.code.slice(n.start, n.end);
  return fn.viaMacro !== undefined && n.type === 'parameter_declaration' ? code.replace(/,/g, ' ') : code;
}

/** The innermost of the blocks (in pre-order) that hold a node. */
function blockOf(blocks: CNode[], n: CNode): CNode | undefined {
  for (let i = blocks.length - 1; i >= 0; i--) {
    const b = blocks[i] as CNode;
    if (b.start <= n.start && n.end <= b.end) return b;
  }
  return undefined;
}

/** The variable a name means at an offset; undefined for names that are no local or parameter. */
export function variableAt(unit: CUnit, fn: FunctionDef, name: string, offset: number): Variable | undefined {
  let best: Variable | undefined;
  const all = variablesOf(unit, fn);
  for (let i = 0; i < all.length; i++) {
    const v = all[i] as Variable;
    if (v.name !== name || offset < v.offset || offset < v.scope.start || offset >= v.scope.end) continue;
    if (best === undefined || v.scope.start >= best.scope.start) best = v;
  }
  return best;
}

/** The type of a struct's or union's field, typedefs resolved; undefined when the struct or the field is not found. */
export function fieldType(unit: CUnit, tag: string, field: string): CType | undefined {
  const scope = typeScope(unit);
  const type = scope.fields(tag)?.get(field);
  return type === undefined ? undefined : scope.resolve(type);
}

/** Deeper expressions have no type: the walk recurses. */
const MAX_DEPTH = 60;

/** The type of an expression of a function, typedefs resolved. `node` is a node of the function's tree. */
export function typeOfExpression(unit: CUnit, fn: FunctionDef, node: CNode): CType | undefined {
  return typeOf({ unit, fn, scope: typeScope(unit) }, node, 0);
}

interface Context {
  readonly unit: CUnit;
  readonly fn: FunctionDef;
  readonly scope: TypeScope;
}

function typeOf(c: Context, node: CNode | undefined, depth: number): CType | undefined {
  if (node === undefined || depth > MAX_DEPTH) return undefined;
  const sub = (n: CNode | undefined): CType | undefined => typeOf(c, n, depth + 1);
  switch (node.type) {
    case 'identifier':
      return nameType(c, node);
    case 'number_literal':
      return literalType(textOf(c, node));
    case 'char_literal':
      return INT;
    case 'string_literal':
    case 'concatenated_string':
      return { ...CHAR, derived: ['array'] };
    case 'true':
    case 'false':
      return integer('bool', 8, true);
    case 'null':
      return undefined;
    case 'parenthesized_expression':
      return sub(node.children[0]);
    case 'cast_expression':
      return typeNamed(c, childByField(node, 'type'));
    case 'compound_literal_expression':
      return typeNamed(c, childByField(node, 'type'));
    case 'sizeof_expression':
      return UNSIGNED_LONG;
    case 'field_expression':
      return fieldExpression(c, node, depth);
    case 'subscript_expression':
      return resolved(c, pointee(sub(childByField(node, 'argument'))));
    case 'pointer_expression':
      return pointerExpression(c, node, depth);
    case 'assignment_expression':
      return sub(childByField(node, 'left'));
    case 'update_expression':
      return sub(childByField(node, 'argument'));
    case 'comma_expression':
      return sub(childByField(node, 'right'));
    case 'conditional_expression':
      return choiceType(sub(childByField(node, 'consequence')), sub(childByField(node, 'alternative')));
    case 'unary_expression':
      return unaryType(c, node, depth);
    case 'binary_expression':
      return binaryType(c, node, depth);
    case 'call_expression':
      return callType(c, node, depth);
    default:
      return undefined;
  }
}

function resolved(c: Context, type: CType | undefined): CType | undefined {
  return type === undefined ? undefined : c.scope.resolve(type);
}

/** From the preprocessed code: a name made for an open condition stands there, not in the file. */
function textOf(c: Context, node: CNode): string {
  return c.unit.code.slice(node.start, node.end);
}

function nameType(c: Context, node: CNode): CType | undefined {
  const name = textOf(c, node);
  const local = variableAt(c.unit, c.fn, name, node.start);
  const known = local?.type ?? c.scope.global(name);
  if (known !== undefined) return resolved(c, known);
  const object = OBJECT_MACROS.get(name);
  return object === undefined ? undefined : readTypeName(object);
}

/** C's rule for integer constants on a 64-bit machine. */
function literalType(text: string): CType | undefined {
  const m = /^(0[xX][0-9a-fA-F]+|0[bB][01]+|\d+)([uUlL]*)$/.exec(text);
  if (m?.[1] === undefined) return undefined;
  const suffix = (m[2] ?? '').toLowerCase();
  const unsigned = suffix.includes('u');
  const value = BigInt(/^0[0-7]+$/.test(m[1]) ? `0o${m[1].slice(1)}` : m[1]);
  const decimal = /^[1-9]/.test(m[1]) || m[1] === '0';
  if (!suffix.includes('l') && value < 1n << 31n) return integer(unsigned ? 'unsigned int' : 'int', 32, unsigned);
  if (!suffix.includes('l') && value < 1n << 32n && (unsigned || !decimal)) return integer('unsigned int', 32, true);
  return unsigned || value >= 1n << 63n ? UNSIGNED_LONG : LONG;
}

function typeNamed(c: Context, node: CNode | undefined): CType | undefined {
  return node === undefined ? undefined : resolved(c, readTypeName(c.unit.code.slice(node.start, node.end)));
}

function fieldExpression(c: Context, node: CNode, depth: number): CType | undefined {
  const argument = typeOf(c, childByField(node, 'argument'), depth + 1);
  const field = childByField(node, 'field');
  if (argument === undefined || field === undefined || argument.derived.length > 1) return undefined;
  if (argument.tag === undefined) return undefined;
  return fieldType(c.unit, argument.tag, textOf(c, field));
}

function pointerExpression(c: Context, node: CNode, depth: number): CType | undefined {
  const operator = childByField(node, 'operator');
  const argument = typeOf(c, childByField(node, 'argument'), depth + 1);
  if (operator === undefined || argument === undefined) return undefined;
  return textOf(c, operator) === '&' ? pointerTo(argument) : resolved(c, pointee(argument));
}

function choiceType(a: CType | undefined, b: CType | undefined): CType | undefined {
  if (a === undefined || b === undefined)
    return a !== undefined && isPointer(a) ? a : b !== undefined && isPointer(b) ? b : undefined;
  if (isPointer(a)) return a;
  if (isPointer(b)) return b;
  return isInteger(a) && isInteger(b) ? arithmeticType(a, b) : a;
}

function unaryType(c: Context, node: CNode, depth: number): CType | undefined {
  const operator = childByField(node, 'operator');
  if (operator !== undefined && textOf(c, operator) === '!') return INT;
  const argument = typeOf(c, childByField(node, 'argument'), depth + 1);
  return argument === undefined ? undefined : promote(argument);
}

const TRUTHS: ReadonlySet<string> = new Set(['==', '!=', '<', '>', '<=', '>=', '&&', '||']);

function binaryType(c: Context, node: CNode, depth: number): CType | undefined {
  const operator = childByField(node, 'operator');
  const op = operator === undefined ? '' : textOf(c, operator);
  if (TRUTHS.has(op)) return INT;
  const left = typeOf(c, childByField(node, 'left'), depth + 1);
  if (op === '<<' || op === '>>') return left === undefined ? undefined : promote(left);
  const right = typeOf(c, childByField(node, 'right'), depth + 1);
  if (left !== undefined && isPointer(left)) return right !== undefined && isPointer(right) ? LONG : decayed(left);
  if (right !== undefined && isPointer(right)) return decayed(right);
  return left === undefined || right === undefined ? undefined : arithmeticType(left, right);
}

function callType(c: Context, node: CNode, depth: number): CType | undefined {
  const callee = childByField(node, 'function');
  if (callee === undefined) return undefined;
  if (callee.type !== 'identifier') return resolved(c, resultOf(typeOf(c, callee, depth + 1)));
  const name = textOf(c, callee);
  const macro = TYPE_MACROS.get(name);
  if (macro === undefined || c.scope.global(name) !== undefined) return resolved(c, resultOf(nameType(c, callee)));
  const argument = childByField(node, 'arguments')?.children[macro.argument];
  if (argument === undefined) return undefined;
  if (macro.gives === 'value') return typeOf(c, argument, depth + 1);
  const type = typeNamedAt(c, argument);
  return type === undefined || macro.gives === 'type' ? type : pointerTo(type);
}

/** The type that an argument names: the parser saw one word of it, the text has the rest. */
function typeNamedAt(c: Context, argument: CNode): CType | undefined {
  const { code } = c.unit;
  let start = argument.start;
  while (start > c.fn.span.start && !'(,'.includes(code[start - 1] ?? '(')) start--;
  let end = argument.end;
  while (end < c.fn.span.end && !'),'.includes(code[end] ?? ')')) end++;
  return resolved(c, readTypeName(code.slice(start, end)));
}
