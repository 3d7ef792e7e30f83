/** Finds the name a function's header declares, and tells headers that a macro makes (`SYSCALL_DEFINE3(name, ...) {`) from plain ones. */
import { FUNCTION_MAKERS } from '../../model/kernel-c.ts';
import { KIND, P, type Tokens, tokenText, type WordTable } from './tokens.ts';
import { BASE_TYPES } from './type-words.ts';

/** Words of C that steer the splitter. */
export const C_WORDS = [
  'struct',
  'union',
  'enum',
  'typedef',
  'static',
  'extern',
  'inline',
  'const',
  'volatile',
  'register',
  'if',
  'else',
  'for',
  'while',
  'do',
  'switch',
  'case',
  'default',
  'return',
  'goto',
  'break',
  'continue',
  'sizeof',
  ...BASE_TYPES,
];

/** Tokens of a file and the table they were scanned with, which must hold C_WORDS. */
export interface HeaderSource {
  readonly t: Tokens;
  readonly code: Uint16Array;
  readonly words: WordTable;
}

/** Token indexes; -1 for none. */
export interface FunctionHeader {
  readonly name: number;
  /** The macro that makes the function. */
  readonly macro: number;
}

/** Reads the header in front of the body at token `body`. */
export function functionHeader(s: HeaderSource, first: number, body: number): FunctionHeader {
  const name = functionName(s, first, body);
  if (name < 0 || !aloneInHeader(s, first, name)) return { name, macro: -1 };
  const text = tokenText(s.t, s.code, name);
  const maker = FUNCTION_MAKERS.find((m) => m.pattern.test(text));
  const argument = argumentName(s, name + 1, maker?.name ?? 0);
  if (maker === undefined && (argument < 0 || !(/[A-Z]/.test(text) || isLoneArgument(s, argument))))
    return { name, macro: -1 };
  return argument < 0 ? { name, macro: -1 } : { name: argument, macro: name };
}

/** No type in front of the name: storage classes at most. */
function aloneInHeader(s: HeaderSource, first: number, name: number): boolean {
  for (let i = first; i < name; i++) {
    const word = s.words.word(s.t.value[i] ?? 0);
    if (s.t.kind[i] !== KIND.word || !(word === 'static' || word === 'extern' || word === 'inline' || word === 'const'))
      return false;
  }
  return true;
}

/** The first word of argument `index` of the brackets at `open`. */
function argumentName(s: HeaderSource, open: number, index: number): number {
  const close = s.t.match[open] ?? -1;
  let at = open + 1;
  for (let k = 0; k < index; k++) {
    while (at < close && s.t.value[at] !== P.comma) at++;
    at++;
  }
  return at < close && s.t.kind[at] === KIND.word && !isCWord(s.words, s.t.value[at] ?? 0) ? at : -1;
}

function isLoneArgument(s: HeaderSource, at: number): boolean {
  const after = s.t.value[at + 1];
  return after === P.comma || after === P.close;
}

/**
 * The declared name in front of the parameter list that ends before `end`: `int *f(void)`, `int (*f(int))(void)`, `int M(f)(void)`.
 * A macro call behind the parameters is passed over. Returns -1 when there is none.
 */
export function functionName(s: HeaderSource, first: number, end: number): number {
  const { t } = s;
  let close = end - 1;
  for (;;) {
    const open = t.match[close] ?? -1;
    if (open <= first) return -1;
    const before = open - 1;
    if (t.kind[before] === KIND.word) {
      const previous = before - 1;
      if (previous > first && t.value[previous] === P.close && !isAnnotationCall(s, previous)) {
        close = previous;
        continue;
      }
      return before;
    }
    if (t.kind[before] !== KIND.punct || t.value[before] !== P.close) return -1;
    const inner = t.match[before] ?? -1;
    return inner < 0 ? -1 : firstName(s, inner + 1, before);
  }
}

/** `PRINTF(5, 6)` in front of a name: capitals, or a number as first argument. */
function isAnnotationCall(s: HeaderSource, close: number): boolean {
  const open = s.t.match[close] ?? -1;
  if (open < 1) return false;
  return (
    s.t.kind[open + 1] === KIND.number ||
    (s.t.kind[open - 1] === KIND.word && /^[A-Z][A-Z0-9_]*$/.test(tokenText(s.t, s.code, open - 1)))
  );
}

/** The first word that is no C keyword in `[from, to)`. */
export function firstName(s: HeaderSource, from: number, to: number): number {
  for (let i = from; i < to; i++) {
    if (s.t.kind[i] === KIND.word && !isCWord(s.words, s.t.value[i] ?? 0)) return i;
  }
  return -1;
}

const C_WORD_SET = new Set(C_WORDS);

/** Whether a word's number is that of a keyword or basic type. */
export function isCWord(words: WordTable, value: number): boolean {
  return value !== 0 && C_WORD_SET.has(words.word(value));
}
