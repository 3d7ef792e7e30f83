/** Tells declarations from expressions by their first tokens, as a reader does who knows no typedefs. */
import { KIND, P, type Tokens, tokenText, type WordTable } from './tokens.ts';
import { BASE_TYPES } from './type-words.ts';

const TYPE_WORDS = [
  'struct',
  'union',
  'enum',
  'typedef',
  'static',
  'extern',
  'const',
  'volatile',
  'register',
  ...BASE_TYPES,
];
const NOT_TYPES = [
  'return',
  'goto',
  'else',
  'do',
  'case',
  'default',
  'if',
  'for',
  'while',
  'switch',
  'break',
  'continue',
  'sizeof',
];

const typeIds = new WeakMap<WordTable, { readonly types: ReadonlySet<number>; readonly others: ReadonlySet<number> }>();

function idsOf(words: WordTable): { readonly types: ReadonlySet<number>; readonly others: ReadonlySet<number> } {
  let ids = typeIds.get(words);
  if (ids === undefined) {
    const set = (list: readonly string[]): ReadonlySet<number> => new Set(list.map((w) => words.id(w)));
    ids = { types: set(TYPE_WORDS), others: set(NOT_TYPES) };
    typeIds.set(words, ids);
  }
  return ids;
}

/** Whether a statement that starts at token `i` declares something: a word of a type, `name name`, or `name *name` with an end a declarator has. */
export function isDeclarationStart(t: Tokens, words: WordTable, i: number): boolean {
  if (t.kind[i] !== KIND.word) return false;
  const ids = idsOf(words);
  const v = t.value[i] ?? 0;
  if (v !== 0 && ids.types.has(v)) return true;
  if (v !== 0 && ids.others.has(v)) return false;
  let k = i + 1;
  const stars = k;
  while (k < t.count && t.value[k] === P.star) k++;
  if (t.kind[k] !== KIND.word || ids.others.has(t.value[k] ?? 0)) return false;
  if (k === stars) return true;
  const after = t.value[k + 1];
  return after === P.equals || after === P.semicolon || after === P.comma || after === P.openSquare;
}

/** The words a declaration at token `i` may declare: those in front of `=`, `,`, `;`, `[` or `)` up to its `;`. More than declared is possible. */
export function declaredNames(t: Tokens, code: Uint16Array, words: WordTable, i: number): string[] {
  const out: string[] = [];
  const ids = idsOf(words);
  let depth = 0;
  let initialiser = false;
  for (let k = i; k < t.count; k++) {
    const v = t.value[k] ?? 0;
    if (t.kind[k] === KIND.punct) {
      if (v === P.open || v === P.openBrace || v === P.openSquare) depth++;
      else if (v === P.close || v === P.closeBrace || v === P.closeSquare) depth--;
      else if (depth === 0 && v === P.semicolon) break;
      else if (depth === 0 && v === P.equals) initialiser = true;
      else if (depth === 0 && v === P.comma) initialiser = false;
      if (depth < 0) break;
      continue;
    }
    if (t.kind[k] !== KIND.word || initialiser || (v !== 0 && (ids.types.has(v) || ids.others.has(v)))) continue;
    const after = t.value[k + 1];
    const declares =
      after === P.equals || after === P.semicolon || after === P.comma || after === P.openSquare || after === P.close;
    if (declares) out.push(tokenText(t, code, k));
  }
  return out;
}
