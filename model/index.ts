/**
 * The model as one value: all rows, and `select`, which narrows them to a range of kernels.
 * Building it costs one walk over the rows; everything that depends on a range is computed when asked for and kept.
 */
import { API_ROWS } from './api-rows.ts';
import { CASE_ROWS } from './cases.ts';
import { FAST_MASK_ROWS, FLAG_ROWS } from './flags.ts';
import { INTERNAL_USERS } from './internal-users.ts';
import type { ApiRow, CaseRow, FastMaskRow, FlagRow, InternalUser, ValidityRow } from './schema.ts';
import { VALIDITY_ROWS } from './validity.ts';
import { contains, intersect, type KernelRange, rangeOf, type Since } from './version.ts';

/** The model narrowed to the kernels of a range. */
export interface Model {
  /** The kernels it was narrowed to. */
  readonly range: KernelRange;
  /** Rows of a name that hold on at least one kernel of the range, oldest first; empty when the name is unknown there. */
  rows(name: string): readonly ApiRow[];
  /** Rows of a name over every release, oldest first; empty when the model does not know the name at all. */
  allRows(name: string): readonly ApiRow[];
  /** What a call of the name says to a reader: its rows of the range, or of every release where the range does not know it. */
  readable(name: string): readonly ApiRow[];
  /** Rows of a FOLL_ flag on the range, oldest first; empty when no kernel of the range has it. */
  flags(name: string): readonly FlagRow[];
  /** Rows of a FOLL_ flag over every release; empty when no kernel ever had it. */
  allFlags(name: string): readonly FlagRow[];
  /** Every FOLL_ name of any release. */
  flagNames(): Iterable<string>;
  /** What the `*_fast` functions accept on the range, oldest first; empty before 5.2, where they take no flags. */
  readonly fastMask: readonly FastMaskRow[];
  /** The documented cases 1 to 5, and 0. */
  readonly cases: readonly CaseRow[];
  /** The run-time checks of mm/gup.c that hold on at least one kernel of the range. */
  readonly validity: readonly ValidityRow[];
  /** The places of the kernel itself that are entitled to internal flags or FOLL_FORCE on the range. */
  readonly internalUsers: readonly InternalUser[];
  /** Every function name that the model knows, of any release: what a prefilter looks for. */
  names(): Iterable<string>;
  /** The names of any release whose calls are sites. */
  siteNames(): Iterable<string>;
  /** Whether calls of the name are sites (on any release). */
  isSite(name: string): boolean;
  /**
   * Whether a file may use a flag that others may not, on a kernel of `range` (default: the model's).
   * `path` is relative to the root of a kernel tree, with forward slashes.
   */
  entitled(path: string, flag: string, range?: KernelRange): boolean;
}

/** What a project adds to the model. Rows of a name replace the model's own rows of that name. */
export interface ModelExtension {
  readonly rows?: readonly ApiRow[];
  readonly internalUsers?: readonly InternalUser[];
}

/** All rows, ready to be narrowed. */
export interface Catalogue {
  /** Every row of every release. */
  readonly rows: readonly ApiRow[];
  /** The model narrowed to a range; the same value for the same range. */
  select(range: KernelRange): Model;
}

/** Ranges are parsed once per row, and only for rows that somebody asks for. */
const ranges = new WeakMap<Since, KernelRange>();

function rangeOnce(kernels: Since): KernelRange {
  let range = ranges.get(kernels);
  if (range === undefined) {
    range = rangeOf(kernels);
    ranges.set(kernels, range);
  }
  return range;
}

function byName<Row extends { readonly name: string }>(rows: readonly Row[]): Map<string, Row[]> {
  const index = new Map<string, Row[]>();
  for (const row of rows) {
    const known = index.get(row.name);
    if (known === undefined) index.set(row.name, [row]);
    else known.push(row);
  }
  return index;
}

function within<Row extends { readonly kernels: Since }>(rows: readonly Row[], range: KernelRange): readonly Row[] {
  if (rows.length === 0) return rows;
  const live = rows.filter((row) => intersect(rangeOnce(row.kernels), range) !== undefined);
  return live.length === rows.length ? rows : live;
}

/** Rows by name, narrowed to a range on the first question. */
function narrowed<Row extends { readonly kernels: Since }>(
  index: ReadonlyMap<string, readonly Row[]>,
  range: KernelRange,
): (name: string) => readonly Row[] {
  const kept = new Map<string, readonly Row[]>();
  const none: readonly Row[] = [];
  return (name) => {
    const before = kept.get(name);
    if (before !== undefined) return before;
    const rows = index.get(name);
    if (rows === undefined) return none;
    const live = within(rows, range);
    kept.set(name, live);
    return live;
  };
}

function covers(user: InternalUser, path: string): boolean {
  return user.path.endsWith('/') ? path.startsWith(user.path) : path === user.path;
}

interface Indexes {
  readonly apis: ReadonlyMap<string, readonly ApiRow[]>;
  readonly sites: ReadonlySet<string>;
  readonly flags: ReadonlyMap<string, readonly FlagRow[]>;
  readonly users: readonly InternalUser[];
}

function createSelected(all: Indexes, range: KernelRange): Model {
  const internalUsers = within(all.users, range);
  const rows = narrowed(all.apis, range);
  const allRows = (name: string): readonly ApiRow[] => all.apis.get(name) ?? [];
  return {
    range,
    rows,
    allRows,
    readable: (name) => {
      const live = rows(name);
      return live.length > 0 ? live : allRows(name);
    },
    flags: narrowed(all.flags, range),
    allFlags: (name) => all.flags.get(name) ?? [],
    flagNames: () => all.flags.keys(),
    fastMask: within(FAST_MASK_ROWS, range),
    cases: CASE_ROWS,
    validity: within(VALIDITY_ROWS, range),
    internalUsers,
    names: () => all.apis.keys(),
    siteNames: () => all.sites,
    isSite: (name) => all.sites.has(name),
    entitled: (path, flag, on = range) =>
      internalUsers.some(
        (user) => user.may.includes(flag) && covers(user, path) && intersect(rangeOnce(user.kernels), on) !== undefined,
      ),
  };
}

/** Builds the model, with a project's own rows where it has some. */
export function createModel(extra: ModelExtension = {}): Catalogue {
  const replaced = new Set((extra.rows ?? []).map((row) => row.name));
  const rows =
    replaced.size === 0 ? API_ROWS : [...API_ROWS.filter((row) => !replaced.has(row.name)), ...(extra.rows ?? [])];
  const all: Indexes = {
    apis: byName(rows),
    sites: new Set(rows.filter((row) => row.site === true).map((row) => row.name)),
    flags: byName(FLAG_ROWS),
    users: extra.internalUsers === undefined ? INTERNAL_USERS : [...INTERNAL_USERS, ...extra.internalUsers],
  };
  const selected = new Map<string, Model>();
  return {
    rows,
    select(range) {
      const key = `${range.since}:${range.until}`;
      let model = selected.get(key);
      if (model === undefined) {
        model = createSelected(all, range);
        selected.set(key, model);
      }
      return model;
    },
  };
}

/** Whether a row holds on every kernel of a range. */
export function holdsOnAll(row: { readonly kernels: Since }, range: KernelRange): boolean {
  return contains(rangeOnce(row.kernels), range);
}

/** The model without a project's additions. */
export const model: Catalogue = createModel();

/** Narrows the model's own rows to a range. */
export function select(range: KernelRange): Model {
  return model.select(range);
}
