/** The model as one value: all rows, and `select`, which narrows them to a range of kernels. */
import type { ApiRow } from './schema.ts';

/** The rows that hold on at least one kernel of a range. */
export interface Model {
  /** Rows of a name, oldest first; empty when the model does not know the name on these kernels. */
  rows(name: string): readonly ApiRow[];
}
