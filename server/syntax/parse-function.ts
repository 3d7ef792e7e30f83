/**
 * Parses one function, initialiser, declaration or macro body at a time: damage in one place never reaches another, and only
 * code that matters is parsed (docs/decisions/0001-parse-per-function.md). Results are kept per unit.
 */
import type { Span } from '../base/span.ts';
import { type CNode, hasError } from './node.ts';
import { parse } from './parser.ts';
import { strip, textOf } from './strip.ts';
import type { CUnit, FunctionDef } from './unit.ts';

/** The tree of a function. Offsets are those of the unit's text. */
export interface ParsedFunction {
  /** A `function_definition` node; made up round the body when the header could not be parsed. */
  readonly root: CNode;
  /** Its `compound_statement`. */
  readonly body: CNode;
  /** Whether the tree holds an ERROR or a node the parser made up. */
  readonly damaged: boolean;
}

const functions = new WeakMap<CUnit, Map<FunctionDef, ParsedFunction>>();

/** Parses a function of a unit; a second call for the same function gives the same object. */
export function parseFunction(unit: CUnit, fn: FunctionDef): ParsedFunction {
  let known = functions.get(unit);
  if (known === undefined) {
    known = new Map();
    functions.set(unit, known);
  }
  let found = known.get(fn);
  if (found === undefined) {
    found = parseNow(unit, fn);
    known.set(fn, found);
  }
  return found;
}

function parseNow(unit: CUnit, fn: FunctionDef): ParsedFunction {
  const tree = parse(unit.code.slice(fn.span.start, fn.span.end), fn.span.start);
  const root = tree.children.find((c) => c.type === 'function_definition');
  const body = root?.children.find((c) => c.field === 'body');
  if (root !== undefined && body !== undefined && body.start === fn.bodySpan.start && body.end === fn.bodySpan.end) {
    return { root, body, damaged: tree.children.length > 1 || hasError(tree) };
  }
  return parseBodyAlone(unit, fn);
}

const HEAD = 'void f()';

/** For a header that does not parse: the body under a header of our own. */
function parseBodyAlone(unit: CUnit, fn: FunctionDef): ParsedFunction {
  const { start, end } = fn.bodySpan;
  const tree = parse(HEAD + unit.code.slice(start, end), start - HEAD.length);
  const found = tree.children.find((c) => c.type === 'function_definition')?.children.find((c) => c.field === 'body');
  const body: CNode = found ?? {
    type: 'compound_statement',
    start,
    end,
    field: 'body',
    children: tree.children,
    missing: false,
  };
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
  const code = snippet(unit, span);
  if (code.trim() === '') return undefined;
  return parseInitialiser(code, span.start) ?? parseStatements(code, span.start);
}

/** The masked text of a span; a stretch that is blank there (a directive) is taken from the original text. */
function snippet(unit: CUnit, span: Span): string {
  const masked = unit.code.slice(span.start, span.end);
  if (masked.trim() !== '') return masked;
  return textOf(strip(unit.text.slice(span.start, span.end)).code).replace(/[\r\n]/g, ' ');
}

function parseInitialiser(code: string, start: number): CNode | undefined {
  const tree = parse(`${EXPRESSION_HEAD}${code};`, start - EXPRESSION_HEAD.length);
  if (tree.children.length !== 1 || hasError(tree)) return undefined;
  const declarator = tree.children[0]?.children.find((c) => c.type === 'init_declarator');
  const value = declarator?.children.find((c) => c.field === 'value');
  return tree.children[0]?.children.filter((c) => c.field === 'declarator').length === 1 ? value : undefined;
}

function parseStatements(code: string, start: number): CNode | undefined {
  const tree = parse(`${STATEMENT_HEAD}${code};}`, start - STATEMENT_HEAD.length);
  const body = tree.children.find((c) => c.type === 'function_definition')?.children.find((c) => c.field === 'body');
  return tree.children.length === 1 && !hasError(tree) ? body : undefined;
}

/** Parses a declaration of the unit: a type definition, a variable, a prototype. The `translation_unit` node of it alone. */
export function parseDeclaration(unit: CUnit, span: Span): CNode {
  return parse(unit.code.slice(span.start, span.end), span.start);
}
