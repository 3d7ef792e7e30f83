/**
 * Accepted findings. An entry names path, rule, function, normalised statement and ordinal in the function; never a line
 * number, never a count, so that moving code keeps it and swapping one bug for another does not. Paths are relative to the
 * baseline file's directory. Reading and writing files is the caller's.
 */
import { UserError } from '../base/user-error.ts';
import { compareText } from './order.ts';
import { directoryOf, join, normalise, within } from './paths.ts';
import type { Finding } from './protocol.ts';

/** The name looked for in the working directory. */
export const BASELINE_NAME = 'guplint-baseline.json';

/** One accepted finding. */
export interface BaselineEntry {
  /** Relative to the directory of the baseline file. */
  readonly path: string;
  readonly rule: string;
  readonly function: string;
  readonly statement: string;
  readonly ordinal: number;
}

/** A baseline file as read. */
export interface Baseline {
  readonly file: string;
  readonly entries: readonly BaselineEntry[];
}

/** What a baseline did to findings. */
export interface Baselined {
  readonly kept: readonly Finding[];
  readonly accepted: readonly Finding[];
  /** Entries that matched a finding. */
  readonly used: ReadonlySet<BaselineEntry>;
}

/** An error in a baseline file, in words for the user. */
export class BaselineError extends UserError {}

/** Reads the text of a baseline file. Throws BaselineError when it is none. */
export function parseBaseline(file: string, text: string): Baseline {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw new BaselineError(
      `${file}: not JSON (${(error as Error).message}); write it anew with 'guplint baseline write'`,
    );
  }
  const { schemaVersion, entries } = (content ?? {}) as { schemaVersion?: unknown; entries?: unknown };
  if (schemaVersion !== 1 || !Array.isArray(entries)) {
    throw new BaselineError(
      `${file}: not a guplint baseline of version 1; write it anew with 'guplint baseline write'`,
    );
  }
  entries.forEach((e, i) => {
    if (!isEntry(e))
      throw new BaselineError(
        `${file}: entry ${i + 1} is no baseline entry; write it anew with 'guplint baseline write'`,
      );
  });
  return { file, entries: entries as BaselineEntry[] };
}

function isEntry(value: unknown): value is BaselineEntry {
  const e = value as Partial<Record<keyof BaselineEntry, unknown>> | null;
  const strings = [e?.path, e?.rule, e?.function, e?.statement];
  return strings.every((s) => typeof s === 'string') && Number.isInteger(e?.ordinal);
}

/** The text of a baseline file: one entry a line, sorted, so that merges stay small. */
export function formatBaseline(entries: readonly BaselineEntry[]): string {
  const sorted = [...entries].sort(
    (a, b) =>
      compareText(a.path, b.path) ||
      compareText(a.function, b.function) ||
      compareText(a.rule, b.rule) ||
      compareText(a.statement, b.statement) ||
      a.ordinal - b.ordinal,
  );
  const lines = sorted.map((e) => `    ${JSON.stringify(e)}`);
  const list = lines.length === 0 ? '[]' : `[\n${lines.join(',\n')}\n  ]`;
  return `{\n  "schemaVersion": 1,\n  "entries": ${list}\n}\n`;
}

/** The entry that accepts a finding. */
export function entryOf(finding: Finding, file: string): BaselineEntry {
  return {
    path: within(directoryOf(file), finding.location.file),
    rule: finding.rule,
    function: finding.functionName,
    statement: finding.statement,
    ordinal: finding.ordinal,
  };
}

/** The path of an entry as results spell it. */
export function pathOf(entry: BaselineEntry, file: string): string {
  return normalise(join(directoryOf(file), entry.path));
}

const restKey = (e: BaselineEntry): string => JSON.stringify([e.rule, e.function, e.statement, e.ordinal]);
const fullKey = (e: BaselineEntry): string => JSON.stringify([e.path, e.rule, e.function, e.statement, e.ordinal]);

/**
 * Takes out what the baseline accepts. An entry whose file is gone matches a finding in another file when the rest of the
 * key is equal and belongs to one entry and one finding only: the file was renamed.
 */
export function applyBaseline(
  findings: readonly Finding[],
  baseline: Baseline,
  gone: (path: string) => boolean,
): Baselined {
  const exact = new Map<string, BaselineEntry[]>();
  for (const entry of baseline.entries) push(exact, fullKey(entry), entry);
  const used = new Set<BaselineEntry>();
  const accepted = new Set<Finding>();
  for (const finding of findings) {
    const entry = exact.get(fullKey(entryOf(finding, baseline.file)))?.pop();
    if (entry === undefined) continue;
    used.add(entry);
    accepted.add(finding);
  }
  const moved = new Map<string, BaselineEntry[]>();
  for (const entry of baseline.entries) {
    if (!used.has(entry) && gone(pathOf(entry, baseline.file))) push(moved, restKey(entry), entry);
  }
  const candidates = new Map<string, Finding[]>();
  for (const finding of findings) {
    if (accepted.has(finding)) continue;
    const key = restKey(entryOf(finding, baseline.file));
    if (moved.has(key)) push(candidates, key, finding);
  }
  for (const [key, matches] of candidates) {
    const entries = moved.get(key) ?? [];
    const [entry] = entries;
    const [finding] = matches;
    if (entries.length !== 1 || matches.length !== 1 || entry === undefined || finding === undefined) continue;
    used.add(entry);
    accepted.add(finding);
  }
  return {
    kept: findings.filter((f) => !accepted.has(f)),
    accepted: findings.filter((f) => accepted.has(f)),
    used,
  };
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

/**
 * Entries that match nothing any more: their file was looked at, or is gone, and no finding used them. `looked` tells of a
 * path whether this run looked at it with the entry's rule on.
 */
export function staleEntries(
  baseline: Baseline,
  used: ReadonlySet<BaselineEntry>,
  looked: (path: string, rule: string) => boolean,
): readonly BaselineEntry[] {
  return baseline.entries.filter((e) => !used.has(e) && looked(pathOf(e, baseline.file), e.rule));
}
