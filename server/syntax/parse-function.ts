/**
 * Parses one function, initialiser, declaration or macro body at a time: damage in one place never reaches another, and only
 * code that matters is parsed (docs/decisions/0001-parse-per-function.md). Results are kept per function.
 */
import { INTEGER_TYPEDEFS } from '../../model/kernel-types.ts';
import type { Span } from '../base/span.ts';
import { type CastNames, fixCasts } from './casts.ts';
import { maskStatements } from './mask-function.ts';
import { maskHeader } from './mask-header.ts';
import type { Cleanup } from './masking.ts';
import { type CNode, walk } from './node.ts';
import { isDamaged, parse } from './parser.ts';
import { type Rewrite, Rewriter } from './rewriter.ts';
import { strip, textOf, unitsOf } from './strip.ts';
import type { Annotation, CUnit, FunctionDef } from './unit.ts';
import { WORDS } from './vocabulary.ts';

/** The tree of a function. Offsets are those of the unit's text. */
export interface ParsedFunction {
  /** A `function_definition` node; made up round the body when the header could not be parsed. */
  readonly root: CNode;
  /** Its `compound_statement`. */
  readonly body: CNode;
  /** Whether the tree holds an ERROR or a node the parser made up. */
  readonly damaged: boolean;
  /** What was rewritten for the parser, in the order of the text: read such places from `unit.code`, which has them as they were. */
  readonly rewrites: readonly Rewrite[];
  /** Uses of linux/cleanup.h's macros and `__free()`, in the order of the text. */
  readonly cleanups: readonly Cleanup[];
}

const functions = new WeakMap<FunctionDef, ParsedFunction>();

/** Parses a function of a unit; a second call for the same function gives the same object. */
export function parseFunction(unit: CUnit, fn: FunctionDef): ParsedFunction {
  let found = functions.get(fn);
  if (found === undefined) {
    found = parseNow(unit, fn);
    functions.set(fn, found);
  }
  return found;
}

/** A function's code as the parser gets it, of the length of `fn.span`, and what was changed in it. */
export interface MaskedFunction {
  readonly code: string;
  readonly rewrites: readonly Rewrite[];
  readonly cleanups: readonly Cleanup[];
}

/** Runs the masks over one function. */
export function maskFunction(unit: CUnit, fn: FunctionDef): MaskedFunction {
  const { start, end } = fn.span;
  const r = new Rewriter(unitsOf(unit.code.slice(start, end)), WORDS, start);
  const cleanups: Cleanup[] = annotationsIn(unit, fn.span).map((a) => ({
    macro: '__free',
    name: a.word,
    span: a.span,
  }));
  const body = bodyToken(r, fn.bodySpan.start);
  maskHeader(r, body);
  maskStatements(r, body, r.t.count, cleanups);
  const order = (a: { span: Span }, b: { span: Span }): number => a.span.start - b.span.start;
  return { code: textOf(r.code), rewrites: r.rewrites.sort(order), cleanups: cleanups.sort(order) };
}

function parseNow(unit: CUnit, fn: FunctionDef): ParsedFunction {
  const { start } = fn.span;
  const { code, ...facts } = maskFunction(unit, fn);
  const tree = parse(code, start);
  fixCasts(tree, (from, to) => code.slice(from - start, to - start), castNames(unit, tree));
  const root = tree.children.find((c) => c.type === 'function_definition');
  const found = root?.children.find((c) => c.field === 'body');
  if (root !== undefined && found !== undefined && found.start === fn.bodySpan.start && found.end === fn.bodySpan.end) {
    return { root, body: found, damaged: tree.children.length > 1 || isDamaged(tree), ...facts };
  }
  const alone = parseBodyAlone(code.slice(fn.bodySpan.start - start), fn);
  fixCasts(alone.root, (from, to) => code.slice(from - start, to - start), castNames(unit, alone.root));
  return { ...alone, ...facts };
}

/** The annotations of a stretch; those of a unit are in the order of the text. */
function annotationsIn(unit: CUnit, span: Span): readonly Annotation[] {
  const { annotations } = unit;
  let lo = 0;
  let hi = annotations.length;
  while (lo < hi) {
    const mid = (lo + hi) >> 1;
    if ((annotations[mid] as Annotation).span.start < span.start) lo = mid + 1;
    else hi = mid;
  }
  let end = lo;
  while (end < annotations.length && (annotations[end] as Annotation).span.end <= span.end) end++;
  return annotations.slice(lo, end);
}

const typedefs = new WeakMap<CUnit, ReadonlySet<string>>();

