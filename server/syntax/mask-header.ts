/**
 * Rewrites a function's header at equal length: one that a macro makes becomes `int name(type a, type b)`, words that no table
 * knows as annotations go where C's grammar has no room for them.
 */
import { FUNCTION_MAKERS } from '../../model/kernel-c.ts';
import { functionHeader, functionName } from './function-header.ts';
import type { Rewriter } from './rewriter.ts';
import { KIND, P } from './tokens.ts';
import { VOCABULARY, WORD_ROLE } from './vocabulary.ts';

/** Masks the tokens `[0, body)`. */
export function maskHeader(r: Rewriter, body: number): void {
  const header = functionHeader(r, 0, body);
  if (header.macro >= 0) return maskMaker(r, header.macro, header.name, body);
  const name = functionName(r, 0, body);
  if (name < 0) return;
  maskWords(r, 0, name);
  const open = r.value(name + 1) === P.open ? name + 1 : -1;
  const close = open < 0 ? -1 : r.match(open);
  if (close < 0) return;
  maskParameters(r, open, close);
  maskTail(r, close, body);
}

/** What stands between the parameters and the body is an annotation, unless the parameters' brackets are followed by another pair. */
function maskTail(r: Rewriter, close: number, body: number): void {
  if (close + 1 < body && r.isWord(close + 1)) {
    r.note('annotation', close + 1, body - 1);
    r.blank(close + 1, body - 1);
  }
}

function maskParameters(r: Rewriter, open: number, close: number): void {
  let first = open + 1;
  for (let i = open + 1; i <= close; i++) {
    if (i === close || (r.isPunct(i) && r.value(i) === P.comma)) {
      if (i > first) maskWords(r, first, lastWord(r, first, i));
      first = i + 1;
      continue;
    }
    const partner = r.match(i);
    if (partner > i) i = partner;
  }
}

/** The declared name of a parameter: its last word outside brackets. */
function lastWord(r: Rewriter, first: number, end: number): number {
  let last = first;
  for (let i = first; i < end; i++) {
    if (r.isWord(i)) last = i;
    const partner = r.match(i);
    if (partner > i) i = partner;
  }
  return last;
}

/** Blanks words in front of a declared name that can be no type: a second one beside a type, and words behind a star. */
function maskWords(r: Rewriter, first: number, name: number): void {
  let typed = false;
  const loose: number[] = [];
  const calls: { readonly word: number; readonly close: number }[] = [];
  for (let i = first; i < name; i++) {
    if (!r.isWord(i)) {
      const close = r.value(i) === P.open ? r.match(i) : -1;
      const called = loose[loose.length - 1] === i - 1 && close > 0 && close < name;
      if (called && (r.isWord(close + 1) || close + 1 === name)) {
        loose.pop();
        calls.push({ word: i - 1, close });
        i = close;
        continue;
      }
      if (!(r.isPunct(i) && r.value(i) === P.star)) {
        dropCalls(r, calls, true);
        return;
      }
      for (let k = i + 1; k < name; k++) {
        if (r.isWord(k) && VOCABULARY.role(r.value(k)) === 0) dropWord(r, k);
      }
      break;
    }
    const role = VOCABULARY.role(r.value(i));
    if (role === WORD_ROLE.type) typed = true;
    else if (role === WORD_ROLE.tag) {
      typed = true;
      i++;
    } else if (role === 0) loose.push(i);
  }
  const inside = dropCalls(r, calls, typed || loose.some((i) => !isAnnotation(r.text(i))));
  if (typed || inside) for (const i of loose) dropWord(r, i);
  else if (loose.length > 1) dropLoose(r, loose);
}

/**
 * Blanks `MACRO(...)` in front of a name; where no type stands beside them, one around a type is taken off it: `HIDDEN(int) name`. Whether
 * one was.
 */
function dropCalls(
  r: Rewriter,
  calls: readonly { readonly word: number; readonly close: number }[],
  typed: boolean,
): boolean {
  let bare = !typed;
  for (const { word, close } of calls) {
    r.note('annotation', word, close);
    if (bare && isType(r, word + 2, close)) {
      bare = false;
      r.blank(word, word + 1);
      r.blank(close, close);
    } else r.blank(word, close);
  }
  return !typed && !bare;
}

/** Whether a word that no table knows looks like an annotation rather than a type. */
function isAnnotation(word: string): boolean {
  return /^__|^[A-Z_0-9]+$/.test(word);
}

/** Whether the tokens `[from, to)` can be a type: words, then stars. */
function isType(r: Rewriter, from: number, to: number): boolean {
  if (from >= to || !r.isWord(from)) return false;
  for (let i = from; i < to; i++) if (!r.isWord(i) && !(r.isPunct(i) && r.value(i) === P.star)) return false;
  return true;
}

/** Of several unknown words one is the type: the last that does not look like an annotation. */
function dropLoose(r: Rewriter, loose: readonly number[]): void {
  const plain = loose.filter((i) => !isAnnotation(r.text(i)));
  const type = plain[plain.length - 1] ?? loose[loose.length - 1];
  for (const i of loose) if (i !== type) dropWord(r, i);
}

function dropWord(r: Rewriter, i: number): void {
  r.note('annotation', i, i);
  r.blank(i, i);
}

/** `MAKER(name, ...) {` */
function maskMaker(r: Rewriter, macro: number, name: number, body: number): void {
  const open = macro + 1;
  const close = r.match(open);
  if (close < 0) return;
  const maker = FUNCTION_MAKERS.find((m) => m.pattern.test(r.text(macro)));
  r.note('function-macro', macro, close);
  const separator = name + 1;
  const word = r.end(macro) - r.start(macro) >= 4 ? 'long' : 'int';
  if (name > open + 1) r.blank(open, name - 1);
  r.put(r.start(macro), word, r.start(name));
  r.settle(macro, open);
  if (separator === close) {
    r.put(r.start(close), '(');
    if (!r.putBehind(close, ')')) r.put(r.start(close), ')');
  } else {
    r.put(r.start(separator), '(');
    if (maker?.pairs === true) joinPairs(r, separator, close);
    else if (separator + 1 < close) r.blank(separator + 1, close - 1);
  }
  if (close + 1 < body) r.blank(close + 1, body - 1);
}

/** `int, fd, char *, p` becomes `int  fd, char *  p`. */
function joinPairs(r: Rewriter, from: number, close: number): void {
  let even = true;
  for (let i = from + 1; i < close; i++) {
    const inner = even && r.isWord(i) && r.value(i + 1) === P.open ? r.match(i + 1) : -1;
    if (inner === i + 3 && r.end(i) - r.start(i) >= 3) {
      r.put(r.start(i), 'int', r.start(i + 2));
      r.blank(inner, inner);
      even = false;
      i = inner;
      continue;
    }
    if (r.t.kind[i] === KIND.punct && r.value(i) === P.comma) {
      if (even) r.put(r.start(i), ' ');
      even = !even;
    }
    const partner = r.match(i);
    if (partner > i) i = partner;
  }
}
