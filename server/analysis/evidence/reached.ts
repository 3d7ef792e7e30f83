/**
 * When a release is reached, seen from the acquire: before the call chain that took the pages returns, by the completion of one request, or
 * by something later that user space or a teardown decides. Climbs from the release over callers and hooks to the entry points.
 */
import type { Model } from '../../../model/index.ts';
import { type CNode, childByField } from '../../syntax/node.ts';
import type { CUnit, FunctionDef } from '../../syntax/unit.ts';
import { callsIn, treeOf } from '../calls/call-index.ts';
import { onErrorPath } from '../calls/wrappers.ts';
import { type ProjectView, visibleFunctions } from '../project-view.ts';
import type { CallSite } from '../sites/site.ts';
import { codeOf, lastStatement, pathTo } from '../trees.ts';
import { type Caller, callersOf, type Hook, hooksOf } from './callers.ts';
import { endsOwn } from './own-object.ts';
import { inWords } from './words.ts';

/** A function and the file it stands in. */
export interface FunctionIn {
  readonly unit: CUnit;
  readonly fn: FunctionDef;
}

/** A place in a function. */
export interface PlaceIn extends FunctionIn {
  readonly node: CNode;
}

/**
 * How a release is reached. chain: behind the acquire, in a function that leads to both. completion: from an interrupt, a work item, a
 * callback of one request. later: from an entry point of its own. turn: ahead of the acquire, so in a later turn or call. unknown: from
 * outside of what is seen.
 */
export interface Reach {
  readonly kind: 'chain' | 'completion' | 'later' | 'turn' | 'unknown';
  /** The function that tells: the common caller, the callback, the entry point. */
  readonly where: string;
  /** later: what the entry point is for. */
  readonly role: string;
  /** Only where the last reference of an object goes. */
  readonly counted: boolean;
}

/** The role of an entry point through which user space gives its commands. */
export const COMMAND = 'ioctl';

/** How far callers of callers are followed, and how many functions are looked at. */
const MAX_DEPTH = 7;
const MAX_FUNCTIONS = 60;

/** Words in names of functions that end what they are named after. */
const ENDS =
  /(?:^|_)(?:release|close|destroy|free|exit|remove|unregister|unreg|dereg|unmap|munmap|detach|deinit|fini|uninit|cleanup|teardown|shutdown|disable|reset|stop|unbind|unpin|unset|clear|del|delete|drop|evict|invalidate|kill|disconnect|unprepare|unlock)(?:_|$)/;

/** Words in names of functions that are told of the end of one request. */
const COMPLETES =
  /(?:^|_)(?:done|complete|completed|completion|endio|end_io|end|finish|finished|callback|cb|irq|isr|intr|interrupt|tasklet|timeout|worker|work|workqueue|reply|response)(?:_|$)/;

/** Words in names of functions that are about one I/O request. */
const REQUEST = /(?:^|_)(?:dio|uio|aio|bio|iovec|iov|directio|direct_io|req|request|xfer|transfer)(?:_|$)/;

/** The functions that lead to a site: the acquiring one and its callers, with the calls that lead there. */
export class AcquireChain {
  readonly #calls = new Map<FunctionDef, PlaceIn[]>();

