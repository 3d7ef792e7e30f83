/**
 * Rewrites one function (or a snippet of statements) at equal length into what tree-sitter-c parses: loop and block macros, calls
 * without semicolon, arguments that are types, typeof, case ranges, asm, local declarations made by macros.
 * Driven by `model/kernel-c.ts` and by shape. What stands at a rewritten place is read from the unit's `code`.
 */
import { capitalise } from './mask-arguments.ts';
import { maskCall } from './mask-calls.ts';
import { around, type Brace, type Cleanup, MAX_LOOK, type Masking } from './masking.ts';
import type { Rewriter } from './rewriter.ts';
import { KIND, P } from './tokens.ts';
import { VOCABULARY, WORD_ROLE } from './vocabulary.ts';

/** Masks the tokens `[from, to)`, which are statements. */
export function maskStatements(r: Rewriter, from: number, to: number, cleanups: Cleanup[]): void {
  const m: Masking = { r, cleanups, braces: [] };
  for (let i = from; i < to; i++) {
    const kind = r.t.kind[i];
    if (kind === KIND.word) i = maskWord(m, i);
    else if (kind === KIND.literal) i = maskLiteral(r, i);
    else if (kind === KIND.number) maskNumber(r, i);
    else if (kind === KIND.punct) maskPunct(m, i);
  }
}

/** Handles a word; returns the last token it is done with. */
function maskWord(m: Masking, i: number): number {
  const { r } = m;
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
      maskCall(m, i);
      return i;
    case WORD_ROLE.renamed:
      capitalise(r, i);
      return i;
    case WORD_ROLE.tag:
      maskSpareWord(r, i + 1);
      return i;
    case WORD_ROLE.type:
      maskSpareWord(r, i);
      return i;
    case WORD_ROLE.localLabel:
      return maskLocalLabel(r, i);
    case 0:
      maskCall(m, i);
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

function isDigit(c: number): boolean {
  return c >= 48 && c <= 57;
}

/** `5000baseT_Full`, pasted onto a name by a macro, becomes a name; of `16 KB` the number stays. */
function maskNumber(r: Rewriter, i: number): void {
  if (r.isWord(i + 1) && VOCABULARY.role(r.value(i + 1)) === 0) r.blank(i + 1, i + 1);
  let digits = true;
  for (let k = r.start(i); k < r.end(i) && digits; k++) digits = isDigit(r.code[k] ?? 0);
  if (digits) return;
  if (/^(?:0[xX][0-9a-fA-F]+|0[bB][01]+|[0-9.]+(?:[eE][-+]?[0-9]+)?)[uUlLfF]*$/.test(r.text(i))) return;
  r.code[r.start(i)] = 88;
}

function maskPunct(m: Masking, i: number): void {
  const { r } = m;
  const v = r.value(i);
  if (v === P.openBrace) m.braces.push(braceKind(m, i));
  else if (v === P.closeBrace) m.braces.pop();
  else if (v === P.ampersand) maskLabelAddress(r, i);
}

function braceKind(m: Masking, i: number): Brace {
  const { r } = m;
  const before = r.isPunct(i - 1) ? r.value(i - 1) : 0;
  if (before === P.equals || before === P.comma || before === P.closeSquare) return 'list';
  if (before === P.openBrace) return around(m);
  if (before === P.close) {
    const head = r.match(i - 1) - 1;
    return r.isWord(head) && VOCABULARY.role(r.value(head)) !== WORD_ROLE.jump
      ? 'code'
      : head < 0 || r.settledAt(head)
        ? 'code'
        : 'list';
  }
  if (!r.isWord(i - 1)) return 'code';
  const tag = VOCABULARY.role(r.value(i - 1)) === WORD_ROLE.tag ? i - 1 : i - 2;
  if (!r.isWord(tag) || VOCABULARY.role(r.value(tag)) !== WORD_ROLE.tag) return 'code';
  return r.text(tag) === 'enum' ? 'list' : 'fields';
}

/** `&&label` as a value becomes `&label`'s operand alone. */
function maskLabelAddress(r: Rewriter, i: number): void {
  if (r.value(i + 1) !== P.ampersand || r.start(i + 1) !== r.end(i) || !r.isWord(i + 2)) return;
  const before = r.value(i - 1);
  const prefix = before === P.open || before === P.comma || before === P.equals || before === P.openBrace;
  if (prefix && r.isPunct(i - 1)) r.blank(i, i);
}

/** `case A ... B:` */
function maskCase(r: Rewriter, i: number): void {
  for (let k = i + 1; k < r.t.count && k < i + MAX_LOOK; k++) {
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
  while (r.isWord(k) && k < i + MAX_LOOK) k++;
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
  while (k < i + MAX_LOOK && isStorageWord(r, k)) k++;
  if (!r.isWord(k) || VOCABULARY.role(r.value(k)) !== 0 || r.value(k + 1) !== P.open) return;
  const close = r.match(k + 1);
  const after = r.value(close + 1);
  if (close < 0 || (after !== P.semicolon && after !== P.equals)) return;
  if (r.value(k + 2) === P.star && after !== P.equals) return;
  r.blank(i, k - 1);
}

/**
 * `struct foo __tag *p`, `char __tag *p`, `struct foo head __tag(x, y);`: a word that is neither type nor declared name goes.
 * `type` is the last word of the type.
 */
function maskSpareWord(r: Rewriter, type: number): void {
  const word = (k: number): boolean => r.isWord(k) && VOCABULARY.role(r.value(k)) === 0;
  if (!r.isWord(type) || !word(type + 1)) return;
  if (!word(type + 2) && r.value(type + 2) !== P.star) return;
  const called = word(type + 2) && r.value(type + 3) === P.open;
  const spare = called ? type + 2 : type + 1;
  const last = called ? r.match(type + 3) : spare;
  if (last < 0) return;
  r.note('annotation', spare, last);
  r.blank(spare, last);
}

function isStorageWord(r: Rewriter, i: number): boolean {
  const role = r.isWord(i) ? VOCABULARY.role(r.value(i)) : 0;
  return role === WORD_ROLE.storage || role === WORD_ROLE.qualifier;
}

function maskLocalLabel(r: Rewriter, i: number): number {
  let k = i;
  while (k < r.t.count && r.value(k) !== P.semicolon) k++;
  r.blank(i, Math.min(k, r.t.count - 1) - 1);
  return k;
}
