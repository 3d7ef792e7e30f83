/** The newest kernel the model's rows were read from: what is assumed where nobody names a version. Data only. */
import type { Source } from './schema.ts';

/** The newest release series the model knows. */
export const NEWEST_KERNEL = '7.3';

/** Where the newest facts were read. */
export const NEWEST_SOURCE: Source = { tag: 'v7.3.4', path: 'mm/gup.c' };
