/**
 * What can be done about a finding: its fixes, a comment that silences it, its explanation. Titles and order only; edits are
 * built when one is chosen, from the findings of that moment.
 */
import type { FileEdit, Finding, Fix, Location } from '../engine/protocol.ts';
import { touches } from './follow.ts';

/** One entry of the menu. */
export type IdeAction =
  | {
      readonly kind: 'fix';
      readonly title: string;
      readonly preferred: boolean;
      readonly finding: Finding;
      /** Index into the finding's fixes. */
      readonly fix: number;
    }
  | { readonly kind: 'ignore'; readonly title: string; readonly finding: Finding }
  | { readonly kind: 'explain'; readonly title: string; readonly finding: Finding };

/** The actions for a stretch of a file: safe fixes, unsafe ones, ignore, explain; each finding's together in that order. */
export function actionsAt(findings: readonly Finding[], range: Location): readonly IdeAction[] {
  const here = findings.filter((f) => f.location.file === range.file && touches(f.location, range));
  const fixes = here.flatMap((finding) => finding.fixes.map((fix, index) => ({ finding, fix, index })));
  const of = (applicability: Fix['applicability']): IdeAction[] =>
    fixes
      .filter(({ fix }) => fix.applicability === applicability && fix.edits.length > 0)
      .map(({ finding, fix, index }, i) => ({
        kind: 'fix',
        title: applicability === 'safe' ? fix.title : `${fix.title} (unsafe)`,
        preferred: applicability === 'safe' && i === 0,
        finding,
        fix: index,
      }));
  const rules = here.filter((f, i) => here.findIndex((o) => o.rule === f.rule) === i);
  return [
    ...of('safe'),
    ...of('unsafe'),
    ...here.map(
      (finding): IdeAction => ({ kind: 'ignore', title: `Ignore ${finding.rule} here, with a reason`, finding }),
    ),
    ...rules.map((finding): IdeAction => ({ kind: 'explain', title: `Explain ${finding.rule}`, finding })),
  ];
}

/** What stands in the comment until somebody says why. */
const REASON = 'TODO: say why this is right';

/** The comment that silences a finding, on a line of its own above the statement; undefined inside of a macro's body. */
export function ignoreEdit(finding: Finding, text: string): FileEdit | undefined {
  const lines = text.split('\n');
  const line = statementLine(lines, finding.location.line);
  if (/\\\r?$/.test(lines[line - 2] ?? '')) return undefined;
  const current = lines[line - 1] ?? '';
  const indent = /^[ \t]*/.exec(current)?.[0] ?? '';
  const end = current.endsWith('\r') ? '\r\n' : '\n';
  const { file } = finding.location;
  return {
    location: { file, line, column: 1, endLine: line, endColumn: 1 },
    newText: `${indent}/* guplint: ignore ${finding.rule} -- ${REASON} */${end}`,
  };
}

/** Lines that a statement is followed up over; longer ones get the comment where the finding is. */
const MAX_STATEMENT = 20;

/** The 1-based first line of the statement that a line belongs to, as far as line ends tell. */
function statementLine(lines: readonly string[], line: number): number {
  for (let at = line; at > 1 && line - at < MAX_STATEMENT; at--) {
    const above = (lines[at - 2] ?? '')
      .replace(/\/\*.*?\*\//g, '')
      .replace(/\/\/.*$/, '')
      .trim();
    if (above === '' || /[;{}:\\]$/.test(above) || /\*\/$/.test(above) || above.startsWith('#')) return at;
    if (/^(?:if|while|for|switch)\b.*\)$/.test(above) || /^(?:else|do)$/.test(above)) return at;
  }
  return line;
}
