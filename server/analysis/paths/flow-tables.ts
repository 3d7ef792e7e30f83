/** The model's tables in the form that lowering asks for. */
import { LOOP_ROWS } from '../../../model/loops.ts';
import { NORETURN, NORETURN_IF } from '../../../model/noreturn.ts';
import type { LowerTables } from '../../flow/lower-context.ts';

const LOOPS: ReadonlyMap<string, readonly number[]> = new Map(LOOP_ROWS.map((r) => [r.name, [r.cursor, ...r.assigns]]));

const CONTAINERS: ReadonlyMap<string, number | undefined> = new Map(LOOP_ROWS.map((r) => [r.name, r.container]));

/** Loops, functions that do not return, macros that end a path when their argument is true. */
export const LOWER_TABLES: LowerTables = {
  noreturn: NORETURN,
  noreturnIf: NORETURN_IF,
  loopVariables: (macro) => LOOPS.get(macro),
  loopContainer: (macro) => CONTAINERS.get(macro),
};
