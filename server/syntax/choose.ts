/**
 * Settles the #if groups that preprocessing left open. Whole statements on both sides become `if (symbol) {} else {}` at equal
 * length; whole items, fields or initialisers all stay; anywhere else the first branch is taken and the stretch noted as guessed.
 */
import type { Span } from '../base/span.ts';
import { BranchWalker, type Shape } from './branch-shape.ts';
import type { Branch, Group } from './preprocess.ts';
import { blank, CH } from './strip.ts';
import { dropBlanked, type Tokens, type WordTable } from './tokens.ts';
import type { ConfigCondition } from './unit.ts';

/** What was decided: conditions that became `if (symbol)`, and stretches where a branch was taken without knowing. */
export interface Chosen {
  readonly conditions: readonly ConfigCondition[];
  readonly guessed: readonly Span[];
}

/** A group as the walker meets it: its open branches by token index. */
export interface OpenGroup {
  readonly group: Group;
  readonly branches: readonly Branch[];
  /** Token index of the marker in front of each branch, and of the one behind the last. */
  readonly marks: readonly number[];
  /** Whether one of the branches is live in any case. */
  readonly exhaustive: boolean;
}

/** What became of a group: the branches whose tokens stay. */
export type Decision = { readonly kind: 'all' } | { readonly kind: 'one'; readonly index: number };

/** Marks the directives of open groups in the code, so that the next `tokenize` shows where they stand. */
export function markOpenGroups(code: Uint16Array, groups: readonly Group[]): readonly Group[] {
  const open = groups.filter((g) => g.branches.some((b) => b.state === undefined));
  for (const g of open) {
    for (const b of g.branches) if (b.state === undefined) code[b.at.start] = CH.hash;
    if (g.end.start < code.length) code[g.end.start] = CH.hash;
  }
  return open;
}

/**
 * Decides every open group. `t` holds the tokens of `code` with the marks; both are changed: what is
 * dropped leaves `t` as well, what is written (balanced brackets and `if`) does not enter it.
 */
export function chooseBranches(
  source: { t: Tokens; code: Uint16Array; words: WordTable },
  groups: readonly Group[],
): Chosen {
  const open = openGroups(source.t, groups);
  const chooser = new Chooser(source);
  new BranchWalker({ ...source, groups: open, decide: (g, shapes) => chooser.decide(g, shapes) }).run();
  dropBlanked(source.t, source.code, CH.hash);
  for (const g of groups) {
    for (const b of g.branches) if (source.code[b.at.start] === CH.hash) source.code[b.at.start] = CH.space;
    if (source.code[g.end.start] === CH.hash) source.code[g.end.start] = CH.space;
  }
  return chooser.result();
}

function openGroups(t: Tokens, groups: readonly Group[]): ReadonlyMap<number, OpenGroup> {
  const byOffset = new Map<number, number>();
  for (let i = 0; i < t.count; i++) if (t.value[i] === CH.hash) byOffset.set(t.start[i] as number, i);
  const out = new Map<number, OpenGroup>();
  for (const group of groups) {
    const branches = group.branches.filter((b) => b.state === undefined);
    const marks = [...branches.map((b) => byOffset.get(b.at.start)), byOffset.get(group.end.start) ?? t.count];
    const known = marks.filter((m) => m !== undefined);
    const last = branches[branches.length - 1];
    if (known.length !== marks.length || known[0] === undefined || last === undefined) continue;
    out.set(known[0], { group, branches, marks: known, exhaustive: last.condition === undefined });
  }
  return out;
}

/** Collects decisions; lives for one file. */
class Chooser {
  readonly #t: Tokens;
  readonly #code: Uint16Array;
  readonly #symbols = new Map<string, string>();
  /** Truth of the conditions that were guessed before, so that two #if of one condition fit together. */
  readonly #assumed = new Map<string, boolean>();
  readonly #conditions: ConfigCondition[] = [];
  readonly #guessed: Span[] = [];
  readonly #dropped: Span[] = [];

  constructor(source: { t: Tokens; code: Uint16Array }) {
    this.#t = source.t;
    this.#code = source.code;
  }

