/**
 * Reads guplint.model.json: functions of a project that take pages or give them back on behalf of their callers, declared by name.
 * Each becomes rows as the model's own. The same shape is published as docs/guplint.model.schema.json.
 */
import type { Node } from 'jsonc-parser';
import { FLAG_ROWS } from '../../model/flags.ts';
import {
  type ApiRow,
  type ContextDemand,
  DECLARED,
  type Effect,
  type Param,
  type ParamRole,
  type Reference,
  type ReturnContract,
} from '../../model/schema.ts';
import { formatVersion, parseRange } from '../../model/version.ts';
import { choiceOf, describe, type Fail, properties, readJson, stringOf } from './json-file.ts';

const KEYS = ['$schema', 'functions'];
const FUNCTION_KEYS = [
  'takes',
  'releases',
  'arguments',
  'returns',
  'flags',
  'dirties',
  'sleeps',
  'mmapLock',
  'kernels',
  'releasedBy',
  'note',
];

/** What an argument of a function that takes pages may be. */
const TAKING_ROLES = [
  'start',
  'nr',
  'flags',
  'write',
  'force',
  'pages',
  'page',
  'vmas',
  'locked',
  'task',
  'mm',
  'other',
] as const satisfies readonly ParamRole[];

/** What an argument of a function that gives pages back may be. */
const RELEASING_ROLES = ['pages', 'page', 'nr', 'dirty', 'other'] as const satisfies readonly ParamRole[];

/** What the result of a function that takes pages may say. */
const RETURNS = ['pages', 'status', 'bool', 'page-or-null', 'page-or-err'] as const satisfies readonly ReturnContract[];

const KINDS = ['pin', 'get'] as const satisfies readonly Reference[];
const LOCKS = ['held', 'not-held', 'any'] as const satisfies readonly ContextDemand['mmapLock'][];

/** Types of arguments by what they are, for messages and for how they compare. */
const TYPES: Readonly<Partial<Record<ParamRole, string>>> = {
  start: 'unsigned long',
  nr: 'unsigned long',
  flags: 'unsigned int',
  write: 'int',
  force: 'int',
  pages: 'struct page **',
  vmas: 'struct vm_area_struct **',
  locked: 'int *',
  task: 'struct task_struct *',
  mm: 'struct mm_struct *',
  dirty: 'bool',
};

const RESULT_TYPES: Readonly<Partial<Record<ReturnContract, string>>> = {
  pages: 'long',
  status: 'int',
  bool: 'bool',
  'page-or-null': 'struct page *',
  'page-or-err': 'struct page *',
  void: 'void',
};

/** The rows that a model file declares. Throws ConfigError on the first thing that is wrong in it. */
export function parseModelFile(path: string, content: string): readonly ApiRow[] {
  const { root, fail } = readJson(path, content);
  const functions = properties(root, KEYS, 'setting', fail).get('functions');
  if (functions === undefined) return [];
  return [...properties(functions, undefined, 'function', fail)].flatMap(([name, node]) => {
    if (!/^[A-Za-z_]\w*$/.test(name)) fail(node.parent ?? node, `'${name}' is no function name`);
    const entries = node.type === 'array' ? (node.children ?? []) : [node];
    return entries.map((entry) => rowOf({ name, node: entry, path, fail }));
  });
}

interface Entry {
  readonly name: string;
  readonly node: Node;
  readonly path: string;
  readonly fail: Fail;
}

function rowOf({ name, node, path, fail }: Entry): ApiRow {
  const keys = properties(node, FUNCTION_KEYS, `key of '${name}'`, fail);
  const takes = keys.get('takes');
  const releases = keys.get('releases');
  if ((takes === undefined) === (releases === undefined)) fail(node, `'${name}' needs one of 'takes' and 'releases'`);
  const taking = takes !== undefined;
  const kind = choiceOf(takes ?? releases ?? node, taking ? "'takes'" : "'releases'", KINDS, fail);
  const params = paramsOf(keys.get('arguments') ?? fail(node, `'${name}' needs 'arguments'`), taking, fail);
  const returns = returnsOf(keys.get('returns'), taking, fail);
  const dirties = flagOf(keys.get('dirties'), "'dirties'", fail) ?? false;
  const places = { params, returns, kind, dirties };
  const effects = taking ? acquiring(places) : releasing(places);
  if (effects === undefined)
    fail(keys.get('arguments') ?? node, `none of the arguments of '${name}' is "pages" or "page"`);
  const range = kernelsOf(keys.get('kernels'), fail);
  const by = keys.get('releasedBy');
  const note = keys.get('note');
  return {
    name,
    family: taking ? 'acquire' : 'release',
    kernels: range,
    params,
    ret: RESULT_TYPES[returns] ?? 'int',
    returns,
    reference: kind,
    ...(taking ? { site: true, implies: flagsOf(keys.get('flags'), kind, fail) } : {}),
    effects: effects ?? [],
    context: {
      mmapLock: keys.has('mmapLock') ? choiceOf(keys.get('mmapLock') ?? node, "'mmapLock'", LOCKS, fail) : 'any',
      sleeps: flagOf(keys.get('sleeps'), "'sleeps'", fail) ?? taking,
      currentMm: false,
    },
    ...(by === undefined ? {} : { pairsWith: stringsOf(by, "'releasedBy'", fail) }),
    source: { tag: DECLARED, path },
    ...(note === undefined ? {} : { note: stringOf(note, "'note'", fail) }),
  };
}

