/**
 * The tokens of stripped code as parallel arrays, with the partner of every bracket. All later passes (branches, masks,
 * splitting) work on these. One scratch table is reused: a table is valid until the next `tokenize` on the same `Tokens`.
 */
import { CH, textOf } from './strip.ts';

/** What a token is. A punctuation character is one token each, so `->` and `...` are two and three. */
export const KIND = { word: 1, number: 2, literal: 3, punct: 4 } as const;

/** Character classes: 1 word start, 2 digit, 3 white space, 0 anything else. */
const CLASS = new Uint8Array(65536).fill(1);
for (let c = 0; c < 128; c++) {
  const s = String.fromCharCode(c);
  CLASS[c] = /[A-Za-z_$]/.test(s) ? 1 : /[0-9]/.test(s) ? 2 : c <= CH.space || c === 127 ? 3 : 0;
}
CLASS[0xa0] = 3;
CLASS[0xfeff] = 3;

/** Whether a unit may stand inside an identifier or a number. */
function isWordUnit(c: number): boolean {
  const k = CLASS[c];
  return k === 1 || k === 2;
}

/** Numbers of words start above every punctuation character, so that one comparison with `value` tells both. */
const FIRST_ID = 128;

/** Words that later passes know, each with a number; looked up by hash while the code is scanned. */
export class WordTable {
  readonly #slots: Int32Array;
  readonly #words: string[] = new Array<string>(FIRST_ID).fill('');
  readonly #ids = new Map<string, number>();
  readonly #mask: number;

  constructor(words: Iterable<string>) {
    const list = [...new Set(words)];
    let size = 64;
    while (size < list.length * 4) size *= 2;
    this.#slots = new Int32Array(size);
    this.#mask = size - 1;
    for (const word of list) {
      let slot = hashOf(word) & this.#mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & this.#mask;
      this.#slots[slot] = this.#words.length;
      this.#ids.set(word, this.#words.length);
      this.#words.push(word);
    }
  }

  /** One above the highest number. */
  get limit(): number {
    return this.#words.length;
  }

  /** The number of a known word, 0 for others. */
  id(word: string): number {
    return this.#ids.get(word) ?? 0;
  }

  /** The word behind a number. */
  word(id: number): string {
    return this.#words[id] ?? '';
  }

  /** Number of the word that `code` holds at `[start, end)`, whose hash is `hash`; 0 when it is none. */
  find(code: Uint16Array, start: number, end: number, hash: number): number {
    for (let slot = hash & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const id = this.#slots[slot] ?? 0;
      if (id === 0) return 0;
      const word = this.#words[id] as string;
      if (word.length !== end - start) continue;
      let k = 0;
      while (k < word.length && word.charCodeAt(k) === code[start + k]) k++;
      if (k === word.length) return id;
    }
  }
}

function hashOf(word: string): number {
  let h = 0;
  for (let i = 0; i < word.length; i++) h = (Math.imul(h, 31) + word.charCodeAt(i)) | 0;
  return h;
}

/** A table of tokens. Index 0 to `count - 1`; `match` is the index of a bracket's partner or -1. */
export interface Tokens {
  count: number;
  kind: Uint8Array;
  start: Int32Array;
  end: Int32Array;
  /** Number of the word in the WordTable, or the character of a punctuation token; 0 for other words. */
  value: Int32Array;
  match: Int32Array;
}

/** An empty table with room for `capacity` tokens. */
export function newTokens(capacity = 4096): Tokens {
  return {
    count: 0,
    kind: new Uint8Array(capacity),
    start: new Int32Array(capacity),
    end: new Int32Array(capacity),
    value: new Int32Array(capacity),
    match: new Int32Array(capacity),
  };
}

function grow(t: Tokens): void {
  const capacity = t.kind.length * 2;
  const copy = newTokens(capacity);
  copy.kind.set(t.kind);
  copy.start.set(t.start);
  copy.end.set(t.end);
  copy.value.set(t.value);
  t.kind = copy.kind;
  t.start = copy.start;
  t.end = copy.end;
  t.value = copy.value;
  t.match = copy.match;
}

/** Fills `t` with the tokens of `code`. Brackets are not matched yet. */
export function tokenize(t: Tokens, code: Uint16Array, words: WordTable): void {
  const to = code.length;
  let { kind, start: starts, end: ends, value: values } = t;
  let count = 0;
  let i = 0;
  while (i < to) {
    const c = code[i] as number;
    const cls = CLASS[c];
    if (cls === 3) {
      i++;
      continue;
    }
    if (count === kind.length) {
      grow(t);
      ({ kind, start: starts, end: ends, value: values } = t);
    }
    const start = i++;
    let k: number = KIND.punct;
    let value = c;
    if (cls === 1) {
      let h = c;
      for (; i < to; i++) {
        const d = code[i] as number;
        const inner = CLASS[d];
        if (inner !== 1 && inner !== 2) break;
        h = (Math.imul(h, 31) + d) | 0;
      }
      k = KIND.word;
      value = words.find(code, start, i, h);
    } else if (cls === 2) {
      i = numberEnd(code, i, to);
      k = KIND.number;
      value = 0;
    } else if (c === CH.quote || c === CH.apostrophe) {
      while (i < to && code[i] !== c) i++;
      i = Math.min(to, i + 1);
      k = KIND.literal;
    }
    kind[count] = k;
    starts[count] = start;
    ends[count] = i;
    values[count] = value;
    count++;
  }
  t.count = count;
}

