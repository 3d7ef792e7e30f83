/**
 * Macro calls that are more than calls: loops and blocks in front of a statement, calls without semicolon, calls whose arguments
 * are statements, declarations and fields made by macros. By the names in `model/kernel-c.ts` and by shape.
 */
import { BLOCK_MACRO, CLEANUP_MACROS, IF_MACRO, LOOP_MACRO } from '../../model/kernel-c.ts';
import { isDeclarationStart } from './declaration-shape.ts';
import { maskArguments } from './mask-arguments.ts';
import { around, MAX_LOOK, type Masking } from './masking.ts';
import type { Rewriter } from './rewriter.ts';
import { isLineBreak } from './split.ts';
import { P } from './tokens.ts';
import { VOCABULARY, WORD_ROLE } from './vocabulary.ts';

/** A macro without brackets in front of a statement goes, `__unroll for (...)`, and a word between type and star, `T far *p`. */
function maskBare(r: Rewriter, i: number): void {
  if (isPlainWord(r, i + 1) && r.value(i + 2) === P.star && startsStatement(r, i)) {
    r.note('annotation', i + 1, i + 1);
    r.blank(i + 1, i + 1);
    return;
  }
  const next = r.isWord(i + 1) ? VOCABULARY.role(r.value(i + 1)) : 0;
  if (next !== WORD_ROLE.control && next !== WORD_ROLE.jump) return;
  if (!startsStatement(r, i)) return;
  r.note('annotation', i, i);
  r.blank(i, i);
}

function isPlainWord(r: Rewriter, i: number): boolean {
  return r.isWord(i) && VOCABULARY.role(r.value(i)) === 0;
}

/** A word that may be called: block macros, calls without semicolon, and arguments. */
export function maskCall(m: Masking, i: number): void {
  const { r } = m;
  const open = i + 1;
  if (r.value(open) !== P.open || !r.isPunct(open)) return maskBare(r, i);
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
  if (statement && LOOP_MACRO.test(name) && isForHead(r, open, close)) return r.put(r.start(i), 'for', r.end(i));
  const first = statementArgument(r, open, close);
  if (first === open + 1 && statement) return unwrapStatements(r, i, close);
  if (first > open + 1) return lastArgument(r, i, first, close);
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

/** `(i = 0; i < n; i++)` */
function isForHead(r: Rewriter, open: number, close: number): boolean {
  let semicolons = 0;
  for (let k = open + 1; k < close; k++) {
    if (r.isPunct(k) && r.value(k) === P.semicolon) semicolons++;
    const partner = r.match(k);
    if (partner > k) k = partner;
  }
  return semicolons === 2;
}

/** The first token of the argument that is statements, as in `DEB( if (x) f(); )` and `poll(dev, 2000, if (x) break;)`; -1 for none. */
function statementArgument(r: Rewriter, open: number, close: number): number {
  let first = open + 1;
  for (let k = first; k < close; k++) {
    if (k === first && isControl(r, k)) return first;
    if (r.isPunct(k) && r.value(k) === P.comma) first = k + 1;
    else if (r.isPunct(k) && r.value(k) === P.semicolon) {
      return first === open + 1 || isDeclarationStart(r.t, r.words, first) || hasControl(r, k, close) ? first : -1;
    }
    const partner = r.match(k);
    if (partner > k) k = partner;
  }
  return -1;
}

/** Whether one of the statements behind the `;` at `from` starts with `if` or the like. */
function hasControl(r: Rewriter, from: number, close: number): boolean {
  for (let k = from; k < close; k++) {
    if (r.isPunct(k) && r.value(k) === P.semicolon && isControl(r, k + 1)) return true;
    const partner = r.match(k);
    if (partner > k) k = partner;
  }
  return false;
}

function isControl(r: Rewriter, i: number): boolean {
  return r.isWord(i) && VOCABULARY.role(r.value(i)) === WORD_ROLE.control;
}

/** `poll(dev, 2000, if (x) break;)` becomes a statement expression: the macro and what stands in front of the statements go. */
function lastArgument(r: Rewriter, i: number, first: number, close: number): void {
  const at = r.start(first) - 2;
  const ended = r.value(close - 1) === P.semicolon || r.value(close - 1) === P.closeBrace;
  if (at < r.start(i) || r.end(close - 1) >= r.start(close) || !ended) return;
  r.note('block-macro', i, close);
  r.blank(i, first - 1);
  r.put(at, '({');
  r.putBehind(close - 1, '}');
  r.markEnded(first - 1);
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
  if (loop && r.isPunct(next) && startsExpression(r.value(next)) && onNewLine(r, next)) {
    return blockMacro(r, i, close, name);
  }
  if (r.value(next) === P.equals && r.value(next + 1) === P.openBrace) return dropInitialiser(r, next);
  if (nextWord && !onNewLine(r, next) && r.value(next + 1) !== P.open) return typeMacro(r, i, close);
  const ends = nextWord || (r.isPunct(next) && r.value(next) === P.closeBrace);
  if (!ends || !r.putBehind(close, ';')) return;
  r.markEnded(close);
  r.note('statement-macro', i, close);
}

/** A star, a bracket, `++` or `--` on a line of its own below a loop. */
function startsExpression(v: number): boolean {
  return v === P.open || v === P.star || v === P.minus || v === PLUS;
}

const PLUS = 43;

/** `DECLARE_BITMAP(bits, 8) = { 0, };`: the initialiser goes. */
function dropInitialiser(r: Rewriter, equals: number): void {
  const close = r.match(equals + 1);
  if (close > 0) r.blank(equals, close);
}

/** `typeof_member(struct foo, bar) x;`: a type made by a macro. */
function typeMacro(r: Rewriter, i: number, close: number): void {
  if (r.end(i) - r.start(i) < 3) return;
  r.note('typeof', i, close);
  r.put(r.start(i), 'int', r.end(close));
  r.settle(i, close);
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
