/**
 * Reads declarations from tokens: specifiers, declarators, struct bodies with the macros that make fields. Knows no typedefs, needs
 * none, and skips what it cannot read up to the next `;`. Used for locals, parameters, fields and file-scope variables alike.
 */
import { basicType, type CType, type Derivation, namedType, taggedType } from './ctype.ts';
import type { Rewriter } from './rewriter.ts';
import { KIND, P } from './tokens.ts';
import { VOCABULARY, WORD_ROLE } from './vocabulary.ts';

/** A declared name (empty for an abstract declarator) and its type. */
export interface Declared {
  readonly name: string;
  readonly type: CType;
  /** Offset of the name in the unit or header; -1 for an abstract declarator. */
  readonly offset: number;
}

/** Fields of a struct or union, by name; those of nested ones without a name are among them. */
export type Fields = ReadonlyMap<string, CType>;

/** Deeper nesting of structs or declarators is not read: both recurse. */
const MAX_NESTING = 32;

/** Macros round a group of fields (linux/stddef.h), and how many arguments stand in front of the fields. */
const STRUCT_GROUPS: ReadonlyMap<string, number> = new Map([
  ['struct_group', 1],
  ['struct_group_attr', 2],
  ['struct_group_tagged', 2],
  ['__struct_group', 3],
]);

/** Reads one stretch of code; collects the struct definitions met on the way. */
export class DeclarationReader {
  readonly #r: Rewriter;
  /** Where names of structs without tag start from. */
  readonly #owner: string;
  #unnamed = 0;
  /** Struct bodies met, by tag. */
  readonly structs = new Map<string, Fields>();

  constructor(r: Rewriter, owner: string) {
    this.#r = r;
    this.#owner = owner;
  }

  /** All declarations in the tokens `[from, to)`, each ended by `;`. */
  declarations(from: number, to: number): Declared[] {
    const out: Declared[] = [];
    let i = from;
    while (i < to) {
      const end = this.#endOfDeclaration(i, to);
      out.push(...this.declaration(i, end, 0));
      i = end + 1;
    }
    return out;
  }

  /** One declaration in `[from, to)`, without its `;`. A parameter is one as well. */
  declaration(from: number, to: number, depth: number): Declared[] {
    const made = this.#fieldMacro(from, to, depth);
    if (made !== undefined) return made;
    const s = this.#specifiers(from, to, depth);
    if (s === undefined) return [];
    if (s.next >= to) return s.members ?? [{ name: '', type: s.type, offset: -1 }];
    const out: Declared[] = [];
    let i = s.next;
    while (i < to) {
      const d = this.#declarator(i, to, 0);
      out.push({ name: d.name, type: { ...s.type, derived: [...d.derived, ...s.type.derived] }, offset: d.offset });
      i = d.next;
      while (i < to && !(this.#r.isPunct(i) && this.#r.value(i) === P.comma)) i = this.#skip(i);
      i++;
    }
    return out;
  }

  #endOfDeclaration(from: number, to: number): number {
    let i = from;
    while (i < to && !(this.#r.isPunct(i) && this.#r.value(i) === P.semicolon)) i = this.#skip(i);
    return Math.min(i, to);
  }

  /** The token behind `i`, or behind the bracket it opens. */
  #skip(i: number): number {
    const partner = this.#r.match(i);
    return partner > i ? partner + 1 : i + 1;
  }

  /** Specifiers from `from` on; `members` are the fields of a struct without name and declarator. */
  #specifiers(
    from: number,
    to: number,
    depth: number,
  ): { readonly type: CType; readonly next: number; readonly members?: Declared[] } | undefined {
    const r = this.#r;
    const basic: string[] = [];
    let type: CType | undefined;
    let i = from;
    for (; i < to && r.isWord(i); i++) {
      const role = VOCABULARY.role(r.value(i));
      if (role === WORD_ROLE.storage || role === WORD_ROLE.qualifier) continue;
      if (role === WORD_ROLE.type) basic.push(r.text(i));
      else if (role === WORD_ROLE.tag) {
        const tagged = this.#tagged(i, to, depth);
        if (tagged.next >= to && tagged.members !== undefined) return tagged;
        type = tagged.type;
        i = tagged.next - 1;
      } else if (role === WORD_ROLE.typeof && r.value(i + 1) === P.open) {
        type = namedType('typeof');
        i = Math.max(i, r.match(i + 1));
      } else if (role !== 0) return undefined;
      else if (type === undefined && basic.length === 0) type = namedType(r.text(i));
      else if (!this.#isSpare(i, to)) break;
    }
    if (type === undefined && basic.length === 0) return undefined;
    return { type: type ?? basicType(basic), next: i };
  }

  /** A word behind a complete type that is not the declared name: another word or a star follows. */
  #isSpare(i: number, to: number): boolean {
    if (i + 1 >= to) return false;
    return this.#r.isWord(i + 1) || this.#r.value(i + 1) === P.star;
  }

  /** `struct tag`, `struct { ... }`, `struct tag { ... }`. */
  #tagged(
    i: number,
    to: number,
    depth: number,
  ): { readonly type: CType; readonly next: number; readonly members?: Declared[] } {
    const r = this.#r;
    const kind = r.text(i) as 'struct' | 'union' | 'enum';
    let k = i + 1;
    let tag = '';
    if (k < to && r.isWord(k)) tag = r.text(k++);
    if (k < to && r.isWord(k) && r.value(k + 1) === P.openBrace) k++;
    const close = r.isPunct(k) && r.value(k) === P.openBrace && k < to ? r.match(k) : -1;
    if (close < 0) return { type: taggedType(kind, tag), next: k };
    const named = tag !== '' ? tag : `${this.#owner}#${this.#unnamed++}`;
    if (kind === 'enum' || depth >= MAX_NESTING) return { type: taggedType(kind, named), next: close + 1 };
    const members = this.#members(k + 1, close, depth + 1);
    this.structs.set(named, new Map(members.map((m) => [m.name, m.type])));
    const plain = { type: taggedType(kind, named), next: close + 1 };
    return tag === '' ? { ...plain, members } : plain;
  }

