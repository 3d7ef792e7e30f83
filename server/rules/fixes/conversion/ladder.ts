/**
 * A version ladder round statements: the new form for the kernels that have it, the old one for those that do not, where the code must build on
 * both. Whole lines are doubled, so that every branch is complete by itself.
 */
import { formatVersion, type KernelVersion } from '../../../../model/version.ts';
import { functionAt, treeOf } from '../../../analysis/calls/call-index.ts';
import { pathTo } from '../../../analysis/trees.ts';
import type { Span } from '../../../base/span.ts';
import { childByField } from '../../../syntax/node.ts';
import type { CUnit } from '../../../syntax/unit.ts';
import type { Edit } from '../../define.ts';

/** An edit that holds from a release on only. */
export interface VersionedEdit {
  readonly edit: Edit;
  readonly since: KernelVersion;
}

/** The edits with ladders round their statements; undefined where a statement cannot be doubled. */
export function ladders(edits: readonly VersionedEdit[]): readonly Edit[] | undefined {
  const regions = new Map<string, { readonly unit: CUnit; readonly span: Span; readonly edits: VersionedEdit[] }>();
  for (const versioned of edits) {
    const { unit } = versioned.edit;
    const span = linesOf(unit, versioned.edit.span);
    if (span === undefined) return undefined;
    const key = `${unit.path}:${span.start}:${span.end}`;
    const known = regions.get(key) ?? { unit, span, edits: [] };
    known.edits.push(versioned);
    regions.set(key, known);
  }
  const units = new Set([...regions.values()].map((r) => r.unit));
  const done = [...regions.values()].map(({ unit, span, edits: own }): Edit => {
    const old = unit.text.slice(span.start, span.end);
    const since = Math.max(...own.map((e) => e.since));
    return { unit, span, newText: `${condition(since)}\n${applied(old, span.start, own)}#else\n${old}#endif\n` };
  });
  return [...done, ...[...units].flatMap(versionHeader)];
}

function condition(since: KernelVersion): string {
  const [major = '0', minor = '0', sub = '0'] = formatVersion(since).split('.');
  return `#if LINUX_VERSION_CODE >= KERNEL_VERSION(${major}, ${minor}, ${sub})`;
}

function applied(text: string, base: number, edits: readonly VersionedEdit[]): string {
  let out = text;
  for (const { edit } of [...edits].sort((a, b) => b.edit.span.start - a.edit.span.start))
    out = out.slice(0, edit.span.start - base) + edit.newText + out.slice(edit.span.end - base);
  return out;
}

const WHOLE = /^(?:expression_statement|declaration|return_statement)$/;
const HEADED = /^(?:if|while|switch|for)_statement$/;

/** The whole lines of the statement that holds an edit, or of its header; undefined where a directive or a comment's end lies in them. */
function linesOf(unit: CUnit, span: Span): Span | undefined {
  const fn = functionAt(unit, span.start);
  if (fn === undefined) return undefined;
  const path = pathTo(treeOf(unit, fn), span);
  let found: Span | undefined;
  for (const n of path) {
    if (WHOLE.test(n.type)) found = n;
    const body = HEADED.test(n.type) ? (childByField(n, 'body') ?? childByField(n, 'consequence')) : undefined;
    if (body !== undefined && span.end <= body.start)
      found = { start: n.start, end: body.type === 'compound_statement' ? body.start + 1 : body.start };
  }
  if (found === undefined) return undefined;
  const start = unit.text.lastIndexOf('\n', found.start - 1) + 1;
  const end = unit.text.indexOf('\n', found.end - 1) + 1;
  const lines = unit.text.slice(start, end);
  return end === 0 || /^\s*#/m.test(lines) || /^[^/]*\*\//.test(lines) ? undefined : { start, end };
}

/** The include line that the ladder needs, where the file has none. */
function versionHeader(unit: CUnit): readonly Edit[] {
  const last = unit.includes.at(-1);
  if (unit.text.includes('LINUX_VERSION_CODE') || unit.includes.some((i) => i.path === 'linux/version.h')) return [];
  const at = last === undefined ? 0 : unit.text.indexOf('\n', last.span.start) + 1;
  return [{ unit, span: { start: at, end: at }, newText: '#include <linux/version.h>\n' }];
}
