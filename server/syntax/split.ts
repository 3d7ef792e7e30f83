/**
 * Cuts a file into its top-level items by brackets alone: functions, type definitions, variables, prototypes, the rest.
 * Works on tokens whose brackets are matched, never fails, and a damaged item does not reach beyond its own end.
 */
import type { Span } from '../base/span.ts';
import { firstName, functionHeader, functionName, isCWord } from './function-header.ts';
import { CH } from './strip.ts';
import { column0, KIND, P, type Tokens, tokenText, type WordTable } from './tokens.ts';
import type { DeclarationItem, FunctionDef } from './unit.ts';

/** What a file holds at its top level, in the order of the text. */
export interface TopLevel {
  readonly functions: readonly FunctionDef[];
  readonly declarations: readonly DeclarationItem[];
}

interface Source {
  readonly t: Tokens;
  readonly code: Uint16Array;
  readonly words: WordTable;
}

/** Cuts the tokens into items. `words` is the table they were scanned with and must hold C_WORDS. */
export function splitTopLevel(source: Source): TopLevel {
  const { t } = source;
  const functions: FunctionDef[] = [];
  const declarations: DeclarationItem[] = [];
  let i = 0;
  while (i < t.count) {
    const item = scanItem(source, i);
    if (item.body >= 0) functions.push(functionOf(source, i, item));
    else if (item.last > i) declarations.push(declarationOf(source, i, item));
    i = item.next;
  }
  return { functions, declarations };
}

/** Token indexes of one item: `last` is its last token, `body` the `{` of a function body or -1, `next` where to go on. */
interface Item {
  readonly last: number;
  readonly next: number;
  readonly body: number;
  /** First `{` of a type body or initialiser, and first `=` outside brackets; -1 when there is none. */
  readonly brace: number;
  readonly assign: number;
}

function scanItem(s: Source, first: number): Item {
  const { t } = s;
  let brace = -1;
  let assign = -1;
  let i = first;
  while (i < t.count) {
    if (t.kind[i] !== KIND.punct) {
      if (i > first && endsWithoutSemicolon(s, first, i)) return { last: i - 1, next: i, body: -1, brace, assign };
      i++;
      continue;
    }
    const c = t.value[i];
    const partner = t.match[i] as number;
    if (c === P.semicolon) return { last: i, next: i + 1, body: -1, brace, assign };
    if (c === P.openBrace) {
      if (isLinkageBlock(s, first, i)) return { last: first, next: i + 1, body: -1, brace, assign };
      const end = partner >= 0 ? partner : endOfDamage(s, i);
      if (assign < 0 && i > first && t.value[i - 1] === P.close && !isMadeObject(s, first, i, end)) {
        return { last: end, next: end + 1, body: i, brace, assign };
      }
      if (brace < 0) brace = i;
      i = end + 1;
      continue;
    }
    if (c === P.closeBrace) return { last: i, next: i + 1, body: -1, brace, assign };
    if (c === P.equals && assign < 0) assign = i;
    i = (c === P.open || c === P.openSquare) && partner > i ? partner + 1 : i + 1;
  }
  return { last: t.count - 1, next: t.count, body: -1, brace, assign };
}

/** `MAKER(name) { ... };` and `MAKER(name) { .field = ... }`: a type or an object, not a function. */
function isMadeObject(s: Source, first: number, brace: number, end: number): boolean {
  const { t } = s;
  const open = t.match[brace - 1] ?? -1;
  let k = first;
  while (k < open && isStorage(s, k)) k++;
  return open === k + 1 && (t.value[end + 1] === P.semicolon || t.value[brace + 1] === P.dot);
}

/** `extern "C" {` */
function isLinkageBlock(s: Source, first: number, brace: number): boolean {
  return (
    brace === first + 2 && s.t.kind[first + 1] === KIND.literal && s.words.word(s.t.value[first] ?? 0) === 'extern'
  );
}

/** Where a `{` without partner ends: before the next token in column 0 that starts a new item, or at the end. */
function endOfDamage(s: Source, brace: number): number {
  const { t } = s;
  let i = brace + 1;
  while (i < t.count && !(column0(s.code, t.start[i] as number) && t.kind[i] === KIND.word)) i++;
  return Math.min(i, t.count) - 1;
}

/** A macro call alone on its lines, as `EXPORT_SYMBOL(x)` or `static DEFINE_MUTEX(m)` without semicolon, ends where a line starts with a word in column 0. */
function endsWithoutSemicolon(s: Source, first: number, i: number): boolean {
  const { t } = s;
  if (t.value[i - 1] !== P.close || t.kind[i - 1] !== KIND.punct || t.kind[i] !== KIND.word) return false;
  if (!column0(s.code, t.start[i] as number)) return false;
  const open = t.match[i - 1] as number;
  let k = first;
  while (k < open && k < first + MAX_STORAGE && isStorage(s, k)) k++;
  return open === k + 1 && t.kind[k] === KIND.word;
}

