/**
 * Reads guplint.json: JSON with comments, checked by hand so that each error names its place and what to do about it.
 * The same shape is published as docs/guplint.schema.json. Unknown rule names are no errors here but findings (unknown-rule).
 */

import { findNodeAtLocation, type Node } from 'jsonc-parser';
import type { ApiRow } from '../../model/schema.ts';
import { intersect, type KernelRange, parseRange, parseVersion } from '../../model/version.ts';
import type { Span } from '../base/span.ts';
import type { DefineValue } from '../syntax/unit.ts';
import { describe, type Fail, properties, readJson, stringOf } from './json-file.ts';
import type { IgnoreEntry, Level } from './protocol.ts';

/** A place in a configuration file where a rule is named. */
export interface RuleMention extends Span {
  readonly name: string;
}

/** A configuration file as read, before the command line has its say. */
export interface ConfigFile {
  readonly path: string;
  readonly text: string;
  /** undefined: not set, or `auto`. */
  readonly kernel: KernelRange | undefined;
  readonly rules: Readonly<Record<string, Level>>;
  readonly defines: Readonly<Record<string, DefineValue>>;
  readonly ignore: readonly IgnoreEntry[];
  /** Every place that names a rule, known or not. */
  readonly mentions: readonly RuleMention[];
  /** The file that `model` names, as written, and where; undefined where it is not set. */
  readonly model: { readonly path: string; readonly start: number } | undefined;
  /** The functions that the model file declares. */
  readonly rows: readonly ApiRow[];
}

/** The levels a rule can be set to. */
const LEVELS: readonly Level[] = ['off', 'info', 'warning', 'error'];

const KEYS = ['$schema', 'kernel', 'rules', 'define', 'model', 'ignore'];
const IGNORE_KEYS = ['rule', 'path', 'function', 'reason'];

/** Parses a configuration file. Throws ConfigError on the first thing that is wrong in it. */
export function parseConfigFile(path: string, content: string): ConfigFile {
  const { text, root: top, fail } = readJson(path, content);
  const keys = properties(top, KEYS, 'setting', fail);
  const model = keys.get('model');
  const mentions: RuleMention[] = [];
  return {
    path,
    text,
    kernel: kernelOf(keys.get('kernel'), fail),
    rules: rulesOf(keys.get('rules'), mentions, fail),
    defines: definesOf(keys.get('define'), fail),
    ignore: ignoreOf(keys.get('ignore'), mentions, fail),
    mentions,
    model: model === undefined ? undefined : { path: stringOf(model, "'model'", fail), start: model.offset },
    rows: [],
  };
}

function kernelOf(node: Node | undefined, fail: Fail): KernelRange | undefined {
  if (node === undefined) return undefined;
  const text = stringOf(node, "'kernel'", fail);
  if (text === 'auto') return undefined;
  return parseRange(text) ?? fail(node, `'${text}' is no kernel range; write "6.12", "6.1..6.12" or "auto"`);
}

function rulesOf(node: Node | undefined, mentions: RuleMention[], fail: Fail): Record<string, Level> {
  const rules: Record<string, Level> = {};
  if (node === undefined) return rules;
  for (const [name, value] of properties(node, undefined, 'rule', fail)) {
    const level = LEVELS.find((l) => l === value.value);
    if (value.type !== 'string' || level === undefined) {
      fail(
        value,
        `the level of '${name}' must be one of ${LEVELS.map((l) => `"${l}"`).join(', ')}, found ${describe(value)}`,
      );
    }
    rules[name] = level as Level;
    const key = value.parent?.children?.[0] ?? value;
    mentions.push({ name, start: key.offset + 1, end: key.offset + key.length - 1 });
  }
  return rules;
}

function definesOf(node: Node | undefined, fail: Fail): Record<string, DefineValue> {
  const defines: Record<string, DefineValue> = {};
  if (node === undefined) return defines;
  for (const [name, value] of properties(node, undefined, 'macro', fail)) {
    if (!/^[A-Za-z_]\w*$/.test(name)) fail(value.parent ?? value, `'${name}' is no macro name`);
    defines[name] = defineOf(name, value, fail);
  }
  return defines;
}

function defineOf(name: string, node: Node, fail: Fail): DefineValue {
  if (node.type === 'boolean') return node.value === true ? { kind: 'value', text: '1' } : { kind: 'undefined' };
  if (node.type === 'number') return { kind: 'value', text: String(node.value) };
  if (node.type !== 'string' && node.type !== 'array') {
    fail(node, `'${name}' must be true, false, a number, a string or kernels as "<6.5", found ${describe(node)}`);
  }
  const parts = node.type === 'array' ? (node.children ?? []) : [node];
  const ranges: KernelRange[] = [];
  for (const part of parts) {
    const text =
      part.type === 'string'
        ? String(part.value)
        : fail(part, `kernels must be strings as "<6.5", found ${describe(part)}`);
    const range = kernelCondition(text);
    if (range !== undefined) ranges.push(range);
    else if (node.type === 'array' || /^\s*[<>]/.test(text))
      fail(part, `'${text}' names no kernels; write "<6.5", ">=5.6 <6.5" or "5.6..6.4"`);
    else return { kind: 'value', text };
  }
  return { kind: 'kernels', ranges };
}

/** `<6.5`, `>=5.6 <6.5`, `5.6..6.4` as a range; undefined for any other text, a bare version included. */
export function kernelCondition(text: string): KernelRange | undefined {
  if (text.includes('..')) return parseRange(text);
  const terms = [...text.matchAll(/\s*(<=?|>=?)\s*([\d.]+)\s*,?/gy)];
  if (terms.length === 0 || terms.map((t) => t[0]).join('') !== text) return undefined;
  let range: KernelRange | undefined = { since: 0, until: Number.POSITIVE_INFINITY };
  for (const [, op, version] of terms) {
    const v = parseVersion(version ?? '');
    if (v === undefined || range === undefined) return undefined;
    // `<= 6.4` and `> 6.4` speak of the whole series.
    const after = /^\d+\.\d+$/.test(version ?? '') ? v + 256 : v + 1;
    const low = op === '>' ? after : op === '>=' ? v : 0;
    const high = op === '<' ? v : op === '<=' ? after : Number.POSITIVE_INFINITY;
    range = intersect(range, { since: low, until: high });
  }
  return range;
}

function ignoreOf(node: Node | undefined, mentions: RuleMention[], fail: Fail): IgnoreEntry[] {
  if (node === undefined) return [];
  if (node.type !== 'array') fail(node, `'ignore' must be an array, found ${describe(node)}`);
  return (node.children ?? []).map((entry) => {
    const keys = properties(entry, IGNORE_KEYS, "key of 'ignore'", fail);
    const required = (key: string): string => {
      const value = keys.get(key);
      return value === undefined
        ? fail(entry, `an entry of 'ignore' needs '${key}'`)
        : stringOf(value, `'${key}'`, fail);
    };
    const optional = (key: string): string | undefined => {
      const value = keys.get(key);
      return value === undefined ? undefined : stringOf(value, `'${key}'`, fail);
    };
    const rule = required('rule');
    const name = findNodeAtLocation(entry, ['rule']) ?? entry;
    mentions.push({ name: rule, start: name.offset + 1, end: name.offset + name.length - 1 });
    return {
      rule,
      path: optional('path'),
      functionName: optional('function'),
      reason: required('reason'),
      start: entry.offset,
      end: entry.offset + entry.length,
    };
  });
}
