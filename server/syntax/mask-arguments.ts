/**
 * Makes the arguments of calls parse: types, keywords, operators and statements that macros take become expressions of the same
 * length. Knows no macro by name; an argument is judged by its own tokens.
 */
import type { Rewriter } from './rewriter.ts';
import { KIND, P } from './tokens.ts';
import { type Vocabulary, WORD_ROLE } from './vocabulary.ts';

/** Rewrites the arguments between the brackets `open` and `close` of a call where they are no expressions. */
export function maskArguments(r: Rewriter, v: Vocabulary, open: number, close: number): void {
  let first = open + 1;
  for (let i = open + 1; i <= close; i++) {
    if (i < close && r.value(i) === P.semicolon && r.isPunct(i)) {
      r.put(r.start(i), i + 1 === close ? ' ' : ',');
      if (i === first) first = i + 1;
      else if (i + 1 < close) {
        maskArgument(r, v, first, i);
        first = i + 1;
      }
      continue;
    }
    if (i === close || (r.isPunct(i) && r.value(i) === P.comma)) {
      if (first < i) maskArgument(r, v, first, i);
      else if (!(i === close && first === open + 1)) fillEmpty(r, i, close);
      first = i + 1;
      continue;
    }
    const partner = r.match(i);
    if (partner > i) i = partner;
  }
}

/** An argument without tokens gets a `0`, or its comma goes. `i` is the comma or bracket behind it. */
function fillEmpty(r: Rewriter, i: number, close: number): void {
  if (r.putBehind(i - 1, '0')) return;
  if (i < close) r.blank(i, i);
  else if (r.value(i - 1) === P.comma) r.blank(i - 1, i - 1);
}

/** One argument, tokens `first` to `end - 1`. */
function maskArgument(r: Rewriter, v: Vocabulary, first: number, end: number): void {
  const last = end - 1;
  const role = r.isWord(first) ? v.role(r.value(first)) : 0;
  if (role === WORD_ROLE.type || role === WORD_ROLE.tag || role === WORD_ROLE.qualifier)
    return asName(r, v, first, last);
  if (role === WORD_ROLE.typeof && endsAsType(r, first, last)) return typeofArgument(r, first, last);
  if (role === WORD_ROLE.jump) return keywordArgument(r, first, last);
  if (r.isWord(first) && role === 0) {
    if (isNamedType(r, v, first, last)) return asName(r, v, first, last);
    if (r.isWord(first + 1) && v.role(r.value(first + 1)) === 0 && r.value(first + 2) === P.open && first < last)
      r.blank(first, first);
  }
  if (r.isPunct(first)) punctArgument(r, v, first, last);
}

/** `foo_t *`, `foo_t const *`, `foo_t x`: a name, then stars and names only, and not one expression. */
function isNamedType(r: Rewriter, v: Vocabulary, first: number, last: number): boolean {
  if (last === first) return false;
  for (let i = first + 1; i <= last; i++) {
    const star = r.isPunct(i) && r.value(i) === P.star;
    const word = r.isWord(i) && (v.role(r.value(i)) === 0 || v.role(r.value(i)) === WORD_ROLE.qualifier);
    if (!star && !word) return false;
  }
  const starred = r.isPunct(last);
  return starred || r.isWord(first + 1);
}

/** Leaves one identifier of a type: its tag or its first word. */
function asName(r: Rewriter, v: Vocabulary, first: number, last: number): void {
  let keep = first;
  while (keep < last && r.isWord(keep) && v.role(r.value(keep)) === WORD_ROLE.qualifier) keep++;
  if (keep < last && v.role(r.value(keep)) === WORD_ROLE.tag && r.isWord(keep + 1)) keep++;
  if (!r.isWord(keep)) keep = first;
  r.note('type-argument', first, last);
  if (keep > first) r.blank(first, keep - 1);
  if (keep < last) r.blank(keep + 1, last);
  if (v.role(r.value(keep)) !== 0) capitalise(r, keep);
  r.settle(keep, keep);
}

/** Makes a keyword an identifier: `unsigned` to `Unsigned`, `__typeof__` to `X_typeof__`. */
export function capitalise(r: Rewriter, i: number): void {
  const at = r.start(i);
  const c = r.code[at] ?? 0;
  r.code[at] = c >= 97 && c <= 122 ? c - 32 : 88;
}

function endsAsType(r: Rewriter, first: number, last: number): boolean {
  const close = r.match(first + 1);
  if (close < 0 || close > last) return false;
  for (let i = close + 1; i <= last; i++) if (!(r.isPunct(i) && r.value(i) === P.star)) return false;
  return true;
}

function typeofArgument(r: Rewriter, first: number, last: number): void {
  r.note('typeof', first, last);
  r.blank(first + 1, last);
  capitalise(r, first);
  r.settle(first, first);
}

/** `return -EIO`, `goto out`, `break` as an argument: the keyword goes, or becomes a name where nothing follows. */
function keywordArgument(r: Rewriter, first: number, last: number): void {
  r.note('keyword-argument', first, last);
  if (first < last) r.blank(first, first);
  else {
    capitalise(r, first);
    r.settle(first, first);
  }
}

/** An argument that starts with punctuation: an operator alone, `.field = value`, or a block. */
function punctArgument(r: Rewriter, v: Vocabulary, first: number, last: number): void {
  if (r.value(first) === P.openBrace && r.match(first) === last) return blockArgument(r, first, last);
  if (r.value(first) === P.dot && r.isWord(first + 1)) {
    r.blank(first, first);
    return;
  }
  let operators = true;
  for (let i = first; i <= last && operators; i++) operators = r.t.kind[i] === KIND.punct && r.match(i) < 0;
  if (operators) {
    r.note('operator-argument', first, last);
    r.put(r.start(first), '0', r.end(last));
    r.settle(first, last);
    return;
  }
  const open = r.isPunct(last) && r.value(last) === P.star;
  if (open && v.role(r.value(first)) === 0) r.blank(last, last);
}

/** `{ a(); b(); }` becomes `({ a(); b(); })` where there is room, else a number. */
function blockArgument(r: Rewriter, first: number, last: number): void {
  const before = r.start(first) - 1;
  if (before >= r.end(first - 1) && r.end(last) < r.start(last + 1)) {
    r.put(before, '(');
    r.put(r.end(last), ')');
    return;
  }
  r.note('statement-macro', first, last);
  r.put(r.start(first), '0', r.end(last));
  r.settle(first, last);
}
