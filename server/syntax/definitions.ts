/**
 * What macro names mean while a file is read from top to bottom: its own definitions, those of project headers, the
 * command line and configuration, and the kernel's own names, each as a function of the kernel's version.
 */
import { KERNEL_INCLUDE_DIRS, KNOWN_MACROS } from '../../model/kernel-c.ts';
import { type Definitions, evaluate, type MacroText, type Meaning } from './condition.ts';
import { type ParsedDirective, parseDirectives } from './directive.ts';
import { type Expr, parseExpr } from './expr.ts';
import { and, bounded, combine, constant, type Known, map, not, onRanges, or, type Piecewise } from './piecewise.ts';
import { strip } from './strip.ts';
import type { HeaderText, PreprocessEnv } from './unit.ts';

const UNKNOWN: Piecewise<Meaning> = constant<Meaning>(undefined);
const UNDEFINED: Piecewise<Meaning> = constant<Meaning>(null);
const ALWAYS: Piecewise<Known> = constant<Known>(1);

/** Headers read for one file's conditions: out-of-tree projects have one or two compatibility headers. */
const MAX_HEADERS = 64;
const MAX_HEADER_DEPTH = 12;

/** An include line that was passed, and where it was live. */
interface Pending {
  readonly from: string;
  readonly path: string;
  readonly quoted: boolean;
  readonly live: Piecewise<Known>;
}

/** The state of all macros at one point of a file; has the lifetime of one preprocessing run. */
export class MacroState implements Definitions {
  readonly #own = new Map<string, Piecewise<Meaning>>();
  readonly #headers = new Map<string, Piecewise<Meaning>>();
  readonly #env: PreprocessEnv;
  readonly #seen = new Set<string>();
  readonly #exprs = new Map<string, Expr>();
  #pending: Pending[] = [];

  constructor(env: PreprocessEnv) {
    this.#env = env;
  }

  /** Meaning of a name; reads the project headers passed so far when nothing nearer knows it. */
  meaning(name: string): Piecewise<Meaning> {
    const own = this.#own.get(name) ?? this.#headers.get(name) ?? this.#given(name);
    if (own !== undefined) return own;
    this.#readPending(name);
    return this.#headers.get(name) ?? UNKNOWN;
  }

  /** Records `#define` on the kernels where `live` is 1; where it is not known the name's meaning is not known either. */
  define(name: string, macro: MacroText, live: Piecewise<Known>): void {
    this.#own.set(name, this.#changed(name, macro, live));
  }

  /** Records `#undef`. */
  undefine(name: string, live: Piecewise<Known>): void {
    this.#own.set(name, this.#changed(name, null, live));
  }

  /** Notes an include line for when a name is not known otherwise. */
  include(from: string, path: string, quoted: boolean, live: Piecewise<Known>): void {
    if (this.#env.loader === undefined) return;
    if (!quoted && KERNEL_INCLUDE_DIRS.has(path.split('/')[0] ?? '')) return;
    this.#pending.push({ from, path, quoted, live });
  }

  /** Reads a condition's or a macro's text, once per text. */
  expr(text: string): Expr {
    let e = this.#exprs.get(text);
    if (e === undefined) {
      e = parseExpr(text);
      this.#exprs.set(text, e);
    }
    return e;
  }

  /** A name that a file defines was not defined before, unless something says otherwise. */
  #changed(name: string, to: Meaning, live: Piecewise<Known>): Piecewise<Meaning> {
    const before = this.#own.get(name) ?? this.#headers.get(name) ?? this.#given(name) ?? UNDEFINED;
    return bounded(overlaid(before, to, live));
  }

