/**
 * C types as the analysis needs them: a base, and what is derived from it, outermost first. Widths are those of a 64-bit kernel.
 * What is not known is undefined, never guessed.
 */
import { INTEGER_TYPEDEFS } from '../../model/kernel-types.ts';

/** One step from a type to the one it is made of. */
export type Derivation = 'pointer' | 'array' | 'function';

/** A type. `struct page *pages[16]` is base `struct page` derived by array, pointer. */
export interface CType {
  readonly kind: 'integer' | 'float' | 'void' | 'struct' | 'union' | 'enum' | 'named';
  /** The base as spelled, without qualifiers: `unsigned long`, `struct page`, `u32`. `named` is a typedef nobody resolved. */
  readonly base: string;
  /** Tag of a struct, union or enum; for one without a tag a name made up from where it stands. */
  readonly tag: string | undefined;
  /** Width in bits and signedness of an integer base. */
  readonly bits: number | undefined;
  readonly unsigned: boolean | undefined;
  /** What stands between the whole and its base, outermost first; empty for a plain object of the base. */
  readonly derived: readonly Derivation[];
}

/** The type a pointer or an array is made of; undefined for others. */
export function pointee(type: CType | undefined): CType | undefined {
  if (type === undefined || type.derived.length === 0 || type.derived[0] === 'function') return undefined;
  return { ...type, derived: type.derived.slice(1) };
}

/** Pointer to a type. */
export function pointerTo(type: CType): CType {
  return { ...type, derived: ['pointer', ...type.derived] };
}

/** What a call of a function, or of a pointer to one, gives; undefined for others. */
export function resultOf(type: CType | undefined): CType | undefined {
  if (type === undefined) return undefined;
  const at = type.derived[0] === 'pointer' ? 1 : 0;
  return type.derived[at] === 'function' ? { ...type, derived: type.derived.slice(at + 1) } : undefined;
}

/** Whether the value is an address: a pointer, or an array or function that becomes one. */
export function isPointer(type: CType): boolean {
  return type.derived.length > 0;
}

/** Whether the value is an integer (enums included). */
export function isInteger(type: CType): boolean {
  return type.derived.length === 0 && (type.kind === 'integer' || type.kind === 'enum');
}

/** An integer type by name. */
export function integer(base: string, bits: number, unsigned: boolean): CType {
  return { kind: 'integer', base, tag: undefined, bits, unsigned, derived: [] };
}

/** The types of constants and comparisons. */
export const INT = integer('int', 32, false);
export const LONG = integer('long', 64, false);
export const UNSIGNED_LONG = integer('unsigned long', 64, true);
export const CHAR = integer('char', 8, false);

const VOID: CType = { kind: 'void', base: 'void', tag: undefined, bits: undefined, unsigned: undefined, derived: [] };

/** The type that basic type words (`unsigned`, `long`, `int`) in any order make. */
export function basicType(words: readonly string[]): CType {
  const count = (w: string): number => words.filter((x) => x === w).length;
  if (count('void') > 0) return VOID;
  if (count('float') > 0 || count('double') > 0) return { ...VOID, kind: 'float', base: words.join(' ') };
  if (count('bool') > 0 || count('_Bool') > 0) return integer('bool', 8, true);
  const unsigned = count('unsigned') > 0;
  const sign = unsigned ? 'unsigned ' : '';
  if (count('__int128') > 0) return integer(`${sign}__int128`, 128, unsigned);
  if (count('char') > 0) return integer(`${sign}char`, 8, unsigned);
  if (count('short') > 0) return integer(`${sign}short`, 16, unsigned);
  const longs = count('long');
  if (longs > 0) return integer(`${sign}${longs > 1 ? 'long long' : 'long'}`, 64, unsigned);
  return integer(`${sign}int`, 32, unsigned);
}

/** A struct, union or enum by its tag. */
export function taggedType(kind: 'struct' | 'union' | 'enum', tag: string): CType {
  return {
    kind,
    base: `${kind} ${tag}`,
    tag,
    bits: kind === 'enum' ? 32 : undefined,
    unsigned: undefined,
    derived: [],
  };
}

/** A typedef's name: an integer where the kernel's own table knows it, else `named`. */
export function namedType(name: string): CType {
  const known = INTEGER_TYPEDEFS.get(name);
  if (known !== undefined) return integer(name, known.bits, known.unsigned);
  return { kind: 'named', base: name, tag: undefined, bits: undefined, unsigned: undefined, derived: [] };
}

/** Integer promotion: what is narrower than int becomes int. undefined for what is no integer of known width. */
export function promote(type: CType): CType | undefined {
  if (!isInteger(type) || type.bits === undefined) return undefined;
  return type.bits < 32 ? INT : type;
}

/** The type of `a op b` for arithmetic: the wider one, unsigned when the unsigned one is not narrower. */
export function arithmeticType(a: CType, b: CType): CType | undefined {
  const x = promote(a);
  const y = promote(b);
  if (x?.bits === undefined || y?.bits === undefined) return undefined;
  if (x.bits !== y.bits) return x.bits > y.bits ? x : y;
  return y.unsigned === true && x.unsigned !== true ? y : x;
}

/** A type as C spells it, without a name: `struct page *[]`. */
export function printType(type: CType): string {
  let left = '';
  let right = '';
  type.derived.forEach((d, i) => {
    if (d === 'pointer') left = `*${left}`;
    else {
      if (i > 0 && type.derived[i - 1] === 'pointer') {
        left = `(${left}`;
        right = `${right})`;
      }
      right += d === 'array' ? '[]' : '()';
    }
  });
  return `${type.base}${left === '' && right === '' ? '' : ` ${left}${right}`}`;
}
