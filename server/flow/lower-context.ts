/**
 * The state of lowering one function: blocks under construction, scopes, jump targets. Used by the lower-* files only.
 */
import type { Span } from '../base/span.ts';
import type { CNode } from '../syntax/node.ts';
import type { Block, CType, Expr, Instr, Loop, PlaceExpr, Terminator, VarScope } from './ir.ts';

/** What lowering asks of the syntax layer's types; every answer may be undefined. */
export interface LowerTypes {
  /** Type of an expression or declarator node. */
  typeOf(node: CNode): CType | undefined;
  /** Type named by a type_descriptor or by a declaration's specifiers and declarator. */
  typeNamed(node: CNode): CType | undefined;
  /** Type of a parameter or local by declaration. */
  variable(name: string, offset: number): CType | undefined;
}

/** What lowering asks of the model. */
export interface LowerTables {
  readonly noreturn: ReadonlySet<string>;
  /** Macros that end the path when their first argument is true: BUG_ON. */
  readonly noreturnIf: ReadonlySet<string>;
  /** Macro name → index of the argument that is the loop variable. */
  loopVariables(macro: string): readonly number[] | undefined;
  /** Index of the argument with what is walked; undefined for macros that are not in the table. */
  loopContainer(macro: string): number | undefined;
}

/** Where a condition leads; `loop` is the loop whose own test this is. */
export interface Branches {
  readonly yes: number;
  readonly otherwise: number;
  readonly loop: number | undefined;
}

/** The function that runs where a variable's scope is left, and whether it gets the variable's address or its value. */
export interface ScopeCleanup {
  readonly callee: string;
  readonly byAddress: boolean;
  /** Whether it runs only where the variable is not NULL. */
  readonly unlessNull?: boolean;
}

/** A call to make when a scope is left: `__free(kfree) p`, `guard(mutex)(&m)`. */
interface ExitCall {
  readonly callee: string;
  readonly args: readonly Expr[];
  readonly span: Span;
  /** The value without which it is not made. */
  readonly unless?: Expr | undefined;
}

/** The text that nodes are read from. */
export interface SourceText {
  readonly text: string;
  readonly code: string;
}

/** A macro whose body is lowered where it is called. */
export interface MacroText {
  readonly body: CNode;
  readonly source: SourceText;
  readonly params: readonly string[];
}

/** A call of one: its arguments by the macro's names for them, where it stands, and the text that it stands in. */
interface MacroUse {
  readonly calledIn: SourceText;
  readonly args: ReadonlyMap<string, CNode>;
  readonly at: Span;
}

/** What expressions need of the files that import them; set by `lower.ts`. */
export interface LowerHooks {
  condition(ctx: LowerContext, node: CNode, to: Branches): void;
  /** A call; its value. `discarded`: nobody uses it. */
  call(ctx: LowerContext, node: CNode, discarded: boolean): Expr;
  /** `({ ... })`: the value of its last expression. */
  statementExpression(ctx: LowerContext, node: CNode): Expr;
  /** The clean-up that a declaration attaches to a variable: `__free(name)`, `__attribute__((cleanup(f)))`. */
  cleanupOf(ctx: LowerContext, declarator: CNode, name: string): ScopeCleanup | undefined;
  /** A macro that jumps or returns, by its name. */
  jumpingMacro(ctx: LowerContext, name: string): MacroText | undefined;
  /** The number that a macro stands for, by its name. */
  numberOf(name: string): number | undefined;
}

interface Scope {
  readonly names: string[];
  readonly cleanups: ExitCall[];
}

interface OpenBlock {
  instrs: Instr[];
  term: Terminator | undefined;
}

interface JumpTarget {
  readonly breakTo: number;
  readonly continueTo: number | undefined;
  readonly depth: number;
  /** Text of the list that the loop goes on with until it is empty. */
  readonly drained?: string | undefined;
}

/** Lowering in progress; `current` is the block that receives instructions. */
export class LowerContext {
  readonly blocks: OpenBlock[] = [];
  readonly loops: Loop[] = [];
  readonly gaps: Span[] = [];
  readonly scopes: Scope[] = [];
  readonly jumps: JumpTarget[] = [];
  readonly labels = new Map<string, number>();
  readonly params = new Set<string>();
  readonly types: LowerTypes;
  current = 0;
  #temps = 0;
  #source: SourceText;
  /** Macros whose bodies are being lowered, the innermost last. */
  #macros: readonly MacroUse[] = [];

