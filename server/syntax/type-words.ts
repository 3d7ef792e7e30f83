/** The words of C that spell a type by themselves. */

/** `unsigned`, `long`, `void` and the like, of standard C and as the kernel uses it. */
export const BASE_TYPES: readonly string[] = [
  'void',
  'int',
  'long',
  'short',
  'char',
  'unsigned',
  'signed',
  'float',
  'double',
  '_Bool',
  'bool',
];
