/**
 * A stretch of code being rewritten at equal length for the parser: its tokens, writing over them, and the record of what was
 * changed. One lives for one function or snippet.
 */
import type { Span } from '../base/span.ts';
import { KIND, matchBrackets, newTokens, type Tokens, tokenize, tokenText, type WordTable } from './tokens.ts';

/** Why a stretch was rewritten; what stands there is to be read from the unit's `code`. */
export type RewriteKind =
  | 'loop-macro'
  | 'block-macro'
  | 'if-macro'
  | 'statement-macro'
  | 'function-macro'
  | 'type-argument'
  | 'keyword-argument'
  | 'operator-argument'
  | 'typeof'
  | 'case-range'
  | 'asm'
  | 'literal'
  | 'annotation';

/** One rewritten stretch, in offsets of the unit's text. */
export interface Rewrite {
  readonly kind: RewriteKind;
  readonly span: Span;
}

const SPACE = 32;

/** See the file comment. Offsets inside are relative to the stretch; `base` is its offset in the unit. */
export class Rewriter {
  readonly t: Tokens;
  readonly code: Uint16Array;
  readonly words: WordTable;
  readonly base: number;
  readonly rewrites: Rewrite[] = [];
  readonly #heads = new Set<number>();
  readonly #ended = new Set<number>();

  constructor(code: Uint16Array, words: WordTable, base: number) {
    this.code = code;
    this.words = words;
    this.base = base;
    this.t = newTokens(Math.max(64, code.length >> 2));
    tokenize(this.t, code, words);
    matchBrackets(this.t, code, words);
  }

  /** Offset of a token's first unit; the code's length behind the last. */
  start(i: number): number {
    return i < this.t.count ? (this.t.start[i] as number) : this.code.length;
  }

  /** Offset behind a token; 0 in front of the first. */
  end(i: number): number {
    return i < 0 ? 0 : (this.t.end[i] as number);
  }

  /** Word number or punctuation character of a token; 0 outside the list and for words nobody knows. */
  value(i: number): number {
    return i >= 0 && i < this.t.count ? (this.t.value[i] as number) : 0;
  }

  isWord(i: number): boolean {
    return i >= 0 && i < this.t.count && this.t.kind[i] === KIND.word;
  }

  isPunct(i: number): boolean {
    return i >= 0 && i < this.t.count && this.t.kind[i] === KIND.punct;
  }

  /** Partner of a bracket, -1 when it has none. */
  match(i: number): number {
    return i >= 0 && i < this.t.count && this.isPunct(i) ? (this.t.match[i] as number) : -1;
  }

  text(i: number): string {
    return i >= 0 && i < this.t.count ? tokenText(this.t, this.code, i) : '';
  }

  /** Records a change of the tokens `first` to `last`. */
  note(kind: RewriteKind, first: number, last: number): void {
    this.rewrites.push({ kind, span: { start: this.base + this.start(first), end: this.base + this.end(last) } });
  }

  /** Remembers that a macro's name became `while` or `if`, so that what follows its brackets is a statement. */
  markRewritten(i: number): void {
    this.#heads.add(i);
  }

  /** Makes a bracket another one, in the code and for later steps. */
  turn(i: number, bracket: number): void {
    this.code[this.start(i)] = bracket;
    this.t.value[i] = bracket;
  }

  /** Whether a token was taken out by `settle`. */
  settledAt(i: number): boolean {
    return i >= 0 && i < this.t.count && this.t.kind[i] === 0;
  }

  /** Remembers that a semicolon was written behind token `i`. */
  markEnded(i: number): void {
    this.#ended.add(i);
  }

  endedAt(i: number): boolean {
    return this.#ended.has(i);
  }

  rewrittenAt(i: number): boolean {
    return this.#heads.has(i);
  }

  /** Blanks the tokens `first` to `last`; they are none any more. */
  blank(first: number, last: number): void {
    this.code.fill(SPACE, this.start(first), this.end(last));
    this.settle(first, last);
  }

  /** Takes tokens out of the sight of later steps: what is written over them is final. */
  settle(first: number, last: number): void {
    this.t.kind.fill(0, first, last + 1);
    this.t.value.fill(0, first, last + 1);
  }

  /** Writes a text at an offset, and blanks up to `end`. */
  put(at: number, text: string, end = at + text.length): void {
    for (let k = 0; k < text.length; k++) this.code[at + k] = text.charCodeAt(k);
    if (end > at + text.length) this.code.fill(SPACE, at + text.length, end);
  }

  /** Writes one character into the white space behind token `i`; false when there is none. */
  putBehind(i: number, char: string): boolean {
    const at = this.end(i);
    if (at >= this.start(i + 1)) return false;
    this.code[at] = char.charCodeAt(0);
    return true;
  }
}
