/**
 * Looks at the code round an open #if: what kind of place it stands in, and whether its branches are whole statements, items,
 * fields or initialisers there. Walks the tokens, inner groups before outer ones; recursion is as deep as #if nests, which
 * `runDirectives` bounds.
 */
import type { Decision, OpenGroup } from './choose.ts';
import { declaredNames, isDeclarationStart } from './declaration-shape.ts';
import { KIND, P, type Tokens, type WordTable } from './tokens.ts';

/**
 * What may be done with a group. `statements`: its branches are whole statements; `keep`: all of them can stand side by side;
 * `broken`: neither.
 */
export type Shape = { readonly kind: 'statements' | 'keep' | 'broken' };

/** What an open bracket is. */
type Place = 'file' | 'code' | 'type' | 'list' | 'paren';

interface WalkerOptions {
  readonly t: Tokens;
  readonly code: Uint16Array;
  readonly words: WordTable;
  readonly groups: ReadonlyMap<number, OpenGroup>;
  readonly decide: (g: OpenGroup, shape: Shape) => Decision;
}

/** The place in the token list: what is open, and the last token that is no mark. */
interface State {
  readonly open: Place[];
  /** For each open bracket, the token in front of it. */
  readonly before: number[];
  previous: number;
  /** Token in front of the `(` that `previous` closed, when it is a `)`. */
  beforeClosed: number;
  /** Lowest number of open brackets seen. */
  floor: number;
}

/** How far behind a group a declared name is searched. */
const MAX_SEARCH = 4000;

const BRANCH_MARK = 35;

/** Walks one file; lives for one run. */
export class BranchWalker {
  readonly #o: WalkerOptions;
  readonly #decided = new Map<number, Decision>();
  readonly #ids: Readonly<Record<'else' | 'do' | 'struct' | 'union' | 'enum' | 'case' | 'default' | 'return', number>>;

