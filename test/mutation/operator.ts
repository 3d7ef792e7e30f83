/**
 * What a mutation operator is: it reads one file with its sites and proposes faults, each a few edits of the text.
 * Operators go by the model's rows and the syntax trees alone; an edit never adds or removes a line.
 */
import type { ApiCall, CallSite } from '../../server/analysis/sites/site.ts';
import type { Subject } from './subject.ts';

/** A replacement in a file's text; offsets in UTF-16 units. */
export interface TextEdit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** A fault to inject. */
export interface Mutation {
  /** Where it is: the start of the call, test or declaration that is changed. */
  readonly at: number;
  readonly functionName: string;
  /** What is changed, for people: the new code. */
  readonly change: string;
  readonly edits: readonly TextEdit[];
  /** The sites whose pages it concerns, as far as known. */
  readonly sites: readonly CallSite[];
}

/** A kind of fault. */
export interface Operator {
  /** The file's name. */
  readonly name: string;
  /** What is injected, in words for the table. */
  readonly summary: string;
  /** The rules that fit: one of them must report it. */
  readonly rules: readonly string[];
  /** Percent that should be found. */
  readonly target: number;
  mutations(subject: Subject): Mutation[];
}

/** A mutation of a call. */
export function atCall(
  call: ApiCall,
  sites: readonly CallSite[],
  change: string,
  edits: readonly TextEdit[],
): Mutation {
  return { at: call.span.start, functionName: call.fn?.name ?? '', change, edits, sites };
}
