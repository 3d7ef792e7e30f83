/** Reading JSON with comments by hand, so that each error names its place and what to do about it. */
import { type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import { closest } from '../base/closest.ts';
import { LineIndex } from '../base/line-index.ts';
import type { Span } from '../base/span.ts';
import { UserError } from '../base/user-error.ts';

/** An error in a configuration file; the message starts with `path:line:column:`. */
export class ConfigError extends UserError {}

/** Reports an error at a node; never returns. */
export type Fail = (node: Span | Node, message: string) => never;

/** A file as read: its text without a byte order mark, its outermost value, and how to report an error in it. */
export interface JsonFile {
  readonly text: string;
  readonly root: Node;
  readonly fail: Fail;
}

/** Parses a file. Throws ConfigError where it is no JSON. */
export function readJson(path: string, content: string): JsonFile {
  const text = content.replace(/^\uFEFF/, '');
  const lines = new LineIndex(text);
  const fail: Fail = (node, message) => {
    const start = 'start' in node ? node.start : node.offset;
    const at = lines.at(start);
    throw new ConfigError(`${path}:${at.line}:${at.column}: ${message}`);
  };
  const errors: ParseError[] = [];
  const root = treeOf(text, errors);
  if (root === 'too deep') fail({ start: 0, end: 0 }, 'the values are nested too deep');
  const first = errors[0];
  if (first !== undefined) fail({ start: first.offset, end: first.offset }, syntaxMessage(first));
  if (root === undefined) fail({ start: 0, end: 0 }, 'the file is empty; write {} or remove it');
  return { text, root: root as Node, fail };
}

/** The parser calls itself for each level, so that a file of brackets alone exhausts the stack. */
function treeOf(text: string, errors: ParseError[]): Node | 'too deep' | undefined {
  try {
    return parseTree(text, errors, { allowTrailingComma: true, disallowComments: false });
  } catch (error) {
    if (error instanceof RangeError) return 'too deep';
    throw error;
  }
}

/** `InvalidSymbol` as a person would say it. */
function syntaxMessage(error: ParseError): string {
  const words = printParseErrorCode(error.error)
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase();
  return `not JSON: ${words}`;
}

/** The values of an object by key; fails on other types, unknown keys and keys given twice. */
export function properties(
  node: Node,
  allowed: readonly string[] | undefined,
  what: string,
  fail: Fail,
): Map<string, Node> {
  if (node.type !== 'object') fail(node, `expected an object { … }, found ${describe(node)}`);
  const found = new Map<string, Node>();
  for (const property of node.children ?? []) {
    const [key, value] = property.children ?? [];
    if (key === undefined || value === undefined) continue;
    const name = String(key.value);
    if (allowed !== undefined && !allowed.includes(name)) {
      const meant = closest(name, allowed);
      fail(
        key,
        `unknown ${what} '${name}'${meant === undefined ? `; known: ${allowed.join(', ')}` : `; did you mean '${meant}'?`}`,
      );
    }
    if (found.has(name)) fail(key, `${what} '${name}' is given twice; keep one`);
    found.set(name, value);
  }
  return found;
}

/** A value as messages show it. */
export function describe(node: Node): string {
  if (node.type === 'string') return `"${String(node.value)}"`;
  if (node.type === 'array') return 'an array';
  return node.type === 'object' ? 'an object' : String(node.value);
}

/** A string that is not empty. */
export function stringOf(node: Node, what: string, fail: Fail): string {
  if (node.type !== 'string') fail(node, `${what} must be a string, found ${describe(node)}`);
  const text = String(node.value);
  if (text.trim() === '') fail(node, `${what} must not be empty`);
  return text;
}

/** One of some words. */
export function choiceOf<Word extends string>(node: Node, what: string, words: readonly Word[], fail: Fail): Word {
  const word = words.find((w) => node.type === 'string' && w === node.value);
  if (word !== undefined) return word;
  const meant = node.type === 'string' ? closest(String(node.value), words) : undefined;
  const hint = meant === undefined ? '' : `; did you mean "${meant}"?`;
  return fail(node, `${what} must be one of ${words.map((w) => `"${w}"`).join(', ')}, found ${describe(node)}${hint}`);
}
