/**
 * Rewrites one function (or a snippet of statements) at equal length into what tree-sitter-c parses: loop and block macros, calls
 * without semicolon, arguments that are types, typeof, case ranges, asm, local declarations made by macros.
 * Driven by `model/kernel-c.ts` and by shape. What stands at a rewritten place is read from the unit's text.
 */
import { BLOCK_MACRO, CLEANUP_MACROS, IF_MACRO, LOOP_MACRO } from '../../model/kernel-c.ts';
import type { Span } from '../base/span.ts';
import { capitalise, maskArguments } from './mask-arguments.ts';
import type { Rewriter } from './rewriter.ts';
import { isLineBreak } from './split.ts';
import { KIND, P } from './tokens.ts';
import { VOCABULARY, WORD_ROLE } from './vocabulary.ts';

/** A clean-up macro of linux/cleanup.h in a function: `guard(mutex)(&lock)`, `scoped_guard(...)`, `CLASS(fd, f)(n)`. */
export interface Cleanup {
  /** The macro, or `__free`. */
  readonly macro: string;
  /** Its first argument: the class or the clean-up's name. */
  readonly name: string;
  /** The macro call with its first brackets. */
  readonly span: Span;
}

/** Masks the tokens `[from, to)`, which are statements. */
export function maskStatements(r: Rewriter, from: number, to: number, cleanups: Cleanup[]): void {
  for (let i = from; i < to; i++) {
    if (r.t.kind[i] === KIND.literal) {
      i = maskLiteral(r, i);
      continue;
    }
    if (!r.isWord(i)) {
      maskPunct(r, i);
      continue;
    }
    i = maskWord(r, i, cleanups);
  }
}

/** Handles a word; returns the last token it is done with. */
function maskWord(r: Rewriter, i: number, cleanups: Cleanup[]): number {
  switch (VOCABULARY.role(r.value(i))) {
    case WORD_ROLE.label:
      maskCase(r, i);
      return i;
    case WORD_ROLE.asm:
      return maskAsm(r, i);
    case WORD_ROLE.typeof:
      return maskTypeof(r, i);
    case WORD_ROLE.storage:
      maskStorage(r, i);
      return i;
    case WORD_ROLE.callLike:
      capitalise(r, i);
      maskCall(r, i, cleanups);
      return i;
    case WORD_ROLE.localLabel:
      return maskLocalLabel(r, i);
    case 0:
      maskCall(r, i, cleanups);
      return i;
    default:
      return i;
  }
}

/** Strings with macros between or beside them become one string. */
function maskLiteral(r: Rewriter, i: number): number {
  if (r.value(i) !== 34) return i;
  let first = i;
  while (first > 0 && r.isWord(first - 1) && VOCABULARY.role(r.value(first - 1)) === 0) first--;
  let last = i;
  for (;;) {
    const next = last + 1;
    if (r.t.kind[next] === KIND.literal && next < r.t.count) last = next;
    else if (r.isWord(next) && VOCABULARY.role(r.value(next)) === 0) {
      const close = r.value(next + 1) === P.open ? r.match(next + 1) : -1;
      last = Math.max(close, next);
    } else break;
  }
  if (first === last) return i;
  r.note('literal', first, last);
  r.put(r.start(first), '"', r.end(last));
  r.put(r.end(last) - 1, '"');
  return last;
}

function maskPunct(r: Rewriter, i: number): void {
  if (r.value(i) !== P.ampersand || r.value(i + 1) !== P.ampersand || r.start(i + 1) !== r.end(i) || !r.isWord(i + 2))
    return;
  const before = r.value(i - 1);
  const prefix = before === P.open || before === P.comma || before === P.equals || before === P.openBrace;
  if (prefix && r.isPunct(i - 1)) r.blank(i, i);
}

/** `case A ... B:` */
function maskCase(r: Rewriter, i: number): void {
  for (let k = i + 1; k < r.t.count; k++) {
    const v = r.value(k);
    if (v === P.colon || v === P.semicolon || v === P.openBrace) return;
    if (v === P.dot && r.value(k + 1) === P.dot && r.value(k + 2) === P.dot) {
      r.note('case-range', k, k + 2);
      r.put(r.start(k), '-', r.end(k + 2));
      return;
    }
    const partner = r.match(k);
    if (partner > k) k = partner;
  }
}

/** An asm statement or an asm name behind a declarator goes; its semicolon stays. */
function maskAsm(r: Rewriter, i: number): number {
  let k = i + 1;
  while (r.isWord(k)) k++;
  const close = r.value(k) === P.open ? r.match(k) : -1;
  if (close < 0) return i;
  r.note('asm', i, close);
  r.blank(i, close);
  return close;
}

/** `typeof(x)` in a declaration or a cast becomes `int`, with which no expression is mistaken. */
function maskTypeof(r: Rewriter, i: number): number {
  const close = r.value(i + 1) === P.open ? r.match(i + 1) : -1;
  if (close < 0) return i;
  r.note('typeof', i, close);
  r.put(r.start(i), 'int', r.end(close));
  return close;
}