  #members(from: number, to: number, depth: number): Declared[] {
    const out: Declared[] = [];
    let i = from;
    while (i < to) {
      const end = this.#endOfDeclaration(i, to);
      out.push(...this.declaration(i, end, depth).filter((d) => d.name !== ''));
      i = end + 1;
    }
    return out;
  }

  /** Pointers, name, arrays and parameter lists of one declarator. */
  #declarator(
    from: number,
    to: number,
    depth: number,
  ): { readonly name: string; readonly derived: Derivation[]; readonly next: number; readonly offset: number } {
    const r = this.#r;
    const pointers: Derivation[] = [];
    let i = from;
    for (; i < to; i++) {
      if (r.isPunct(i) && r.value(i) === P.star) pointers.push('pointer');
      else if (!r.isWord(i) || (VOCABULARY.role(r.value(i)) === 0 && !this.#isSpare(i, to))) break;
    }
    let inner: Derivation[] = [];
    let name = '';
    let offset = -1;
    const close = i < to && r.isPunct(i) && r.value(i) === P.open ? r.match(i) : -1;
    if (close > 0 && depth < MAX_NESTING && this.#isNested(i)) {
      const d = this.#declarator(i + 1, close, depth + 1);
      ({ name, derived: inner, offset } = d);
      i = close + 1;
    } else if (i < to && r.isWord(i)) {
      name = r.text(i);
      offset = r.base + r.start(i);
      i++;
    }
    const suffixes: Derivation[] = [];
    for (; i < to && r.isPunct(i); ) {
      const v = r.value(i);
      if ((v !== P.openSquare && v !== P.open) || r.match(i) < 0) break;
      suffixes.push(v === P.openSquare ? 'array' : 'function');
      i = r.match(i) + 1;
    }
    return { name, derived: [...inner, ...suffixes, ...pointers], next: i, offset };
  }

  /** `(*f)`, `(name)`: brackets round a declarator, not parameters. */
  #isNested(open: number): boolean {
    const r = this.#r;
    if (r.value(open + 1) === P.star || r.value(open + 1) === P.open) return true;
    return (
      r.isWord(open + 1) &&
      VOCABULARY.role(r.value(open + 1)) === 0 &&
      r.match(open) === open + 2 &&
      r.isPunct(open + 3)
    );
  }

  /** `struct_group(name, fields)` (linux/stddef.h), `DECLARE_FLEX_ARRAY(type, name)`, `DECLARE_BITMAP(name, n)` among fields. */
  #fieldMacro(from: number, to: number, depth: number): Declared[] | undefined {
    const r = this.#r;
    if (!r.isWord(from) || VOCABULARY.role(r.value(from)) !== 0 || r.value(from + 1) !== P.open) return undefined;
    const close = r.match(from + 1);
    if (close < 0 || close !== to - 1) return undefined;
    const name = r.text(from);
    if (depth === 0 && name !== 'DECLARE_BITMAP') return undefined;
    const group = STRUCT_GROUPS.get(name);
    if (group !== undefined) return depth >= MAX_NESTING ? [] : this.#group(from + 2, close, group, depth);
    if (/FLEX_ARRAY$/.test(name)) {
      const parts = this.#declarationOfPair(from + 2, close, depth);
      return parts;
    }
    if (name === 'DECLARE_BITMAP' && r.isWord(from + 2)) {
      const type: CType = { ...basicType(['unsigned', 'long']), derived: ['array'] };
      return [{ name: r.text(from + 2), type, offset: r.base + r.start(from + 2) }];
    }
    return [];
  }

  #group(from: number, to: number, skip: number, depth: number): Declared[] {
    let i = from;
    for (let k = 0; k < skip; k++) {
      while (i < to && !(this.#r.isPunct(i) && this.#r.value(i) === P.comma)) i++;
      i++;
    }
    return this.#members(i, to, depth + 1);
  }

  /** `type, name` */
  #declarationOfPair(from: number, to: number, depth: number): Declared[] {
    let comma = from;
    while (comma < to && !(this.#r.isPunct(comma) && this.#r.value(comma) === P.comma)) comma = this.#skip(comma);
    const s = this.#specifiers(from, comma, depth + 1);
    if (s === undefined || this.#r.t.kind[comma + 1] !== KIND.word) return [];
    const pointers = this.#declarator(s.next, comma, 0).derived;
    const type: CType = { ...s.type, derived: ['array', ...pointers] };
    return [{ name: this.#r.text(comma + 1), type, offset: this.#r.base + this.#r.start(comma + 1) }];
  }
}