  constructor(options: WalkerOptions) {
    this.#o = options;
    const id = (w: string): number => options.words.id(w);
    this.#ids = {
      else: id('else'),
      do: id('do'),
      struct: id('struct'),
      union: id('union'),
      enum: id('enum'),
      case: id('case'),
      default: id('default'),
      return: id('return'),
    };
  }

  /** Decides every group of the file. */
  run(): void {
    this.#walk(0, this.#o.t.count, { open: [], before: [], previous: -1, beforeClosed: -1, floor: 0 });
  }

  /** Moves a state over the tokens `[from, to)`, deciding the groups met on the way. */
  #walk(from: number, to: number, s: State): void {
    const { t, groups } = this.#o;
    let i = from;
    while (i < to) {
      if (t.value[i] === BRANCH_MARK) {
        const g = groups.get(i);
        i = g === undefined ? i + 1 : this.#group(g, s);
        continue;
      }
      this.#step(i, s);
      i++;
    }
  }

  /** Decides a group, moves the state over what stays of it, and gives the token behind it. */
  #group(g: OpenGroup, s: State): number {
    const { marks } = g;
    const first = marks[0] ?? 0;
    let decision = this.#decided.get(first);
    if (decision === undefined) {
      decision = this.#o.decide(g, this.#shape(g, s));
      this.#decided.set(first, decision);
    }
    const end = marks[marks.length - 1] ?? first;
    if (decision.kind === 'one') {
      if (decision.index >= 0) this.#walk((marks[decision.index] ?? 0) + 1, marks[decision.index + 1] ?? end, s);
    } else {
      const last = this.#lastOf(g);
      if (last >= 0) s.previous = last;
    }
    return end + 1;
  }

  #lastOf(g: OpenGroup): number {
    const end = g.marks[g.marks.length - 1] ?? 0;
    for (let i = end - 1; i > (g.marks[0] ?? 0); i--) if (this.#o.t.value[i] !== BRANCH_MARK) return i;
    return -1;
  }

  /** One token that is no mark. */
  #step(i: number, s: State): void {
    const { t } = this.#o;
    if (t.kind[i] === KIND.punct) {
      const c = t.value[i];
      if (c === P.open || c === P.openSquare) this.#push(s, 'paren');
      else if (c === P.openBrace) this.#push(s, this.#braceKind(i, s));
      else if (c === P.close || c === P.closeSquare || c === P.closeBrace) {
        if (c === P.closeBrace) while (s.open[s.open.length - 1] === 'paren') this.#pop(s);
        s.beforeClosed = s.before[s.before.length - 1] ?? -1;
        this.#pop(s);
      }
    }
    s.previous = i;
  }

  #push(s: State, place: Place): void {
    s.open.push(place);
    s.before.push(s.previous);
  }

  #pop(s: State): void {
    s.open.pop();
    s.before.pop();
    s.floor = Math.min(s.floor, s.open.length);
  }

  #braceKind(i: number, s: State): Place {
    const { t } = this.#o;
    const around = s.open[s.open.length - 1] ?? 'file';
    const p = s.previous;
    const punct = p >= 0 && t.kind[p] === KIND.punct ? t.value[p] : 0;
    if (around === 'list' && punct !== P.close) return 'list';
    if (punct === P.close) {
      const b = s.beforeClosed;
      if (around === 'file') return 'code';
      return b >= 0 && t.kind[b] === KIND.word && t.value[b] !== this.#ids.return ? 'code' : 'list';
    }
    if (punct === P.equals || punct === P.comma || punct === P.closeSquare) return 'list';
    if (punct === P.open) return 'code';
    for (let k = i - 1; k >= Math.max(0, i - 3); k--) {
      const v = t.value[k];
      if (v === this.#ids.enum) return 'list';
      if (v === this.#ids.struct || v === this.#ids.union) return 'type';
      if (t.kind[k] !== KIND.word) break;
    }
    return around === 'file' ? 'type' : 'code';
  }

  #shape(g: OpenGroup, s: State): Shape {
    const place = s.open[s.open.length - 1] ?? 'file';
    const next = (g.marks[g.marks.length - 1] ?? 0) + 1;
    const ends = g.branches.map((_, i) => this.#branch(g, i, s));
    if (place === 'paren' || ends.some((e) => e === undefined)) return { kind: 'broken' };
    const lasts = ends.filter((e) => e !== undefined);
    if (!this.#startsWell(place, s.previous)) return { kind: 'broken' };
    if (!lasts.every((last, i) => this.#endsWell(place, g, i, last))) return { kind: 'broken' };
    if (place !== 'code') return { kind: 'keep' };
    if (this.#o.t.value[next] === this.#ids.else) return { kind: 'broken' };
    return { kind: this.#statementShape(g, next) };
  }

  /** Walks branch `index` from a copy of the state: its last token (-1 when it is empty), or undefined when brackets do not balance. */
  #branch(g: OpenGroup, index: number, s: State): number | undefined {
    const from = (g.marks[index] ?? 0) + 1;
    const to = g.marks[index + 1] ?? from;
    const top = s.open.length;
    const inner: State = {
      open: s.open.slice(-1),
      before: s.before.slice(-1),
      previous: s.previous,
      beforeClosed: s.beforeClosed,
      floor: Math.min(1, top),
    };
    this.#walk(from, to, inner);
    if (inner.floor < Math.min(1, top) || inner.open.length !== Math.min(1, top)) return undefined;
    return inner.previous >= from ? inner.previous : -1;
  }

  #startsWell(place: Place, previous: number): boolean {
    if (previous < 0) return true;
    const { t } = this.#o;
    const c = t.kind[previous] === KIND.punct ? t.value[previous] : 0;
    if (place === 'list') return c === P.comma || c === P.openBrace;
    if (c === P.semicolon || c === P.closeBrace || c === P.openBrace) return true;
    if (place === 'file') return c === P.close && this.#isLoneCall(previous);
    return place === 'code' && c === P.colon && this.#isLabelEnd(previous);
  }

  /** Whether a `:` ends a label or a case, not the middle of `?:`. */
  #isLabelEnd(colon: number): boolean {
    const { t } = this.#o;
    let between = 0;
    for (let i = colon - 1; i >= Math.max(0, colon - 12); i--) {
      const v = t.value[i];
      if (v === this.#ids.case || v === this.#ids.default) return true;
      // The end of a group that stands right in front of the label.
      if (v === BRANCH_MARK) continue;
      if (v === P.semicolon || v === P.openBrace || v === P.closeBrace || v === P.colon) return between === 1;
      if (t.kind[i] === KIND.punct && v === 63) return false;
      between++;
    }
    return false;
  }

  /** Whether a `)` at file scope ends a macro call that is an item of its own, as `EXPORT_SYMBOL(x)`, not a function's header. */
  #isLoneCall(close: number): boolean {
    const { t } = this.#o;
    let depth = 0;
    for (let i = close; i >= Math.max(0, close - MAX_SEARCH); i--) {
      const v = t.kind[i] === KIND.punct ? t.value[i] : 0;
      if (v === P.close) depth++;
      if (v !== P.open || --depth > 0) continue;
      const before = t.kind[i - 2] === KIND.punct ? t.value[i - 2] : 0;
      if (t.kind[i - 1] !== KIND.word) return false;
      return i < 2 || before === P.semicolon || before === P.closeBrace || before === P.close || before === BRANCH_MARK;
    }
    return false;
  }

  #endsWell(place: Place, g: OpenGroup, index: number, last: number): boolean {
    if (last < 0) return true;
    const { t } = this.#o;
    const from = (g.marks[index] ?? 0) + 1;
    if (t.value[from] === this.#ids.else) return false;
    const c = t.kind[last] === KIND.punct ? t.value[last] : 0;
    const next = (g.marks[g.marks.length - 1] ?? 0) + 1;
    if (place === 'list') return c === P.comma || (t.value[next] === P.closeBrace && g.branches.length === 1);
    if (c === P.semicolon || c === P.closeBrace) return true;
    return place === 'file' && c === P.close && this.#isLoneCall(last) && this.#o.t.value[next] !== P.openBrace;
  }

  /** Statements that may be wrapped, declarations that may stand as they are, or neither. */
  #statementShape(g: OpenGroup, next: number): Shape['kind'] {
    const names: string[][] = [];
    let plain = true;
    for (let i = 0; i < g.branches.length; i++) {
      const from = (g.marks[i] ?? 0) + 1;
      const to = g.marks[i + 1] ?? from;
      const v = this.#o.t.value[from];
      if (v === this.#ids.case || v === this.#ids.default || this.#hasCase(from, to))
        return g.branches.length === 1 ? 'keep' : 'broken';
      const found = this.#declared(from, to);
      if (!found.only) plain = false;
      names.push(found.names);
    }
    const all = names.flat();
    if (all.length === 0 || !this.#usedLater(new Set(all), next)) return 'statements';
    if (plain && new Set(all).size === all.length) return 'keep';
    return 'broken';
  }

  /** Whether a `case` stands outside any brace of the branch. */
  #hasCase(from: number, to: number): boolean {
    const { t } = this.#o;
    let depth = 0;
    for (let i = from; i < to; i++) {
      const v = t.value[i];
      if (v === P.openBrace) depth++;
      else if (v === P.closeBrace) depth--;
      else if (depth === 0 && (v === this.#ids.case || v === this.#ids.default)) return true;
    }
    return false;
  }

  /** Names declared outside any brace of the branch, and whether there is nothing but declarations. */
  #declared(from: number, to: number): { readonly names: string[]; readonly only: boolean } {
    const { t, words, code } = this.#o;
    const names: string[] = [];
    let only = true;
    let depth = 0;
    let start = true;
    for (let i = from; i < to; i++) {
      const v = t.value[i];
      if (v === BRANCH_MARK || (start && v === P.semicolon)) continue;
      if (start && depth === 0) {
        if (isDeclarationStart(t, words, i)) names.push(...declaredNames(t, code, words, i));
        else only = false;
        start = false;
      }
      if (v === P.openBrace || v === P.open) depth++;
      else if (v === P.closeBrace || v === P.close) depth--;
      if (depth === 0 && (v === P.semicolon || v === P.closeBrace)) start = true;
    }
    return { names, only };
  }

  /** Whether one of the names occurs between a token and the end of the block round it. */
  #usedLater(names: ReadonlySet<string>, from: number): boolean {
    const { t, code } = this.#o;
    const lengths = new Set([...names].map((n) => n.length));
    let depth = 0;
    for (let i = from; i < t.count; i++) {
      if (i - from > MAX_SEARCH) return true;
      const v = t.value[i];
      if (v === P.openBrace) depth++;
      else if (v === P.closeBrace && --depth < 0) return false;
      if (t.kind[i] !== KIND.word || v !== 0) continue;
      const length = (t.end[i] as number) - (t.start[i] as number);
      if (lengths.has(length) && names.has(textAt(code, t.start[i] as number, t.end[i] as number))) return true;
    }
    return false;
  }
}

function textAt(code: Uint16Array, start: number, end: number): string {
  let s = '';
  for (let i = start; i < end; i++) s += String.fromCharCode(code[i] as number);
  return s;
}
