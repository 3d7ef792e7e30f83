/**
 * Kernel versions and half-open ranges of them, in the encoding of KERNEL_VERSION() (include/generated/uapi/linux/version.h).
 * Imports nothing.
 */

/** A kernel release as KERNEL_VERSION(a, b, c) encodes it: `(a << 16) + (b << 8) + min(c, 255)`. */
export type KernelVersion = number;

/** The versions `since <= v < until`. `until` is `Infinity` for a range that is open to the newest kernel. */
export interface KernelRange {
  readonly since: KernelVersion;
  readonly until: KernelVersion;
}

/** A range as model rows write it: first release with the fact, and the first release without it (absent: still so). */
export interface Since {
  readonly since: string;
  readonly until?: string;
}

/** Encodes a version as KERNEL_VERSION() does; the sublevel is clamped to 255 as the kernel does since 5.10.  */
export function kernelVersion(major: number, minor: number, sublevel = 0): KernelVersion {
  return (major << 16) + (minor << 8) + Math.min(sublevel, 255);
}

/** Parses `6.12` or `6.12.3` (a leading `v` and a suffix as `-rc1` are accepted). Returns undefined for anything else. */
export function parseVersion(text: string): KernelVersion | undefined {
  const m = /^v?(\d{1,3})\.(\d{1,3})(?:\.(\d{1,4}))?(?:[-+].*)?$/.exec(text.trim());
  if (m === null) return undefined;
  return kernelVersion(Number(m[1]), Number(m[2]), m[3] === undefined ? 0 : Number(m[3]));
}

/** Parses a version that is known to be well formed, as in model rows. Throws a plain Error on a typing mistake there. */
export function version(text: string): KernelVersion {
  const v = parseVersion(text);
  if (v === undefined) throw new Error(`not a kernel version: ${text}`);
  return v;
}

/** All releases of one series: `6.12` is `[6.12.0, 6.13.0)`; `6.12.5` is that one release. */
export function seriesRange(text: string): KernelRange | undefined {
  const since = parseVersion(text);
  if (since === undefined) return undefined;
  const one = /^v?\d+\.\d+\.\d+/.test(text.trim());
  return { since, until: one ? since + 1 : since + 256 };
}

/** Parses what `--kernel` takes: `6.12`, `6.1..6.12` (both ends included), `6.1..` and `..5.4`. */
export function parseRange(text: string): KernelRange | undefined {
  const parts = text.split('..');
  if (parts.length === 1) return seriesRange(text);
  if (parts.length !== 2) return undefined;
  const [lo = '', hi = ''] = parts;
  const from = lo.trim() === '' ? { since: 0, until: 0 } : seriesRange(lo);
  const to = hi.trim() === '' ? { since: 0, until: Number.POSITIVE_INFINITY } : seriesRange(hi);
  if (from === undefined || to === undefined || from.since >= to.until) return undefined;
  return { since: from.since, until: to.until };
}

/** The numeric range of a model row. */
export function rangeOf(row: Since): KernelRange {
  return { since: version(row.since), until: row.until === undefined ? Number.POSITIVE_INFINITY : version(row.until) };
}

/** The versions in both, or undefined when there is none. */
export function intersect(a: KernelRange, b: KernelRange): KernelRange | undefined {
  const since = Math.max(a.since, b.since);
  const until = Math.min(a.until, b.until);
  return since < until ? { since, until } : undefined;
}

/** Whether every version of `inner` is in `outer`. */
export function contains(outer: KernelRange, inner: KernelRange): boolean {
  return outer.since <= inner.since && inner.until <= outer.until;
}

/** `6.12`, or `6.12.5` where the sublevel is not 0. */
export function formatVersion(v: KernelVersion): string {
  const sub = v & 255;
  return `${v >> 16}.${(v >> 8) & 255}${sub === 0 ? '' : `.${sub}`}`;
}

/** The last minor release of each major one (kernel.org): what comes before 6.0 is 5.19. */
const LAST_MINOR: ReadonlyMap<number, number> = new Map([
  [3, 19],
  [4, 20],
  [5, 19],
  [6, 19],
]);

/** The series before the one that starts at `v`. */
export function previousSeries(v: KernelVersion): KernelVersion {
  if (((v >> 8) & 255) !== 0) return v - 256;
  const major = (v >> 16) - 1;
  return kernelVersion(major, LAST_MINOR.get(major) ?? 255);
}

/** `6.12` for one series, `6.1..6.12` for several (the last series included), `6.5..` and `..5.4` for open ones. */
export function formatRange(r: KernelRange): string {
  const open = r.until === Number.POSITIVE_INFINITY;
  const low = r.since === 0 ? '' : formatVersion(r.since);
  if (open) return `${low}..`;
  const last = (r.until & 255) === 0 ? formatVersion(previousSeries(r.until)) : formatVersion(r.until - 1);
  if (r.since !== 0 && (r.since & 255) === 0 && r.until === r.since + 256) return low;
  if (r.until === r.since + 1) return low;
  return `${low}..${last}`;
}