  constructor(
    source: SourceText,
    types: LowerTypes,
    readonly tables: LowerTables,
    readonly hooks: LowerHooks,
  ) {
    this.#source = source;
    // The text of another file's macro knows no types of this one.
    const here = <T>(ask: () => T): T | undefined => (this.#source.text === source.text ? ask() : undefined);
    this.types = {
      typeOf: (node) => here(() => types.typeOf(node)),
      typeNamed: (node) => here(() => types.typeNamed(node)),
      variable: (name, offset) => here(() => types.variable(name, offset)),
    };
    this.current = this.newBlock();
  }

  newBlock(): number {
    this.blocks.push({ instrs: [], term: undefined });
    return this.blocks.length - 1;
  }

  newTemp(): number {
    return this.#temps++;
  }

  /** The text that the nodes at hand are of. */
  get source(): SourceText {
    return this.#source;
  }

  get depthOfMacros(): number {
    return this.#macros.length;
  }

  /** Runs with the body of a macro in place of the text that it is called in. */
  inMacro({ source: body, args, at }: Omit<MacroUse, 'calledIn'> & { source: SourceText }, run: () => void): void {
    const [source, macros] = [this.#source, this.#macros];
    this.#source = body;
    this.#macros = [...macros, { args, at, calledIn: source }];
    run();
    this.#source = source;
    this.#macros = macros;
  }

  /** The argument that a name stands for in a macro's body, used in the text that the macro is called in; undefined for other names. */
  withArgument<T>(name: string, use: (argument: CNode) => T): T | undefined {
    const macro = this.#macros[this.#macros.length - 1];
    const argument = macro?.args.get(name);
    if (macro === undefined || argument === undefined) return undefined;
    const [source, macros] = [this.#source, this.#macros];
    this.#source = macro.calledIn;
    this.#macros = macros.slice(0, -1);
    const out = use(argument);
    this.#source = source;
    this.#macros = macros;
    return out;
  }

  /** What a macro does is done where it is called. */
  emit(instr: Instr): void {
    const at = this.#macros[0]?.at;
    this.blocks[this.current]?.instrs.push(at === undefined ? instr : { ...instr, span: at });
  }

  /** Ends the current block; text after a jump starts a new, unreachable one. */
  terminate(term: Terminator): void {
    const block = this.blocks[this.current];
    if (block !== undefined && block.term === undefined) block.term = this.#placed(term);
  }

  #placed(term: Terminator): Terminator {
    const at = this.#macros[0]?.at;
    if (at === undefined || term.kind === 'unreachable') return term;
    if (term.kind === 'jump') return term.goto === undefined ? term : { ...term, goto: at };
    return { ...term, span: at };
  }

  /** Ends the current block with a jump and goes on in `to`. */
  continueIn(to: number): void {
    this.terminate({ kind: 'jump', to });
    this.current = to;
  }

  label(name: string): number {
    let id = this.labels.get(name);
    if (id === undefined) {
      id = this.newBlock();
      this.labels.set(name, id);
    }
    return id;
  }

  /** The character of the masked text at an offset. */
  code(offset: number): string {
    return this.source.code.charAt(offset);
  }

  text(node: Span): string {
    return this.source.code.slice(node.start, node.end);
  }

  original(node: Span): string {
    return this.source.text.slice(node.start, node.end);
  }

  openScope(): void {
    this.scopes.push({ names: [], cleanups: [] });
  }

  declare(name: string): void {
    this.scopes[this.scopes.length - 1]?.names.push(name);
  }

  addCleanup(cleanup: ExitCall): void {
    this.scopes[this.scopes.length - 1]?.cleanups.push(cleanup);
  }

  /** Emits what leaving all scopes deeper than `depth` does, innermost first; the scopes stay open for other paths. */
  unwindTo(depth: number, span: Span): void {
    for (let i = this.scopes.length - 1; i >= depth; i--) {
      const scope = this.scopes[i];
      if (scope === undefined) continue;
      for (let k = scope.cleanups.length - 1; k >= 0; k--) {
        const c = scope.cleanups[k];
        if (c !== undefined) this.#cleanUp(c);
      }
      if (scope.names.length > 0) this.emit({ kind: 'leave', names: [...scope.names], span });
    }
  }

  #cleanUp({ callee, args, span, unless }: ExitCall): void {
    const after = unless === undefined ? undefined : this.newBlock();
    if (unless !== undefined && after !== undefined) {
      const set = this.newBlock();
      this.terminate({ kind: 'branch', cond: unless, yes: set, otherwise: after, span, loop: undefined });
      this.current = set;
    }
    const argSpans = args.map(() => span);
    const plain = { target: undefined, via: undefined, discarded: true };
    this.emit({ kind: 'call', id: this.newTemp(), callee, args, argSpans, span, nameSpan: span, ...plain });
    if (after !== undefined) this.continueIn(after);
  }

  closeScope(span: Span): void {
    this.unwindTo(this.scopes.length - 1, span);
    this.scopes.pop();
  }

  isLocal(name: string): boolean {
    return this.scopes.some((s) => s.names.includes(name));
  }

  scopeOf(name: string): VarScope {
    if (this.isLocal(name)) return 'local';
    return this.params.has(name) ? 'param' : 'global';
  }

  variable(name: string, offset: number): PlaceExpr {
    const scope = this.scopeOf(name);
    return { kind: 'var', name, scope, type: this.types.variable(name, offset) };
  }

  finish(): Block[] {
    return this.blocks.map((b, id) => ({ id, instrs: b.instrs, term: b.term ?? { kind: 'unreachable' } }));
  }
}

/** A type nobody knows anything of but that it is an integer of this width. */
export function integerType(bits: number, unsigned: boolean): CType {
  return { tag: undefined, pointers: 0, array: false, unsigned, bits };
}