function paramsOf(node: Node, taking: boolean, fail: Fail): readonly Param[] {
  if (node.type !== 'array') fail(node, `'arguments' must be an array, found ${describe(node)}`);
  const roles: readonly ParamRole[] = taking ? TAKING_ROLES : RELEASING_ROLES;
  const seen = new Set<ParamRole>();
  return (node.children ?? []).map((child, i) => {
    const role = choiceOf(child, 'an argument', roles, fail);
    if (role !== 'other' && seen.has(role)) fail(child, `two arguments are "${role}"; keep one`);
    seen.add(role);
    const type = role === 'page' ? (taking ? 'struct page **' : 'struct page *') : (TYPES[role] ?? 'long');
    return { role, type, name: role === 'other' ? `arg${i}` : role };
  });
}

function returnsOf(node: Node | undefined, taking: boolean, fail: Fail): ReturnContract {
  if (!taking) {
    if (node !== undefined) fail(node, "'returns' is for functions that take pages; remove it");
    return 'void';
  }
  return node === undefined ? 'pages' : choiceOf(node, "'returns'", RETURNS, fail);
}

interface Places {
  readonly params: readonly Param[];
  readonly returns: ReturnContract;
  readonly kind: 'pin' | 'get';
  readonly dirties: boolean;
}

function indexOf(params: readonly Param[], role: ParamRole): number | undefined {
  const i = params.findIndex((p) => p.role === role);
  return i < 0 ? undefined : i;
}

function acquiring({ params, returns, kind: ref }: Places): readonly Effect[] | undefined {
  if (returns === 'page-or-null' || returns === 'page-or-err')
    return [{ op: 'acquire', place: 'ret', ref, when: 'success' }];
  const array = indexOf(params, 'pages');
  const nr = indexOf(params, 'nr');
  const when = returns === 'bool' ? 'true' : returns === 'status' ? 'success' : 'positive';
  if (array === undefined) {
    const page = indexOf(params, 'page');
    return page === undefined ? undefined : [{ op: 'acquire', place: `*arg${page}`, ref, when }];
  }
  const place = `arg${array}[*]`;
  if (returns === 'pages') return [{ op: 'acquire', place, ref, when, count: { place: 'ret', unit: 'pages' } }];
  const count = nr === undefined ? {} : { count: { place: `arg${nr}`, unit: 'pages' as const } };
  return [{ op: 'acquire', place, ref, when, ...count }];
}

function releasing({ params, kind: ref, dirties }: Places): readonly Effect[] | undefined {
  const array = indexOf(params, 'pages');
  const index = array ?? indexOf(params, 'page');
  if (index === undefined) return undefined;
  const place = array === undefined ? `arg${index}` : `arg${index}[*]`;
  const nr = indexOf(params, 'nr');
  const count = nr === undefined ? {} : { count: { place: `arg${nr}`, unit: 'pages' as const } };
  const told = indexOf(params, 'dirty');
  const by = told === undefined ? {} : { dirtyArg: `arg${told}` };
  const release: Effect = { op: 'release', place, ref, ...count, ...by };
  if (!dirties && told === undefined) return [release];
  return [{ op: 'dirty', place, dirtyKind: 'lock', ...count, ...by }, release];
}

function flagsOf(node: Node | undefined, kind: 'pin' | 'get', fail: Fail): readonly string[] {
  const own = kind === 'pin' ? 'FOLL_PIN' : 'FOLL_GET';
  if (node === undefined) return [own];
  const names = new Set(FLAG_ROWS.map((r) => r.name));
  for (const child of node.type === 'array' ? (node.children ?? []) : [node])
    choiceOf(child, 'a flag', [...names], fail);
  return [...new Set([own, ...stringsOf(node, "'flags'", fail)])];
}

function stringsOf(node: Node, what: string, fail: Fail): readonly string[] {
  return (node.type === 'array' ? (node.children ?? []) : [node]).map((n) => stringOf(n, what, fail));
}

function flagOf(node: Node | undefined, what: string, fail: Fail): boolean | undefined {
  if (node === undefined) return undefined;
  return node.type === 'boolean'
    ? node.value === true
    : fail(node, `${what} must be true or false, found ${describe(node)}`);
}

function kernelsOf(node: Node | undefined, fail: Fail): ApiRow['kernels'] {
  if (node === undefined) return { since: '4.4' };
  const text = stringOf(node, "'kernels'", fail);
  const range = parseRange(text) ?? fail(node, `'${text}' is no kernel range; write "6.12", "6.1..6.12" or "5.6.."`);
  const since = formatVersion(range.since);
  return range.until === Number.POSITIVE_INFINITY ? { since } : { since, until: formatVersion(range.until) };
}
