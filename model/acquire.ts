/**
 * All rows of functions that take user pages: the families whose calls are sites, and the core helpers close to them.
 * The rows themselves stand in acquire-get, acquire-get-fast, acquire-pin and acquire-iter.
 */
import { SLOW_GET_ROWS } from './acquire-get.ts';
import { FAST_GET_ROWS } from './acquire-get-fast.ts';
import { ITERATOR_ROWS } from './acquire-iter.ts';
import { PIN_ROWS } from './acquire-pin.ts';
import type { ApiRow } from './schema.ts';

/** Grouped by family; rows of one name oldest first. */
export const ACQUIRE_ROWS: readonly ApiRow[] = [...SLOW_GET_ROWS, ...FAST_GET_ROWS, ...PIN_ROWS, ...ITERATOR_ROWS];
