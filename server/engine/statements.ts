/**
 * Where statements begin and end in a unit, without a tree: what suppression comments, fingerprints and the baseline go by.
 * Works on the masked text, where comments and the insides of literals are blank; one pass per unit, then O(log n) a question.
 */
import type { Span } from '../base/span.ts';
import type { CUnit } from '../syntax/unit.ts';

/** The statements of a unit. */
export interface Statements {
  /** From the statement's first character to behind its `;` or to its `{`; never empty. */
  at(offset: number): Span;
}

/** Longest statement text that is compared in full, in UTF-16 units: a table of initialisers counts as one statement. */
const MAX_COMPARED = 600;

const OPEN = '('.charCodeAt(0);
const CLOSE = ')'.charCodeAt(0);
const SEMICOLON = ';'.charCodeAt(0);
const BRACE = '{'.charCodeAt(0);
const END_BRACE = '}'.charCodeAt(0);

/** Offsets behind every `;` outside parentheses and every brace. A brace starts a level of its own, so `({ … })` works. */
function boundaries(code: string): number[] {
  const found = [0];
  const levels: number[] = [];
  let parentheses = 0;
  for (let i = 0; i < code.length; i++) {
    const c = code.charCodeAt(i);
    if (c === OPEN) parentheses++;
    else if (c === CLOSE) parentheses = Math.max(0, parentheses - 1);
    else if (c === SEMICOLON && parentheses === 0) found.push(i + 1);
    else if (c === BRACE) {
      levels.push(parentheses);
      parentheses = 0;
      found.push(i + 1);
    } else if (c === END_BRACE) {
      // A brace at the left margin ends a function whatever the text before it was.
      const outermost = i === 0 || code[i - 1] === '\n';
      parentheses = outermost ? 0 : (levels.pop() ?? 0);
      if (outermost) levels.length = 0;
      found.push(i + 1);
    }
  }
  return found;
}

/** The statements of a unit; kept per unit. */
export function statementsOf(unit: CUnit): Statements {
  let known = cache.get(unit.version);
  if (known === undefined) {
    known = index(unit.code);
    cache.set(unit.version, known);
  }
  return known;
}

const cache = new WeakMap<CUnit['version'], Statements>();

function index(code: string): Statements {
  const ends = boundaries(code);
  return {
    at(offset) {
      let low = 0;
      let high = ends.length - 1;
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if ((ends[middle] ?? 0) <= offset) low = middle;
        else high = middle - 1;
      }
      let start = ends[low] ?? 0;
      while (start < offset && /\s/.test(code.charAt(start))) start++;
      const end = ends[low + 1] ?? code.length;
      const opens = code.charCodeAt(end - 1) === BRACE;
      return { start, end: Math.max(start + 1, opens ? end - 1 : end) };
    },
  };
}

const COMMENTS = /"(?:\\[\s\S]|[^"\\\n])*"|'(?:\\[\s\S]|[^'\\\n])*'|\/\*[\s\S]*?(?:\*\/|$)|\/\/[^\n]*/g;

/** C text without comments, runs of white space as one blank: equal for statements that differ in layout alone. */
export function normaliseStatement(text: string): string {
  const bare = text
    .replace(COMMENTS, (piece) => (piece.startsWith('/') ? ' ' : piece))
    .replace(/\\\r?\n/g, ' ')
    .replace(/\s+/g, ' ')
    .replace(/ (?=[,;)\]])/g, '')
    .replace(/([([]) /g, '$1')
    .trim();
  return bare.length <= MAX_COMPARED ? bare : `${bare.slice(0, MAX_COMPARED)}…`;
}
