/**
 * The expressions of `#if`: text to a small tree and back to a normal form. Never throws; what cannot be read is `bad`.
 * Values are worked out in `condition.ts`.
 */

/** A tree of a `#if` expression. */
export type Expr =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'defined'; readonly name: string }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expr[] }
  | { readonly kind: 'unary'; readonly op: string; readonly of: Expr }
  | { readonly kind: 'binary'; readonly op: string; readonly left: Expr; readonly right: Expr }
  | { readonly kind: 'choice'; readonly test: Expr; readonly yes: Expr; readonly no: Expr }
  | { readonly kind: 'bad'; readonly text: string };

const TOKEN =
  /\s*(?:([A-Za-z_$][\w$]*)|(0[xX][0-9a-fA-F]+|0[bB][01]+|\d+)[uUlL]*|'[^']*'|(<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^~!<>()?:,]))/y;

/** Binding strength of binary operators, C's order. */
const STRENGTH: Readonly<Record<string, number>> = {
  '||': 1,
  '&&': 2,
  '|': 3,
  '^': 4,
  '&': 5,
  '==': 6,
  '!=': 6,
  '<': 7,
  '>': 7,
  '<=': 7,
  '>=': 7,
  '<<': 8,
  '>>': 8,
  '+': 9,
  '-': 9,
  '*': 10,
  '/': 10,
  '%': 10,
};

/** Deeper nesting is not read: no header needs it, and the parser recurses. */
const MAX_DEPTH = 100;
/** Longer conditions are not read. */
const MAX_TOKENS = 2000;

interface Token {
  readonly kind: 'name' | 'number' | 'op';
  readonly text: string;
}

function tokensOf(text: string): Token[] | undefined {
  const out: Token[] = [];
  TOKEN.lastIndex = 0;
  const trimmed = text.trimEnd();
  while (TOKEN.lastIndex < trimmed.length) {
    const m = TOKEN.exec(trimmed);
    if (m === null || out.length > MAX_TOKENS) return undefined;
    if (m[1] !== undefined) out.push({ kind: 'name', text: m[1] });
    else if (m[2] !== undefined) out.push({ kind: 'number', text: m[2] });
    else if (m[3] !== undefined) out.push({ kind: 'op', text: m[3] });
    else out.push({ kind: 'name', text: "''" });
  }
  return out;
}

class Bad extends Error {}

/** Reads an expression whose comments are blanked. */
export function parseExpr(text: string): Expr {
  const tokens = tokensOf(text);
  if (tokens === undefined || tokens.length === 0) return { kind: 'bad', text: text.trim() };
  try {
    const reader = new Reader(tokens);
    const expr = reader.choice(0);
    return reader.done ? expr : { kind: 'bad', text: text.trim() };
  } catch (e) {
    if (e instanceof Bad) return { kind: 'bad', text: text.trim() };
    throw e;
  }
}

/** A recursive-descent reader; holds the place in the token list. */
class Reader {
  #at = 0;
  readonly #tokens: readonly Token[];

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get done(): boolean {
    return this.#at === this.#tokens.length;
  }

  #op(text: string): boolean {
    const t = this.#tokens[this.#at];
    if (t === undefined || t.kind !== 'op' || t.text !== text) return false;
    this.#at++;
    return true;
  }

  #need(text: string): void {
    if (!this.#op(text)) throw new Bad();
  }

  choice(depth: number): Expr {
    if (depth > MAX_DEPTH) throw new Bad();
    const test = this.#binary(1, depth);
    if (!this.#op('?')) return test;
    const yes = this.choice(depth + 1);
    this.#need(':');
    return { kind: 'choice', test, yes, no: this.choice(depth + 1) };
  }

  #binary(strength: number, depth: number): Expr {
    let left = this.#unary(depth);
    for (;;) {
      const t = this.#tokens[this.#at];
      const s = t?.kind === 'op' ? STRENGTH[t.text] : undefined;
      if (t === undefined || s === undefined || s < strength) return left;
      this.#at++;
      left = { kind: 'binary', op: t.text, left, right: this.#binary(s + 1, depth + 1) };
    }
  }

  #unary(depth: number): Expr {
    if (depth > MAX_DEPTH) throw new Bad();
    const t = this.#tokens[this.#at++];
    if (t === undefined) throw new Bad();
    if (t.kind === 'number') return { kind: 'number', value: Number(octal(t.text)) };
    if (t.kind === 'name') return this.#name(t.text, depth);
    if (t.text === '(') {
      const inner = this.choice(depth + 1);
      this.#need(')');
      return inner;
    }
    if (t.text === '!' || t.text === '-' || t.text === '+' || t.text === '~') {
      return { kind: 'unary', op: t.text, of: this.#unary(depth + 1) };
    }
    throw new Bad();
  }

  #name(name: string, depth: number): Expr {
    if (name === 'defined') {
      const paren = this.#op('(');
      const t = this.#tokens[this.#at++];
      if (t === undefined || t.kind !== 'name') throw new Bad();
      if (paren) this.#need(')');
      return { kind: 'defined', name: t.text };
    }
    if (!this.#op('(')) return { kind: 'name', name };
    const args: Expr[] = [];
    if (this.#op(')')) return { kind: 'call', name, args };
    do args.push(this.choice(depth + 1));
    while (this.#op(','));
    this.#need(')');
    return { kind: 'call', name, args };
  }
}

function octal(text: string): string {
  return /^0[0-7]+$/.test(text) ? `0o${text.slice(1)}` : text;
}

/** Text of an expression in one spelling: single spaces, parentheses round every operand that is an operation. */
export function printExpr(e: Expr): string {
  switch (e.kind) {
    case 'number':
      return String(e.value);
    case 'name':
      return e.name;
    case 'defined':
      return `defined(${e.name})`;
    case 'call':
      return `${e.name}(${e.args.map(printExpr).join(', ')})`;
    case 'unary':
      return `${e.op}${operand(e.of)}`;
    case 'binary':
      return `${operand(e.left)} ${e.op} ${operand(e.right)}`;
    case 'choice':
      return `${operand(e.test)} ? ${operand(e.yes)} : ${operand(e.no)}`;
    case 'bad':
      return e.text.replace(/\s+/g, ' ');
  }
}

function operand(e: Expr): string {
  return e.kind === 'binary' || e.kind === 'choice' ? `(${printExpr(e)})` : printExpr(e);
}