/** Storage classes and qualifiers in front of a macro call. */
const MAX_STORAGE = 8;

function isStorage(s: Source, i: number): boolean {
  const word = s.words.word(s.t.value[i] ?? 0);
  return s.t.kind[i] === KIND.word && (word === 'static' || word === 'extern' || word === 'inline' || word === 'const');
}

function spanOf(t: Tokens, first: number, last: number): Span {
  return { start: t.start[first] ?? 0, end: t.end[last] ?? 0 };
}

function functionOf(s: Source, first: number, item: Item): FunctionDef {
  const { t } = s;
  const header = functionHeader(s, first, item.body);
  let isStatic = false;
  for (let i = first; i < item.body && t.kind[i] === KIND.word; i++)
    if (s.words.word(t.value[i] ?? 0) === 'static') isStatic = true;
  const name = Math.max(first, header.name);
  return {
    name: header.name < 0 ? '' : tokenText(t, s.code, header.name),
    nameSpan: spanOf(t, name, name),
    span: spanOf(t, first, item.last),
    bodySpan: spanOf(t, item.body, item.last),
    isStatic,
    viaMacro: header.macro < 0 ? undefined : tokenText(t, s.code, header.macro),
  };
}

function declarationOf(s: Source, first: number, item: Item): DeclarationItem {
  const { t } = s;
  const span = spanOf(t, first, item.last);
  const lead = leadingWord(s, first, item.last);
  const nameAt = (i: number): string => (i < 0 ? '' : tokenText(t, s.code, i));
  if (lead === 'typedef') return { kind: 'type', name: nameAt(declaredName(s, first, item.last)), span };
  if (item.assign < 0 && item.brace >= 0 && (lead === 'struct' || lead === 'union' || lead === 'enum')) {
    const tag = item.brace - 1;
    const close = t.match[item.brace] ?? -1;
    if (tag > first && t.kind[tag] === KIND.word && !isCWord(s.words, t.value[tag] ?? 0)) {
      return { kind: 'type', name: nameAt(tag), span };
    }
    if (close >= 0 && close + 1 < item.last)
      return { kind: 'variable', name: nameAt(firstName(s, close + 1, item.last)), span };
    return { kind: 'type', name: '', span };
  }
  const ended = t.value[item.last] === P.semicolon;
  const end = item.assign >= 0 ? item.assign : ended ? item.last : item.last + 1;
  if (item.assign < 0 && end > first && t.value[end - 1] === P.close) {
    const name = functionName(s, first, end);
    const kind = name > first && !isLoneCall(s, first, name) ? 'prototype' : 'other';
    return { kind, name: nameAt(name < 0 ? firstName(s, first, end) : name), span };
  }
  const name = declaredName(s, first, end);
  const forward =
    (lead === 'struct' || lead === 'union' || lead === 'enum') && name === end - 1 && isTagWord(s, name - 1);
  return { kind: name > first && !forward ? 'variable' : 'other', name: nameAt(name), span };
}

/** Nothing but storage classes in front of a name. */
function isLoneCall(s: Source, first: number, name: number): boolean {
  let k = first;
  while (k < name && k < first + MAX_STORAGE && isStorage(s, k)) k++;
  return k === name;
}

function isTagWord(s: Source, i: number): boolean {
  const word = s.words.word(s.t.value[i] ?? 0);
  return word === 'struct' || word === 'union' || word === 'enum';
}

/** The first word of an item that is no storage class. */
function leadingWord(s: Source, first: number, last: number): string {
  let i = first;
  while (i < last && isStorage(s, i)) i++;
  return s.t.kind[i] === KIND.word ? s.words.word(s.t.value[i] ?? 0) : '';
}

/** The name that a declaration without initialiser gives: the last word outside brackets, or the one in `(*name)`. */
function declaredName(s: Source, first: number, end: number): number {
  const { t } = s;
  let name = -1;
  for (let i = first; i < end; i++) {
    const partner = t.match[i] ?? -1;
    if (t.kind[i] === KIND.word && !isCWord(s.words, t.value[i] ?? 0)) name = i;
    else if (t.kind[i] === KIND.punct && t.value[i] === P.comma) break;
    else if (t.kind[i] === KIND.punct && t.value[i] === P.open && t.value[i + 1] === P.star)
      return firstName(s, i + 1, end);
    else if (partner > i) i = partner;
  }
  return name;
}

/** Whether a unit ends a line; for callers that look at layout. */
export function isLineBreak(c: number | undefined): boolean {
  return c === CH.newline || c === CH.return;
}
