/**
 * Reads hand labels of acquire sites, one JSON object a line, and pairs them with reported sites: by line where it still fits,
 * else by file, function and API in the order of the text (line numbers move when a distribution updates its kernel).
 */
import { readFileSync } from 'node:fs';
import type { Finding, SiteRecord } from '../../server/engine/protocol.ts';

/** Where pages of a labelled site are given back. */
export interface LabelledRelease {
  readonly file: string;
  readonly function: string;
  readonly api: string;
}

/** One labelled site. */
export interface Label {
  readonly file: string;
  readonly line: number;
  readonly function: string;
  readonly api: string;
  /** Text of the flags argument; null where the function takes none. */
  readonly flags: string | null;
  readonly case: number;
  readonly acceptable_cases: readonly number[];
  readonly lifetime: string;
  /** One set a reader. */
  readonly access: readonly (readonly string[])[];
  readonly releases: readonly LabelledRelease[];
  readonly release_matches: boolean | 'unknown';
  /** Whether the call should be turned into a pin; n/a where it is one, or callers decide. */
  readonly should_convert: boolean | 'n/a';
}

/** A label and the site that was reported for it. */
export interface Pair {
  readonly label: Label;
  readonly site: SiteRecord | undefined;
  /** Whether a finding at the site asks for a pin; undefined where rules did not run. */
  readonly asked?: boolean;
}

/** Labels and reports side by side. */
export interface Pairing {
  readonly pairs: readonly Pair[];
  /** Direct calls reported in labelled files that no label names. */
  readonly extra: readonly SiteRecord[];
}

/** Reads labels. Throws an Error that names the line when one is no JSON object with the fields used here. */
export function readLabels(path: string): Label[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.flatMap((line, i) => {
    if (line.trim() === '') return [];
    const label = JSON.parse(line) as Partial<Label>;
    if (typeof label.file !== 'string' || typeof label.line !== 'number' || typeof label.api !== 'string') {
      throw new Error(`${path}:${i + 1}: no label`);
    }
    return [label as Label];
  });
}

/** Rules that ask for a pin in place of a reference. */
const CONVERSIONS: ReadonlySet<string> = new Set(['dma-needs-pin', 'longterm-needs-pin', 'data-write-needs-pin']);

/** Pairs labels with reported sites; sites through wrappers are left out (labels name calls of the API itself). */
export function pair(
  labels: readonly Label[],
  sites: readonly SiteRecord[],
  findings: readonly Finding[] = [],
): Pairing {
  const files = new Set(labels.map((l) => l.file));
  const open = new Set(sites.filter((s) => s.via === undefined && files.has(s.location.file)));
  const taken = new Map<Label, SiteRecord>();
  const take = (label: Label, fits: (s: SiteRecord) => boolean): void => {
    if (taken.has(label)) return;
    const site = [...open].find((s) => s.location.file === label.file && s.api === label.api && fits(s));
    if (site === undefined) return;
    taken.set(label, site);
    open.delete(site);
  };
  for (const label of labels) take(label, (s) => s.location.line === label.line);
  for (const label of labels) take(label, (s) => s.functionName === label.function);
  const asked = new Set(
    findings.filter((f) => CONVERSIONS.has(f.rule)).map((f) => `${f.location.file}:${f.location.line}`),
  );
  const pairs = labels.map((label): Pair => {
    const site = taken.get(label);
    const at = site === undefined ? '' : `${site.location.file}:${site.location.line}`;
    return { label, site, asked: asked.has(at) };
  });
  return { pairs, extra: [...open] };
}
