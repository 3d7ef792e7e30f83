/** The words the passes know, each with its role, in one table: a word is looked up once, while the code is scanned. */
import { C_WORDS } from './function-header.ts';
import { ANNOTATION_WORDS } from './mask-annotations.ts';

import { WordTable } from './tokens.ts';
import { BASE_TYPES } from './type-words.ts';

/** What a word means to the masks; 0 for words that are none of these. */
export const WORD_ROLE = {
  /** A word of a type: `unsigned`, `void`. */
  type: 1,
  /** `struct`, `union`, `enum`. */
  tag: 2,
  /** `const`, `volatile`. */
  qualifier: 3,
  /** `typeof` in its spellings. */
  typeof: 4,
  /** `return`, `goto`, `break`, `continue`. */
  jump: 5,
  /** `if`, `for`, `while`, `switch`: a bracket and a statement follow. */
  control: 6,
  /** `else`, `do`: a statement follows. */
  prefix: 7,
  /** `case`, `default`. */
  label: 8,
  /** `asm` in its spellings. */
  asm: 9,
  /** `static`, `extern`, `register`, `inline`, `typedef`. */
  storage: 10,
  sizeof: 11,
  /** Operators of the grammar that take less than the kernel writes: `offsetof`, `_Alignof`. Treated as calls. */
  callLike: 12,
  /** `__label__` */
  localLabel: 13,
  /** Words of newer C that the grammar knows and the kernel uses as names. */
  renamed: 14,
} as const;

const ROLES: readonly (readonly [number, readonly string[]])[] = [
  [WORD_ROLE.type, [...BASE_TYPES, '__signed__', '__int128']],
  [WORD_ROLE.tag, ['struct', 'union', 'enum']],
  [WORD_ROLE.qualifier, ['const', 'volatile', '__const', '__volatile__', '_Atomic']],
  [WORD_ROLE.typeof, ['typeof', '__typeof__', '__typeof', 'typeof_unqual', '__typeof_unqual__', 'TYPEOF_UNQUAL']],
  [WORD_ROLE.jump, ['return', 'goto', 'break', 'continue']],
  [WORD_ROLE.control, ['if', 'for', 'while', 'switch']],
  [WORD_ROLE.prefix, ['else', 'do']],
  [WORD_ROLE.label, ['case', 'default']],
  [WORD_ROLE.asm, ['asm', '__asm__', '__asm', 'asm_inline', 'asm_volatile_goto', 'asm_goto_output']],
  [WORD_ROLE.storage, ['static', 'extern', 'register', 'inline', '__inline', '__inline__', 'typedef']],
  [WORD_ROLE.sizeof, ['sizeof']],
  [
    WORD_ROLE.callLike,
    [
      'offsetof',
      '__builtin_offsetof',
      '_Alignof',
      'alignof',
      '__alignof__',
      '__alignof',
      '_Generic',
      '__builtin_va_arg',
    ],
  ],
  [WORD_ROLE.localLabel, ['__label__']],
  [WORD_ROLE.renamed, ['noreturn', 'thread_local', 'nullptr', 'constexpr']],
];

/** The one table that all passes scan with. */
export const WORDS = new WordTable([...C_WORDS, ...ANNOTATION_WORDS, ...ROLES.flatMap(([, words]) => words)]);

/** Roles by word number. */
export class Vocabulary {
  readonly #roles = new Uint8Array(WORDS.limit);

  constructor() {
    for (const [role, words] of ROLES) for (const w of words) this.#roles[WORDS.id(w)] = role;
  }

  /** The role of a token's value; 0 for punctuation and words without one. */
  role(value: number): number {
    return this.#roles[value] ?? 0;
  }
}

/** The one vocabulary. */
export const VOCABULARY = new Vocabulary();