  #given(name: string): Piecewise<Meaning> | undefined {
    const d = this.#env.defines.get(name);
    if (d?.kind === 'undefined') return UNDEFINED;
    if (d?.kind === 'value') return constant<Meaning>({ params: undefined, body: this.expr(d.text) });
    const one: MacroText = { params: undefined, body: { kind: 'number', value: 1 } };
    if (d?.kind === 'kernels') return onRanges<Meaning>(d.ranges, one, null);
    const kernels = this.#env.kernelSymbols?.(name);
    if (kernels !== undefined) return onRanges<Meaning>(kernels, { params: undefined, body: undefined }, null);
    const known = KNOWN_MACROS.get(name);
    if (known === undefined) return name.startsWith('CONFIG_') ? UNKNOWN : undefined;
    return known === null ? UNDEFINED : constant<Meaning>({ params: undefined, body: this.expr(known) });
  }

  #readPending(wanted: string): void {
    while (this.#pending.length > 0 && !this.#headers.has(wanted)) {
      const todo = this.#pending;
      this.#pending = [];
      for (const p of todo) this.#readHeader(p, 0);
    }
  }

  #readHeader(p: Pending, depth: number): void {
    const { loader } = this.#env;
    if (loader === undefined || depth > MAX_HEADER_DEPTH || this.#seen.size >= MAX_HEADERS) return;
    const header = loader.load(p.from, p.path, p.quoted);
    if (header === undefined || this.#seen.has(header.path)) return;
    this.#seen.add(header.path);
    const target = new HeaderState(this, this.#headers, p.live);
    runDirectives(headerDirectives(header), target, {
      include: (path, quoted, live) => {
        if (quoted || !KERNEL_INCLUDE_DIRS.has(path.split('/')[0] ?? '')) {
          this.#readHeader({ from: header.path, path, quoted, live }, depth + 1);
        }
      },
    });
  }
}

/** A macro as a directive defines it. Most are never asked for: the body is read when one is. */
class DefinedMacro implements MacroText {
  readonly params: MacroText['params'];
  readonly #text: string;
  readonly #state: MacroSink;

  constructor(params: MacroText['params'], text: string, state: MacroSink) {
    this.params = params;
    this.#text = text;
    this.#state = state;
  }

  get body(): Expr {
    return this.#state.expr(this.#text);
  }
}

/** A meaning changed where `live` is 1, not known where that is not known. */
function overlaid(before: Piecewise<Meaning>, to: Meaning, live: Piecewise<Known>): Piecewise<Meaning> {
  const [only] = live;
  if (live.length === 1 && only?.value === 1) return constant<Meaning>(to);
  if (live.length === 1 && only?.value === 0) return before;
  return combine<Known, Meaning, Meaning>(live, before, (l, old) => (l === 1 ? to : l === 0 ? old : undefined));
}

/** Definitions made by a header: kept apart, so that what the file itself says later wins. */
class HeaderState implements MacroSink {
  readonly #outer: MacroState;
  readonly #map: Map<string, Piecewise<Meaning>>;
  readonly live: Piecewise<Known>;

  constructor(outer: MacroState, map: Map<string, Piecewise<Meaning>>, live: Piecewise<Known>) {
    this.#outer = outer;
    this.#map = map;
    this.live = live;
  }

  meaning(name: string): Piecewise<Meaning> {
    return this.#map.get(name) ?? this.#outer.meaning(name);
  }

  expr(text: string): Expr {
    return this.#outer.expr(text);
  }

  define(name: string, macro: MacroText, live: Piecewise<Known>): void {
    this.#set(name, macro, live);
  }

  undefine(name: string, live: Piecewise<Known>): void {
    this.#set(name, null, live);
  }

  #set(name: string, to: Meaning, live: Piecewise<Known>): void {
    const before = this.#map.get(name) ?? UNDEFINED;
    this.#map.set(name, bounded(overlaid(before, to, live)));
  }
}

/** What running over directives needs of a state. */
export interface MacroSink extends Definitions {
  define(name: string, macro: MacroText, live: Piecewise<Known>): void;
  undefine(name: string, live: Piecewise<Known>): void;
  expr(text: string): Expr;
}

/** One open `#if`: the liveness around it, and where an earlier branch of it was taken. */
interface Frame {
  readonly outer: Piecewise<Known>;
  taken: Piecewise<Known>;
  readonly group: number;
}

