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
  const m: Masking = { r, cleanups, braces: [] };
  for (let i = from; i < to; i++) {
    const kind = r.t.kind[i];
    if (kind === KIND.word) i = maskWord(m, i);
    else if (kind === KIND.literal) i = maskLiteral(r, i);
    else if (kind === KIND.number) maskNumber(r, i);
    else if (kind === KIND.punct) maskPunct(m, i);
  }
}

/** What a `{` opens: statements, a list of initialisers, or the fields of a type. */
type Brace = 'code' | 'list' | 'fields';

interface Masking {
  readonly r: Rewriter;
  readonly cleanups: Cleanup[];
  readonly braces: Brace[];
}

function around(m: Masking): Brace {
  return m.braces[m.braces.length - 1] ?? 'code';
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

/** `5000baseT_Full`, pasted onto a name by a macro, becomes a name. */
function maskNumber(r: Rewriter, i: number): void {
  const last = r.code[r.end(i) - 1] ?? 0;
  if (last >= 48 && last <= 57 && r.end(i) - r.start(i) < 8) return;
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

/** Tokens looked at behind a word: constructs are shorter, and each word of a long run of them must not scan the whole run. */
const MAX_LOOK = 200;

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

/** A word that may be called: block macros, calls without semicolon, and arguments. */
function maskCall(m: Masking, i: number): void {
  const { r } = m;
  const open = i + 1;
  if (r.value(open) !== P.open || !r.isPunct(open)) return;
  const close = r.match(open);
  if (close < 0) return;
  if (around(m) === 'fields') return maskFieldMacro(r, i, close);
  const name = r.text(i);
  if (CLEANUP_MACROS.has(name)) {
    m.cleanups.push({
      macro: name,
      name: r.text(open + 1),
      span: { start: r.base + r.start(i), end: r.base + r.end(close) },
    });
  }
  const statement = around(m) === 'code' && startsStatement(r, i);
  if (statement && takesStatements(r, open, close)) return unwrapStatements(r, i, close);
  maskArguments(r, VOCABULARY, open, close);
  if (statement) maskStatementCall(r, i, close, name);
}

/** `DECLARE_BITMAP(name, n);` among the fields of a local type: one field, named by the last word that is an argument alone. */
function maskFieldMacro(r: Rewriter, i: number, close: number): void {
  if (r.value(close + 1) !== P.semicolon || r.isWord(i - 1) || r.end(i) - r.start(i) < 4) return;
  let name = -1;
  for (let k = i + 2; k < close; k++) {
    const alone = (r.value(k - 1) === P.comma || k === i + 2) && (r.value(k + 1) === P.comma || k + 1 === close);
    if (r.isWord(k) && alone && VOCABULARY.role(r.value(k)) === 0) name = k;
  }
  if (name < 0) return;
  r.note('statement-macro', i, close);
  r.put(r.start(i), 'int', r.start(name));
  r.blank(name + 1, close);
  r.settle(i, name);
}

/** `DEB( if (x) f(); )`: a macro whose one argument is statements. */
function takesStatements(r: Rewriter, open: number, close: number): boolean {
  if (r.isWord(open + 1) && VOCABULARY.role(r.value(open + 1)) === WORD_ROLE.control) return true;
  for (let k = open + 1; k < close; k++) {
    if (r.isPunct(k) && r.value(k) === P.comma) return false;
    if (r.isPunct(k) && r.value(k) === P.semicolon) return true;
    const partner = r.match(k);
    if (partner > k) k = partner;
  }
  return false;
}

function unwrapStatements(r: Rewriter, i: number, close: number): void {
  r.note('block-macro', i, close);
  const ended = r.value(close - 1) === P.semicolon || r.value(close - 1) === P.closeBrace;
  r.blank(i, i);
  r.turn(i + 1, P.openBrace);
  if (r.value(close + 1) === P.semicolon) {
    r.turn(close, P.semicolon);
    r.turn(close + 1, P.closeBrace);
  } else {
    if (!ended) r.putBehind(close - 1, ';');
    r.turn(close, P.closeBrace);
  }
}

/** Whether token `i` is the first of a statement. */
function startsStatement(r: Rewriter, i: number): boolean {
  let p = i - 1;
  while (p > i - MAX_LOOK && r.settledAt(p)) p--;
  if (p < 0 || r.rewrittenAt(p) || r.endedAt(p)) return true;
  if (r.isWord(p)) return VOCABULARY.role(r.value(p)) === WORD_ROLE.prefix;
  if (!r.isPunct(p)) return false;
  const v = r.value(p);
  if (v === P.semicolon || v === P.openBrace || v === P.closeBrace) return true;
  if (v === P.colon) return r.isWord(p - 1) && r.value(p - 2) !== QUESTION;
  if (v !== P.close) return false;
  const open = r.match(p);
  return (
    open > 0 &&
    r.isWord(open - 1) &&
    (VOCABULARY.role(r.value(open - 1)) === WORD_ROLE.control || r.rewrittenAt(open - 1))
  );
}

const QUESTION = 63;

/** A macro call that starts a statement and has a block or another statement behind it. */
function maskStatementCall(r: Rewriter, i: number, close: number, name: string): void {
  const next = close + 1;
  if (next >= r.t.count) return;
  const block = r.isPunct(next) && r.value(next) === P.openBrace;
  const loop = LOOP_MACRO.test(name);
  if (loop && endsDo(r, i)) return blockMacro(r, i, close, name);
  const nextWord = r.isWord(next);
  if (block || (nextWord && (loop || BLOCK_MACRO.test(name) || IF_MACRO.test(name)) && !isOperatorWord(r, next))) {
    return blockMacro(r, i, close, name);
  }
  if (loop && r.isPunct(next) && (r.value(next) === P.open || r.value(next) === P.star) && onNewLine(r, next)) {
    return blockMacro(r, i, close, name);
  }
  const ends = nextWord || (r.isPunct(next) && r.value(next) === P.closeBrace);
  if (!ends || !(onNewLine(r, next) || r.value(next) === P.closeBrace) || !r.putBehind(close, ';')) return;
  r.markEnded(close);
  r.note('statement-macro', i, close);
}

function isOperatorWord(r: Rewriter, i: number): boolean {
  return VOCABULARY.role(r.value(i)) === WORD_ROLE.sizeof;
}

function onNewLine(r: Rewriter, i: number): boolean {
  for (let k = r.end(i - 1); k < r.start(i); k++) if (isLineBreak(r.code[k])) return true;
  return false;
}

/** `do { ... } for_each_part(x, y);` */
function endsDo(r: Rewriter, i: number): boolean {
  const open = r.isPunct(i - 1) && r.value(i - 1) === P.closeBrace ? r.match(i - 1) : -1;
  return open > 0 && r.isWord(open - 1) && r.text(open - 1) === 'do';
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
