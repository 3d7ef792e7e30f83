/** The kernels that the model's rows were read from; the newest is what is assumed where nobody names a version. Data only. */
import type { Source } from './schema.ts';

/** The oldest release series the model knows. What it has is taken to be as old as the call that is looked at: no row says since when. */
export const OLDEST_KERNEL = '4.4';

/** The newest release series the model knows. */
export const NEWEST_KERNEL = '7.3';

/** Where the newest facts were read. */
export const NEWEST_SOURCE: Source = { tag: 'v7.3.4', path: 'mm/gup.c' };