  constructor(
    readonly site: CallSite,
    readonly model: Model,
    readonly project: ProjectView,
  ) {
    const { unit, fn, node } = site;
    if (fn === undefined || node === undefined) return;
    this.#calls.set(fn, [{ unit, fn, node }]);
    let level: { unit: CUnit; fn: FunctionDef }[] = [{ unit, fn }];
    for (let depth = 0; depth < MAX_DEPTH && level.length > 0 && this.#calls.size < MAX_FUNCTIONS; depth++) {
      level = level.flatMap((f) => callersOf(f.unit, f.fn, project).flatMap((c) => this.#add(c)));
    }
  }

  #add(caller: Caller): { unit: CUnit; fn: FunctionDef }[] {
    const known = this.#calls.get(caller.fn);
    if (known === undefined) this.#calls.set(caller.fn, [caller]);
    else known.push(caller);
    return known === undefined ? [{ unit: caller.unit, fn: caller.fn }] : [];
  }

  /** All of them. */
  functions(): readonly FunctionIn[] {
    return [...this.#calls.values()].flatMap(([first]) => first ?? []);
  }

  /** The calls in a function that lead to the site; empty for one that does not. */
  in(fn: FunctionDef): readonly PlaceIn[] {
    return this.#calls.get(fn) ?? [];
  }
}

/** How a release is reached; several ways are several entries. */
export function reachesOf(release: PlaceIn, chain: AcquireChain): readonly Reach[] {
  const found = new Map<string, Reach>();
  const add = (r: Reach): void => {
    found.set(`${r.kind} ${r.role}`, found.get(`${r.kind} ${r.role}`) ?? r);
  };
  const seen = new Set<FunctionDef>();
  const counted = new Set<FunctionDef>();
  // Calls of functions in which acquire and release are commands apart: so they are for whoever calls these.
  const parted = new Set<PlaceIn>();
  let level: readonly PlaceIn[] = [release];
  let within: FunctionDef | undefined;
  for (let depth = 0; depth < MAX_DEPTH && level.length > 0; depth++) {
    const next: PlaceIn[] = [];
    for (const place of level) {
      const here = relation(place, chain);
      if (here === 'error' || (here === 'same' && !parted.has(place))) continue;
      if (here === 'chain' || here === 'turn') {
        add({ kind: here, where: place.fn.name, role: '', counted: counted.has(place.fn) || counts(place.fn) });
        if (here === 'chain') continue;
      }
      if (here === 'apart' && endsOwn(place)) within ??= place.fn;
      if (seen.has(place.fn) || seen.size > MAX_FUNCTIONS) continue;
      seen.add(place.fn);
      const last = counted.has(place.fn) || counts(place.fn) || drops(place);
      for (const above of climb(place, chain, (r) => add({ ...r, counted: last }))) {
        if (last) counted.add(above.fn);
        if (here === 'same' || (here === 'apart' && isCommand(place, chain))) parted.add(above);
        next.push(above);
      }
    }
    level = next;
  }
  const told = [...found.values()].some((r) => r.kind !== 'turn' && r.kind !== 'unknown' && r.role !== 'name');
  if (within !== undefined && !told) add({ kind: 'chain', where: within.name, role: '', counted: false });
  return [...found.values()];
}

/** Whether a function only drops a reference, by its name. */
function counts(fn: FunctionDef): boolean {
  return /(?:^|_)(?:put|unref|deref|drop_ref|put_ref)(?:_|$)/.test(fn.name);
}

/** Whether a function does what it does when a count of references falls to zero (linux/kref.h, refcount.h, atomic.h). */
function drops({ unit, fn }: PlaceIn): boolean {
  return /\b(?:kref_put\w*|refcount_dec_and_\w+|atomic_dec_and_\w+)\s*\(/.test(
    unit.code.slice(fn.bodySpan.start, fn.bodySpan.end),
  );
}

/** How a call that leads to the release stands to those that lead to the acquire, in one function. */
function relation(place: PlaceIn, chain: AcquireChain): 'error' | 'chain' | 'turn' | 'apart' | 'same' {
  const taken = chain.in(place.fn);
  if (taken.length === 0) return takesOthers(place, chain) ? 'error' : 'apart';
  const tree = treeOf(place.unit, place.fn);
  // The call leads to both: what is given back in there was told of already.
  if (taken.every((t) => t.node === place.node)) return 'same';
  let error = false;
  let before = false;
  for (const acquire of taken) {
    if (acquire.node === place.node) continue;
    if (separate(place.unit, tree, acquire.node, place.node)) continue;
    if (place.node.start < acquire.node.start) before = true;
    else if (onErrorPath(place.unit, tree, place.node, acquire.node)) error = true;
    else if (isReplaced(place, tree, acquire.node)) before = true;
    else return 'chain';
  }
  return error ? 'error' : before ? 'turn' : 'apart';
}

/**
 * Whether what is given back is what the new pages take the place of: `foo_unpin(&obj->buf); obj->buf = new;`, where the call that leads to
 * the acquire fills or returns `new`.
 */
function isReplaced({ unit, fn, node }: PlaceIn, tree: CNode, acquire: CNode): boolean {
  const given = argumentsOf(unit, node);
  const behind = unit.code.slice(node.end, fn.bodySpan.end);
  const taken = argumentsOf(unit, acquire);
  const result = resultOf(unit, tree, acquire);
  return given.some((old) =>
    [...taken, ...(result === undefined ? [] : [result])].some(
      (fresh) =>
        fresh !== old &&
        behind.search(new RegExp(`(?:^|[;{}])\\s*${literally(old)}\\s*=\\s*\\*?${literally(fresh)}\\s*;`)) >= 0,
    ),
  );
}

/** The arguments of a call that are objects or their addresses, as code without `&`. */
function argumentsOf(unit: CUnit, call: CNode): readonly string[] {
  const args = childByField(call, 'arguments')?.children ?? [];
  return args.flatMap((a) => /^&?\s*([A-Za-z_][\w.[\]>-]*)$/.exec(codeOf(unit, a))?.[1] ?? []);
}

/** The variable that a call's result is assigned to. */
function resultOf(unit: CUnit, tree: CNode, call: CNode): string | undefined {
  const parent = pathTo(tree, call).at(-2);
  const left = parent?.type === 'assignment_expression' ? childByField(parent, 'left') : undefined;
  return left === undefined ? undefined : codeOf(unit, left);
}

function literally(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

/** Whether a function takes pages of its own ahead of a place: what is given back there are those, not the site's. */
function takesOthers({ unit, fn, node }: PlaceIn, { model, project }: AcquireChain): boolean {
  const tree = treeOf(unit, fn);
  for (const [name, calls] of callsIn(unit, fn)) {
    const ahead = calls.filter((c) => c.end <= node.start && !separate(unit, tree, c, node));
    if (ahead.length === 0) continue;
    if (model.isSite(name)) return true;
    const [callee] = visibleFunctions(unit, name, project);
    if (callee !== undefined && [...callsIn(callee.unit, callee.fn).keys()].some((n) => model.isSite(n))) return true;
  }
  return false;
}

/** Whether no pass over a function has both a place in it and another node: they stand in different cases or branches. */
export function areSeparate({ unit, fn, node }: PlaceIn, other: CNode): boolean {
  return separate(unit, treeOf(unit, fn), other, node);
}

/**
 * Whether two places stand in different cases of a switch, in different branches of an if, or one behind a branch with the other that
 * returns: no path has both in one pass.
 */
function separate(unit: CUnit, tree: CNode, a: CNode, b: CNode): boolean {
  const pathA = pathTo(tree, a);
  const pathB = pathTo(tree, b);
  let i = 0;
  while (i < pathA.length && i < pathB.length && pathA[i] === pathB[i]) i++;
  const parent = pathA[i - 1];
  const left = pathA[i];
  const right = pathB[i];
  if (parent === undefined || left === undefined || right === undefined) return false;
  if (parent.type === 'if_statement')
    return childByField(parent, 'condition') !== left && childByField(parent, 'condition') !== right;
  const first = left.start < right.start ? left : right;
  if (first.type === 'if_statement') return returnsFrom(unit, first, first === left ? a : b);
  if (parent.type !== 'compound_statement' && left.type !== 'case_statement') return false;
  if (left.type !== 'case_statement' || right.type !== 'case_statement') return false;
  // Fall-through joins cases; a case that ends in a jump does not reach the next.
  return /\b(?:break|return|goto|continue)\b[^;{}]*;\s*\}?\s*$/.test(codeOf(unit, first).trimEnd());
}

/** Whether a release and the acquires of a function are its answers to different commands: to one number compared with named ones. */
function isCommand({ unit, fn, node }: PlaceIn, chain: AcquireChain): boolean {
  const tree = treeOf(unit, fn);
  const release = pathTo(tree, node);
  return chain.in(fn).some((taken) => {
    const acquire = pathTo(tree, taken.node);
    const i = acquire.findIndex((n, at) => n !== release[at]);
    const parent = acquire[i - 1];
    if (acquire[i]?.type === 'case_statement' && release[i]?.type === 'case_statement') return true;
    const condition = parent?.type === 'if_statement' ? childByField(parent, 'condition') : undefined;
    return condition !== undefined && /^\(\s*\w+\s*[=!]=\s*[A-Z][A-Z0-9_]{2,}\s*\)$/.test(codeOf(unit, condition));
  });
}

/** Whether the branch of an if that a place stands in always leaves the function: `if (cmd == SET) { ...; return 0; }`. */
function returnsFrom(unit: CUnit, statement: CNode, place: CNode): boolean {
  const branch = ['consequence', 'alternative']
    .map((field) => childByField(statement, field))
    .find((n) => n !== undefined && n.start <= place.start && place.end <= n.end);
  if (branch === undefined || /\b(?:goto|break|continue)\b/.test(codeOf(unit, branch))) return false;
  return lastStatement(branch)?.type === 'return_statement';
}

function climb(place: PlaceIn, chain: AcquireChain, add: (r: Reach) => void): readonly PlaceIn[] {
  const { unit, fn } = place;
  const callers = callersOf(unit, fn, chain.project);
  const next: PlaceIn[] = [...callers];
  let known = callers.length > 0;
  for (const hook of hooksOf(unit, fn, chain.project)) {
    known = true;
    const reach = hookReach(hook, fn, chain);
    if (reach === 'climb') {
      if (hook.kind === 'callback' && hook.by !== undefined) {
        const path = pathTo(treeOf(hook.unit, hook.by), { start: hook.offset, end: hook.offset + fn.name.length });
        const node = path.findLast((n) => n.type === 'call_expression') ?? path.at(-1);
        if (node !== undefined) next.push({ unit: hook.unit, fn: hook.by, node });
      }
      continue;
    }
    add(reach);
  }
  if (!known) add(byName(fn));
  return next;
}

function hookReach(hook: Hook, fn: FunctionDef, chain: AcquireChain): Reach | 'climb' {
  const where = fn.name;
  if (hook.kind === 'callback') {
    const { row, callee } = hook;
    if (row === undefined && isCommandTable(hook) && hasCommand(chain, callee))
      return { kind: 'later', where, role: COMMAND, counted: false };
    if (row === undefined)
      return /exit/.test(callee) ? { kind: 'later', where, role: 'exit', counted: false } : byName(fn);
    if (row.when !== 'later' || row.context === 'rcu')
      return /^module_exit$/.test(callee) ? { kind: 'later', where, role: 'exit', counted: false } : 'climb';
    if (/^module_/.test(callee)) return { kind: 'later', where, role: callee, counted: false };
    if (/notifier/.test(callee)) return { kind: 'later', where, role: 'notifier', counted: false };
    if (/IOCTL/.test(callee)) return { kind: 'later', where, role: COMMAND, counted: false };
    if (row.context === 'process' && tearsDown(inWords(fn.name)))
      return { kind: 'later', where, role: 'name', counted: false };
    return /add_action/.test(callee)
      ? { kind: 'later', where, role: 'remove', counted: false }
      : { kind: 'completion', where, role: '', counted: false };
  }
  const { entry, field } = hook;
  if (entry !== undefined && entry.role !== 'other') {
    if (entry.role === 'io' && entry.context !== 'process')
      return { kind: 'completion', where, role: '', counted: false };
    return { kind: 'later', where, role: entry.role, counted: false };
  }
  if (ENDS.test(field)) return { kind: 'later', where, role: field, counted: false };
  if (COMPLETES.test(field)) return { kind: 'completion', where, role: '', counted: false };
  const named = byName(fn);
  // An entry of a table is a call of its own, whatever it is for.
  return named.kind === 'unknown' && hook.tag !== undefined
    ? { kind: 'later', where, role: 'name', counted: false }
    : named;
}

/** Whether a hook is an entry of a driver's own in its table of commands: `FOO_IOCTL_DEF(CMD, foo_ioctl)`. */
function isCommandTable(hook: Hook): boolean {
  return hook.kind === 'callback' && hook.by === undefined && /IOCTL/.test(hook.callee);
}

/** Whether the acquire is reached from a command of the same table: only then is that of the release another one, given later. */
function hasCommand(chain: AcquireChain, table: string): boolean {
  return chain
    .functions()
    .some(({ unit, fn }) =>
      hooksOf(unit, fn, chain.project).some((h) => isCommandTable(h) && h.kind === 'callback' && h.callee === table),
    );
}

/** Whether a work item is the end of the object itself, put off: `foo_exit_work`, `foo_release_deferred`. */
function tearsDown(words: string): boolean {
  return /(?:^|_)(?:exit|release|destroy|teardown|unregister|close|remove)_?(?:work|worker|deferred|later|async)(?:_|$)/.test(
    words,
  );
}

/** What the name of a function says of when it is called, where nothing else is known. */
function byName(fn: FunctionDef): Reach {
  const where = fn.name;
  const words = inWords(fn.name);
  if (COMPLETES.test(words) && !tearsDown(words)) return { kind: 'completion', where, role: '', counted: false };
  if (ENDS.test(words) && REQUEST.test(words)) return { kind: 'completion', where, role: '', counted: false };
  if (ENDS.test(words)) return { kind: 'later', where, role: 'name', counted: false };
  return { kind: 'unknown', where, role: '', counted: false };
}