  result(): Chosen {
    const gone = inside(this.#dropped);
    const order = (a: Span, b: Span): number => a.start - b.start;
    return {
      conditions: this.#conditions.filter((c) => !gone(c.span)).sort((a, b) => order(a.span, b.span)),
      guessed: this.#guessed.filter((s) => !gone(s)).sort(order),
    };
  }

  decide(g: OpenGroup, shape: Shape): Decision {
    if (shape.kind === 'keep') return { kind: 'all' };
    if (shape.kind === 'statements' && this.#rewrite(g)) return { kind: 'all' };
    return this.#guess(g);
  }

  #symbol(text: string): string {
    let s = this.#symbols.get(text);
    if (s === undefined) {
      s = `$${this.#symbols.size.toString(36)}`;
      this.#symbols.set(text, s);
    }
    return s;
  }

  /** Writes `if ($n) {`, `} else {` and `}` over the directives; false, and nothing written, where there is no room. */
  #rewrite(g: OpenGroup): boolean {
    const texts = g.branches.map((b, i) => this.#head(b, i));
    texts.push('}');
    const places = texts.map((text, i) =>
      this.#room(g.marks[i] ?? 0, text.length, i === texts.length - 1 ? g.group.end : undefined),
    );
    if (places.some((p) => p < 0)) return false;
    texts.forEach((text, i) => {
      const at = places[i] ?? 0;
      for (let k = 0; k < text.length; k++) this.#code[at + k] = text.charCodeAt(k);
    });
    for (const b of g.branches) {
      if (b.condition === undefined) continue;
      this.#conditions.push({ symbol: this.#symbol(b.condition.text), text: b.source, span: b.at });
    }
    return true;
  }

  #head(b: Branch, index: number): string {
    const open = index === 0 ? '' : '}else ';
    if (b.condition === undefined) return index === 0 ? '{' : '}else{';
    return `${open}if(${b.condition.negated ? '!' : ''}${this.#symbol(b.condition.text)}){`;
  }

  /** Offset at which `length` units fit between the tokens round a mark, at the mark if possible; -1 when they do not. */
  #room(mark: number, length: number, end: Span | undefined): number {
    const t = this.#t;
    const at = mark < t.count ? (t.start[mark] as number) : (end?.start ?? this.#code.length);
    const limit = mark + 1 < t.count ? (t.start[mark + 1] as number) : this.#code.length;
    const from = mark > 0 ? (t.end[mark - 1] as number) : 0;
    if (at + length <= limit) return at;
    const earlier = limit - length;
    if (earlier < from) return -1;
    for (let i = earlier; i < at; i++) if ((this.#code[i] as number) > CH.space) return -1;
    return earlier;
  }

  #guess(g: OpenGroup): Decision {
    let index = g.branches.findIndex((b) => this.#truth(b) === true);
    if (index < 0) index = g.branches.findIndex((b) => this.#truth(b) === undefined);
    const chosen = g.branches[index];
    if (chosen?.condition !== undefined) this.#assumed.set(chosen.condition.text, !chosen.condition.negated);
    g.branches.forEach((b, i) => {
      if (i === index) return;
      blank(this.#code, b.body.start, b.body.end);
      this.#dropped.push(b.body);
      if (b.condition !== undefined && i < index) this.#assumed.set(b.condition.text, b.condition.negated);
    });
    this.#guessed.push({ start: g.branches[0]?.at.start ?? 0, end: g.group.end.end });
    return { kind: 'one', index };
  }

  #truth(b: Branch): boolean | undefined {
    if (b.condition === undefined) return undefined;
    const known = this.#assumed.get(b.condition.text);
    return known === undefined ? undefined : known !== b.condition.negated;
  }
}

/** A test whether a span lies within one of many; the many may nest. */
function inside(spans: readonly Span[]): (s: Span) => boolean {
  const outer: Span[] = [];
  for (const s of [...spans].sort((a, b) => a.start - b.start || b.end - a.end)) {
    const last = outer[outer.length - 1];
    if (last === undefined || s.start >= last.end) outer.push(s);
  }
  return (s) => {
    let lo = 0;
    let hi = outer.length;
    while (lo < hi) {
      const mid = (lo + hi) >> 1;
      if ((outer[mid] as Span).start <= s.start) lo = mid + 1;
      else hi = mid;
    }
    const candidate = outer[lo - 1];
    return candidate !== undefined && s.end <= candidate.end;
  };
}
