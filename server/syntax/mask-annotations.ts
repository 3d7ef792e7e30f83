/**
 * Blanks the kernel's annotations (`__user`, `__init`, `__printf(1, 2)`) wherever they stand; clean-up annotations are kept on
 * record. Runs over the tokens of a whole file, drops theirs, and needs no bracket matching.
 */
import { ANNOTATIONS, ANNOTATIONS_WITH_ARGUMENTS, CLEANUP_ANNOTATION } from '../../model/kernel-c.ts';
import { blank } from './strip.ts';
import { compact, KIND, P, type Tokens, tokenText, type WordTable } from './tokens.ts';
import type { Annotation } from './unit.ts';

/** Words this pass must find in the table the code was scanned with. */
export const ANNOTATION_WORDS: readonly string[] = [...ANNOTATIONS, ...ANNOTATIONS_WITH_ARGUMENTS, CLEANUP_ANNOTATION];

/** What an annotation is by its word's number: 1 alone, 2 with arguments, 3 clean-up. */
const roles = new WeakMap<WordTable, Uint8Array>();

function rolesOf(words: WordTable): Uint8Array {
  let r = roles.get(words);
  if (r === undefined) {
    r = new Uint8Array(words.limit);
    for (const w of ANNOTATIONS) r[words.id(w)] = 1;
    for (const w of ANNOTATIONS_WITH_ARGUMENTS) r[words.id(w)] = 2;
    r[words.id(CLEANUP_ANNOTATION)] = 3;
    roles.set(words, r);
  }
  return r;
}

/** Runs the pass: `code` loses the annotations, `t` their tokens. */
export function maskAnnotations(t: Tokens, code: Uint16Array, words: WordTable): readonly Annotation[] {
  const role = rolesOf(words);
  const found: Annotation[] = [];
  let keep: Uint8Array | undefined;
  for (let i = 0; i < t.count; i++) {
    if (t.kind[i] !== KIND.word) continue;
    const r = role[t.value[i] as number];
    if (r === 0 || r === undefined || isName(t, words, i)) continue;
    let last = i;
    if (r === 1) {
      if (t.value[i + 1] === P.open && !inDeclaration(t, i)) continue;
    } else if (t.value[i + 1] === P.open) {
      last = closing(t, i + 1);
      if (last < 0) continue;
    } else continue;

    if (r === 3)
      found.push({
        kind: 'free',
        word: tokenText(t, code, i + 2),
        span: { start: t.start[i] as number, end: t.end[last] as number },
      });
    keep ??= new Uint8Array(t.count).fill(1);
    keep.fill(0, i, last + 1);
    blank(code, t.start[i] as number, t.end[last] as number);
    i = last;
  }
  if (keep !== undefined) compact(t, keep);
  return found;
}

/** A field or a label of that name is no annotation. */
function isName(t: Tokens, words: WordTable, i: number): boolean {
  const before = t.value[i - 1];
  if (before !== 0 && before === words.id('goto')) return true;
  return before === P.dot || (before === P.greater && t.value[i - 2] === P.minus);
}

/** `char __user (*p)[N]`: a word or a star in front. */
function inDeclaration(t: Tokens, i: number): boolean {
  return i > 0 && (t.kind[i - 1] === KIND.word || t.value[i - 1] === P.star);
}

/** Tokens an annotation's arguments may have. */
const MAX_ARGUMENTS = 500;

/** Token index of the `)` that closes the `(` at `open`, -1 when there is none before a `;` or `{`. */
function closing(t: Tokens, open: number): number {
  let depth = 0;
  for (let i = open; i < t.count && i < open + MAX_ARGUMENTS; i++) {
    const v = t.value[i];
    if (v === P.open) depth++;
    else if (v === P.close && --depth === 0) return i;
    else if (v === P.openBrace || v === P.semicolon) return -1;
  }
  return -1;
}