/** `static DEFINE_MUTEX(m);` inside a function: the storage class goes. */
function maskStorage(r: Rewriter, i: number): void {
  let k = i;
  while (
    r.isWord(k) &&
    (VOCABULARY.role(r.value(k)) === WORD_ROLE.storage || VOCABULARY.role(r.value(k)) === WORD_ROLE.qualifier)
  )
    k++;
  if (!r.isWord(k) || VOCABULARY.role(r.value(k)) !== 0 || r.value(k + 1) !== P.open) return;
  const close = r.match(k + 1);
  const after = r.value(close + 1);
  if (close < 0 || (after !== P.semicolon && after !== P.equals)) return;
  if (r.value(k + 2) === P.star && after !== P.equals) return;
  r.blank(i, k - 1);
}

function maskLocalLabel(r: Rewriter, i: number): number {
  let k = i;
  while (k < r.t.count && r.value(k) !== P.semicolon) k++;
  r.blank(i, Math.min(k, r.t.count - 1) - 1);
  return k;
}

/** A word that may be called: block macros, calls without semicolon, and arguments. */
function maskCall(r: Rewriter, i: number, cleanups: Cleanup[]): void {
  const open = i + 1;
  if (r.value(open) !== P.open || !r.isPunct(open)) return;
  const close = r.match(open);
  if (close < 0) return;
  const name = r.text(i);
  if (CLEANUP_MACROS.has(name)) {
    cleanups.push({
      macro: name,
      name: r.text(open + 1),
      span: { start: r.base + r.start(i), end: r.base + r.end(close) },
    });
  }
  maskArguments(r, VOCABULARY, open, close);
  if (startsStatement(r, i)) maskStatementCall(r, i, close, name);
}

/** Whether token `i` is the first of a statement. */
function startsStatement(r: Rewriter, i: number): boolean {
  const p = i - 1;
  if (p < 0) return true;
  if (r.isWord(p)) return VOCABULARY.role(r.value(p)) === WORD_ROLE.prefix;
  if (!r.isPunct(p)) return false;
  const v = r.value(p);
  if (v === P.semicolon || v === P.openBrace || v === P.closeBrace) return true;
  if (v === P.colon) return r.isWord(p - 1) && !r.isPunct(p - 1) && r.value(p - 2) !== 63;
  if (v !== P.close) return false;
  const open = r.match(p);
  return (
    open > 0 &&
    r.isWord(open - 1) &&
    (VOCABULARY.role(r.value(open - 1)) === WORD_ROLE.control || r.rewrittenAt(open - 1))
  );
}

/** A macro call that starts a statement and has a block or another statement behind it. */
function maskStatementCall(r: Rewriter, i: number, close: number, name: string): void {
  const next = close + 1;
  if (next >= r.t.count) return;
  const block = r.isPunct(next) && r.value(next) === P.openBrace;
  const loop = LOOP_MACRO.test(name);
  const nextWord = r.isWord(next);
  if (block || (nextWord && (loop || BLOCK_MACRO.test(name) || IF_MACRO.test(name)) && !isOperatorWord(r, next))) {
    return blockMacro(r, i, close, name);
  }
  if (loop && r.isPunct(next) && (r.value(next) === P.open || r.value(next) === P.star) && onNewLine(r, next)) {
    return blockMacro(r, i, close, name);
  }
  const ends = nextWord || (r.isPunct(next) && r.value(next) === P.closeBrace);
  if (ends && (onNewLine(r, next) || r.value(next) === P.closeBrace) && r.putBehind(close, ';'))
    r.note('statement-macro', i, close);
}

function isOperatorWord(r: Rewriter, i: number): boolean {
  return VOCABULARY.role(r.value(i)) === WORD_ROLE.sizeof;
}

function onNewLine(r: Rewriter, i: number): boolean {
  for (let k = r.end(i - 1); k < r.start(i); k++) if (isLineBreak(r.code[k])) return true;
  return false;
}

function blockMacro(r: Rewriter, i: number, close: number, name: string): void {
  if (BLOCK_MACRO.test(name) && !LOOP_MACRO.test(name)) {
    r.note('block-macro', i, close);
    r.blank(i, close);
    return;
  }
  const word = IF_MACRO.test(name) || name.length < 5 ? 'if' : 'while';
  if (name.length < word.length) return;
  r.note(word === 'if' ? 'if-macro' : 'loop-macro', i, close);
  r.markRewritten(i);
  r.put(r.start(i), word, r.end(i));
  if (close === i + 2) {
    if (name.length >= word.length + 3) {
      r.put(r.start(i), `${word}(1)`, r.end(i));
      r.blank(i + 1, close);
    } else r.putBehind(i + 1, '1');
  }
}
