/** What the passes over one function share: its tokens, what is open, what was found. */
import type { Span } from '../base/span.ts';
import type { Rewriter } from './rewriter.ts';

/** A clean-up macro of linux/cleanup.h in a function: `guard(mutex)(&lock)`, `scoped_guard(...)`, `CLASS(fd, f)(n)`. */
export interface Cleanup {
  /** The macro, or `__free`. */
  readonly macro: string;
  /** Its first argument: the class or the clean-up's name. */
  readonly name: string;
  /** The macro call with its first brackets. */
  readonly span: Span;
}

/** What a `{` opens: statements, a list of initialisers, or the fields of a type. */
export type Brace = 'code' | 'list' | 'fields';

/** The state of the masks in one function. */
export interface Masking {
  readonly r: Rewriter;
  readonly cleanups: Cleanup[];
  readonly braces: Brace[];
}

/** What the innermost brace is; statements outside of any. */
export function around(m: Masking): Brace {
  return m.braces[m.braces.length - 1] ?? 'code';
}

/** Tokens looked at behind a word: constructs are shorter, and each word of a long run of them must not scan the whole run. */
export const MAX_LOOK = 200;