/** Called while directives are run. `live` is a function of the version: 1 surely kept, 0 surely not. */
export interface RunHooks {
  readonly include?: (path: string, quoted: boolean, live: Piecewise<Known>, d: ParsedDirective) => void;
  /** A branch starts behind `d`; `own` is its condition without the branches around it. */
  readonly branch?: (
    d: ParsedDirective,
    group: number,
    state: { live: Piecewise<Known>; own: Piecewise<Known>; condition: Expr | undefined },
  ) => void;
  readonly endif?: (d: ParsedDirective, group: number) => void;
  readonly define?: (d: Extract<ParsedDirective, { kind: 'define' }>, live: Piecewise<Known>) => void;
}

/** Of an #if nested deeper than this the first branch is taken: later passes recurse as deep as #if nests. */
const MAX_NESTING = 64;

/** Runs directives in order over a state of macros. Stray #else and #endif are ignored, an open #if ends with the file. */
export function runDirectives(
  directives: readonly ParsedDirective[],
  state: MacroSink & { readonly live?: Piecewise<Known> },
  hooks: RunHooks,
): void {
  const frames: Frame[] = [];
  let live = state.live ?? ALWAYS;
  let groups = 0;
  const enter = (d: ParsedDirective, frame: Frame, own: Piecewise<Known>, condition: Expr | undefined): void => {
    live = and(frame.outer, and(not(frame.taken), own));
    frame.taken = or(frame.taken, own);
    hooks.branch?.(d, frame.group, { live, own, condition });
  };
  for (let i = 0; i < directives.length; i++) {
    const d = directives[i] as ParsedDirective;
    switch (d.kind) {
      case 'if':
      case 'ifdef':
      case 'ifndef': {
        const frame: Frame = { outer: live, taken: constant<Known>(0), group: groups++ };
        frames.push(frame);
        const condition = conditionOf(d, state);
        const own = frames.length > MAX_NESTING ? ALWAYS : ownTruth(d, condition, directives[i + 1], state);
        enter(d, frame, own, condition);
        break;
      }
      case 'elif':
      case 'elifdef':
      case 'elifndef':
      case 'else': {
        const frame = frames[frames.length - 1];
        if (frame === undefined) break;
        const condition = d.kind === 'else' ? undefined : conditionOf(d, state);
        enter(d, frame, condition === undefined ? ALWAYS : evaluate(condition, state), condition);
        break;
      }
      case 'endif': {
        const frame = frames.pop();
        if (frame === undefined) break;
        live = frame.outer;
        hooks.endif?.(d, frame.group);
        break;
      }
      case 'define': {
        hooks.define?.(d, live);
        state.define(d.name, new DefinedMacro(d.params, d.body, state), live);
        break;
      }
      case 'undef':
        state.undefine(d.name, live);
        break;
      case 'include':
        hooks.include?.(d.path, d.quoted, live, d);
        break;
      case 'other':
        break;
    }
  }
}

/** The condition of a branch as an expression. */
function conditionOf(d: ParsedDirective, state: MacroSink): Expr {
  switch (d.kind) {
    case 'if':
    case 'elif':
      return state.expr(d.text);
    case 'ifdef':
    case 'elifdef':
      return { kind: 'defined', name: d.name };
    case 'ifndef':
    case 'elifndef':
      return { kind: 'unary', op: '!', of: { kind: 'defined', name: d.name } };
    default:
      return { kind: 'bad', text: '' };
  }
}

/** `#ifndef X` right in front of `#define X` is a guard or a fallback: it is taken where nothing says otherwise. */
function ownTruth(
  d: ParsedDirective,
  condition: Expr,
  next: ParsedDirective | undefined,
  state: MacroSink,
): Piecewise<Known> {
  const own = evaluate(condition, state);
  const guard = d.kind === 'ifndef' && next?.kind === 'define' && next.name === d.name;
  return guard ? map<Known, Known>(own, (x) => x ?? 1) : own;
}

const headerCache = new WeakMap<HeaderText, readonly ParsedDirective[]>();

/** A header's directives, read once. */
function headerDirectives(header: HeaderText): readonly ParsedDirective[] {
  let found = headerCache.get(header);
  if (found === undefined) {
    found = parseDirectives(header.text, strip(header.text));
    headerCache.set(header, found);
  }
  return found;
}