function numberEnd(code: Uint16Array, from: number, to: number): number {
  let i = from;
  while (i < to) {
    const d = code[i] as number;
    const exponent =
      (d === 43 || d === 45) && (((code[i - 1] as number) | 32) === 101 || ((code[i - 1] as number) | 32) === 112);
    if (exponent && !isHexNumber(code, from)) {
      i++;
      continue;
    }
    if (!isWordUnit(d) && !(d === 46 && code[i + 1] !== 46 && code[i - 1] !== 46)) break;
    i++;
  }
  return i;
}

function isHexNumber(code: Uint16Array, from: number): boolean {
  return code[from - 1] === 48 && ((code[from] as number) | 32) === 120;
}

/** Text of a token. */
export function tokenText(t: Tokens, code: Uint16Array, index: number): string {
  return textOf(code.subarray(t.start[index], t.end[index]));
}

/** Drops the tokens whose text was blanked, and those that are `mark`s. */
export function dropBlanked(t: Tokens, code: Uint16Array, mark: number): void {
  const keep = new Uint8Array(t.count);
  for (let i = 0; i < t.count; i++)
    keep[i] = t.value[i] !== mark && (code[t.start[i] as number] as number) > CH.space ? 1 : 0;
  compact(t, keep);
}

/** Drops the tokens for which `keep` is 0. */
export function compact(t: Tokens, keep: Uint8Array): void {
  let to = 0;
  for (let i = 0; i < t.count; i++) {
    if (keep[i] === 0) continue;
    t.kind[to] = t.kind[i] as number;
    t.start[to] = t.start[i] as number;
    t.end[to] = t.end[i] as number;
    t.value[to] = t.value[i] as number;
    to++;
  }
  t.count = to;
}

/** Punctuation by character code. */
export const P = {
  open: 40,
  close: 41,
  openSquare: 91,
  closeSquare: 93,
  openBrace: 123,
  closeBrace: 125,
  comma: 44,
  semicolon: 59,
  colon: 58,
  equals: 61,
  star: 42,
  dot: 46,
  hash: 35,
  ampersand: 38,
  minus: 45,
  less: 60,
  greater: 62,
} as const;

/** Words in front of brackets that are no function's name; `controls` of `matchBrackets`. */
const CONTROL_WORDS = ['if', 'for', 'while', 'switch', 'else', 'do'] as const;

/**
 * Fills `match`. Brackets of unlike kinds never cross: a `}` closes every `(` and `[` opened since its `{`.
 * Where braces do not balance, or a function's header in column 0 stands inside another body, a second run takes a `}` in column 0
 * as the end of everything open and such a header as a new start, which is how kernel files are laid out.
 */
export function matchBrackets(t: Tokens, code: Uint16Array, words: WordTable): void {
  const controls = new Set(CONTROL_WORDS.map((w) => words.id(w)));
  if (!pair(t, code, controls, false)) pair(t, code, controls, true);
}

function pair(t: Tokens, code: Uint16Array, controls: ReadonlySet<number>, resync: boolean): boolean {
  const { kind, value, match, start } = t;
  const stack: number[] = [];
  let braces = 0;
  for (let i = 0; i < t.count; i++) {
    match[i] = -1;
    if (kind[i] !== KIND.punct) continue;
    const c = value[i];
    if (c === P.open || c === P.openSquare) stack.push(i);
    else if (c === P.openBrace) {
      if (braces > 0 && column0(code, start[i] as number) && isFunctionStart(t, code, controls, i)) {
        if (!resync) return false;
        stack.length = 0;
        braces = 0;
      }
      stack.push(i);
      braces++;
    } else if (c === P.close || c === P.closeSquare) {
      const top = stack[stack.length - 1];
      if (top === undefined || value[top] === P.openBrace) continue;
      stack.pop();
      if (value[top] !== (c === P.close ? P.open : P.openSquare)) continue;
      match[top] = i;
      match[i] = top;
    } else if (c === P.closeBrace) {
      let top = stack.pop();
      while (top !== undefined && value[top] !== P.openBrace) top = stack.pop();
      if (top === undefined) {
        if (!resync) return false;
        continue;
      }
      braces--;
      if (resync && column0(code, start[i] as number)) {
        top = outermostBrace(t, stack, top);
        stack.length = 0;
        braces = 0;
      }
      match[top] = i;
      match[i] = top;
    }
  }
  return braces === 0;
}

/** Tokens a function's header may have. */
const MAX_HEADER = 200;

/** Whether the `{` at `i` follows `name(...)` and the line that starts this, in column 0, starts with a word of a declaration. */
function isFunctionStart(t: Tokens, code: Uint16Array, controls: ReadonlySet<number>, i: number): boolean {
  if (t.value[i - 1] !== P.close) return false;
  for (let k = i - 2; k >= 0 && k > i - MAX_HEADER; k--) {
    const v = t.value[k] as number;
    if (v === P.semicolon || v === P.openBrace || v === P.closeBrace) return false;
    if (column0(code, t.start[k] as number)) return t.kind[k] === KIND.word && !controls.has(v);
  }
  return false;
}

function outermostBrace(t: Tokens, stack: readonly number[], innermost: number): number {
  return stack.find((i) => t.value[i] === P.openBrace) ?? innermost;
}

/** Whether an offset is the first of its line. */
export function column0(code: Uint16Array, offset: number): boolean {
  if (offset === 0) return true;
  const c = code[offset - 1];
  return c === CH.newline || c === CH.return;
}
