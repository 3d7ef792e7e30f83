/**
 * A C file made ready for analysis: its text, the masked text of the same length, and what stands at its top level.
 * The types only; `load.ts` makes units, `parse-function.ts` parses one function of a unit on demand.
 */
import type { KernelRange } from '../../model/version.ts';
import type { LineIndex } from '../base/line-index.ts';
import type { Span } from '../base/span.ts';

/** What a name means to `#if`: its replacement text, not defined at all, or defined on these kernels only. */
export type DefineValue =
  | { readonly kind: 'value'; readonly text: string }
  | { readonly kind: 'undefined' }
  | { readonly kind: 'kernels'; readonly ranges: readonly KernelRange[] };

/** What the preprocessor is told: the kernels aimed at, and macros from the command line or the configuration. */
export interface PreprocessEnv {
  readonly range: KernelRange;
  readonly defines: ReadonlyMap<string, DefineValue>;
  /** Kernels on which a name of the kernel is a macro, so that `#ifdef` sees it (FOLL_* before 6.3); undefined: not a name of the kernel's. */
  readonly kernelSymbols?: (name: string) => readonly KernelRange[] | undefined;
  /** Finds headers; without it only the file itself is read. */
  readonly loader?: HeaderLoader;
}

/** Finds and reads headers; made by the caller, memoised there, and one object for a whole run (results are cached per loader). */
export interface HeaderLoader {
  /** The header an include line of `fromPath` means, or undefined when there is none at hand. `path` identifies it. */
  load(fromPath: string, includePath: string, quoted: boolean): HeaderText | undefined;
}

/** A header as read; what follows from its text alone is kept with it. */
export interface HeaderText {
  readonly path: string;
  readonly text: string;
}

/** A function with a body. */
export interface FunctionDef {
  readonly name: string;
  readonly nameSpan: Span;
  /** From the first word of the declaration to the closing brace. */
  readonly span: Span;
  /** From `{` to `}`, both included. */
  readonly bodySpan: Span;
  readonly isStatic: boolean;
  /** SYSCALL_DEFINE3 and the like, where a macro made the function; undefined for plain C. */
  readonly viaMacro: string | undefined;
}

/** A struct, union or enum definition, a typedef, a variable or initialiser, or a prototype at file scope. */
export interface DeclarationItem {
  readonly kind: 'type' | 'variable' | 'prototype' | 'other';
  /** Struct tag, typedef name, variable or function name; empty when not found. */
  readonly name: string;
  readonly span: Span;
}

/** `#define NAME(params) body`, with the body's place; continuation lines are part of the body. */
export interface MacroDef {
  readonly name: string;
  /** undefined for object-like macros. */
  readonly params: readonly string[] | undefined;
  readonly nameSpan: Span;
  readonly bodySpan: Span;
  /** The kernels on which the enclosing #if keeps this definition. */
  readonly active: KernelRange;
}

/** `#include "x.h"` or `#include <x.h>`. */
export interface Include {
  readonly path: string;
  readonly quoted: boolean;
  readonly span: Span;
}

/** A condition that says nothing of the kernel's version and was turned into `if (symbol)` in the masked text. */
export interface ConfigCondition {
  readonly symbol: string;
  /** The directive as the file spells it, `#ifdef CONFIG_X`. */
  readonly text: string;
  readonly span: Span;
}

/** An annotation that was blanked and still means something: `__free(kfree)` behind a variable's name. */
export interface Annotation {
  readonly kind: 'free';
  /** The clean-up's name, `kfree`. */
  readonly word: string;
  /** The annotation itself; the variable stands in front of it. */
  readonly span: Span;
}

/** A stretch under #if and the kernels on which version conditions keep it. */
export interface VersionRegion {
  readonly span: Span;
  /** The hull where they are not contiguous; undefined when no kernel keeps it. */
  readonly kernels: KernelRange | undefined;
}

/** A branch of #if whose condition is not known: a macro that a configure step defines, or the build does. */
export interface OpenBranch {
  /** Its text, between its directive and the next one of the group. */
  readonly body: Span;
  /** The directive as the file spells it; empty for #else. */
  readonly source: string;
  /** The directives with a condition of its whole group. */
  readonly sources: readonly string[];
  /** The other branches of the group that may be live. */
  readonly others: readonly Span[];
}

/**
 * A file, preprocessed for one set of live branches. What is found out is kept by identity: of the unit, where it rests on what stands
 * outside its functions; of a `FunctionDef`, where on that function too; of `version`, where on the whole text; of `surroundings`, where on other files. Of an open document the
 * unit lives on while only functions' bodies change (`live-unit.ts`).
 */
export interface CUnit {
  readonly path: string;
  /** Stands for the text as it is now. */
  readonly version: object;
  /** Stands for the text and those of all files it may have to do with, as they are now. */
  readonly surroundings: object;
  /** The file's text as decoded; what messages show. */
  readonly text: string;
  /**
   * Same length as `text`; comments, insides of literals, directives, dead branches and annotations blanked, open conditions
   * rewritten. What the parser needs beyond that is done when a function is parsed. The analysis reads names from here: `$0`, made
   * for an open condition, stands here alone. Values of string and character literals stand in `text`.
   */
  readonly code: string;
  readonly lines: LineIndex;
  readonly functions: readonly FunctionDef[];
  readonly declarations: readonly DeclarationItem[];
  readonly macros: readonly MacroDef[];
  readonly includes: readonly Include[];
  readonly conditions: readonly ConfigCondition[];
  /** The kernels this unit stands for: the part of the range aimed at on which these branches are live. */
  readonly range: KernelRange;
  readonly annotations: readonly Annotation[];
  /** Branches of #if that depend on the version, in the order of the text, outer ones first. */
  readonly regions: readonly VersionRegion[];
  /** Stretches where a branch was chosen without knowing the condition; functions in them are `guessed`. */
  readonly guessed: readonly Span[];
  /** Branches of unknown conditions, in the order of the text, outer ones first. */
  readonly openBranches: readonly OpenBranch[];
}