/** Typedefs of the kernel and of the unit; names declared in the tree or as functions are objects. */
function castNames(unit: CUnit, tree: CNode): CastNames {
  let own = typedefs.get(unit);
  if (own === undefined) {
    const made = unit.declarations.filter((d) => d.kind === 'type' && unit.code.startsWith('typedef', d.span.start));
    own = new Set(made.map((d) => d.name));
    typedefs.set(unit, own);
  }
  const types = own;
  let declared: Set<string> | undefined;
  return {
    isType: (name) => INTEGER_TYPEDEFS.has(name) || types.has(name),
    isObject: (name) => {
      declared ??= declaredIn(unit, tree);
      return declared.has(name);
    },
  };
}

function declaredIn(unit: CUnit, tree: CNode): Set<string> {
  const names = new Set(unit.functions.map((f) => f.name));
  for (const m of unit.macros) if (m.params !== undefined) names.add(m.name);
  walk(tree, (n) => {
    if (n.type === 'identifier' && n.field === 'declarator') names.add(unit.code.slice(n.start, n.end));
    return true;
  });
  return names;
}

function bodyToken(r: Rewriter, offset: number): number {
  for (let i = 0; i < r.t.count; i++) if (r.base + r.start(i) >= offset) return i;
  return r.t.count;
}

const HEAD = 'void f()';

/** For a header that does not parse: the body under a header of our own. */
function parseBodyAlone(code: string, fn: FunctionDef): Pick<ParsedFunction, 'root' | 'body' | 'damaged'> {
  const { start, end } = fn.bodySpan;
  const tree = parse(HEAD + code, start - HEAD.length);
  const found = tree.children.find((c) => c.type === 'function_definition')?.children.find((c) => c.field === 'body');
  const children = tree.children.filter((c) => c.start >= start);
  const body: CNode = found ?? { type: 'compound_statement', start, end, field: 'body', children, missing: false };
  const root: CNode = { type: 'function_definition', ...fn.span, field: undefined, children: [body], missing: false };
  return { root, body, damaged: true };
}

const EXPRESSION_HEAD = 'int x = ';
const STATEMENT_HEAD = 'void f(){';

/**
 * Parses what stands in `span` as an expression or an initialiser list, or as statements when it is neither (a macro's body);
 * then the result is a `compound_statement`. undefined when it is empty or no C.
 */
export function parseExpression(unit: CUnit, span: Span): CNode | undefined {
  const units = snippet(unit, span);
  if (units.every((c) => c <= 32)) return undefined;
  const r = new Rewriter(units, WORDS, span.start);
  maskStatements(r, 0, r.t.count, []);
  const code = textOf(r.code);
  const tree = parseInitialiser(code, span.start) ?? parseStatements(code, span.start);
  if (tree !== undefined)
    fixCasts(tree, (from, to) => code.slice(from - span.start, to - span.start), castNames(unit, tree));
  return tree;
}

/** The code of a span; a stretch that is blank there (a directive) is taken from the original text. */
function snippet(unit: CUnit, span: Span): Uint16Array {
  const masked = unit.code.slice(span.start, span.end);
  if (masked.trim() !== '') return unitsOf(masked);
  const { code } = strip(unit.text.slice(span.start, span.end));
  blankOperators(code);
  return code.map((c) => (c === 10 || c === 13 ? 32 : c));
}

/** Blanks what a macro makes of its arguments as text: `#cond` stands for a string, and `, ##__VA_ARGS__` for any number of arguments. */
function blankOperators(code: Uint16Array): void {
  const text = textOf(code);
  for (const m of text.matchAll(/,\s*(?:##\s*\w+|__VA_ARGS__)|(?<!#)#(?!#)/g))
    code.fill(32, m.index, m.index + m[0].length);
}

function parseInitialiser(code: string, start: number): CNode | undefined {
  const tree = parse(`${EXPRESSION_HEAD}${code};`, start - EXPRESSION_HEAD.length);
  if (tree.children.length !== 1 || isDamaged(tree)) return undefined;
  const declarator = tree.children[0]?.children.find((c) => c.type === 'init_declarator');
  const value = declarator?.children.find((c) => c.field === 'value');
  return tree.children[0]?.children.filter((c) => c.field === 'declarator').length === 1 ? value : undefined;
}

function parseStatements(code: string, start: number): CNode | undefined {
  const tree = parse(`${STATEMENT_HEAD}${code};}`, start - STATEMENT_HEAD.length);
  const body = tree.children.find((c) => c.type === 'function_definition')?.children.find((c) => c.field === 'body');
  return tree.children.length === 1 && !isDamaged(tree) ? body : undefined;
}
