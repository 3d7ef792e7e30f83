/**
 * `check --format github`: workflow commands that GitHub shows as annotations. GitHub takes ten errors, ten warnings and ten
 * notices of a step and drops the rest without a word, so what exceeds them is printed as plain lines, and a summary says so.
 */
import type { Finding, Severity } from '../../engine/protocol.ts';
import type { FindingsRenderer } from './renderer.ts';
import { showPlace } from './text.ts';

/** Annotations of each kind that GitHub shows for a step. One notice is the summary's. */
const LIMITS: Readonly<Record<Severity, number>> = { error: 10, warning: 10, info: 9 };

const COMMAND: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', info: 'notice' };

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}

function annotation(f: Finding): string {
  const { file, line, column, endLine, endColumn } = f.location;
  // GitHub refuses columns where an annotation spans lines.
  const columns = line === endLine ? `,col=${column},endColumn=${Math.max(column, endColumn - 1)}` : '';
  const title = f.change === 'pre-existing' ? `${f.rule} (pre-existing)` : f.rule;
  const steps = f.related.map((step) => `\n${showPlace(step.location)}: ${step.message}`).join('');
  const place = `file=${property(file)},line=${line},endLine=${endLine}${columns},title=${property(title)}`;
  return `::${COMMAND[f.severity]} ${place}::${data(f.message + steps)}\n`;
}

/** A line of the log for what is not annotated; its colons at the start keep GitHub from taking it for a command. */
function plain(f: Finding): string {
  return `${showPlace(f.location)}: ${f.severity}: ${f.message.replace(/\s*[\r\n]+\s*/g, ' ')} [${f.rule}]\n`;
}

/** `check --format github`. */
export const findingsGithub: FindingsRenderer = ({ findings, summary }) => {
  const left: Record<Severity, number> = { ...LIMITS };
  const shown: string[] = [];
  const rest: string[] = [];
  // Introduced ones come first: they are what the annotations are for.
  const ordered = [
    ...findings.filter((f) => f.change !== 'pre-existing'),
    ...findings.filter((f) => f.change === 'pre-existing'),
  ];
  for (const f of ordered) {
    if (left[f.severity] > 0) {
      left[f.severity]--;
      shown.push(annotation(f));
    } else rest.push(plain(f));
  }
  const count = (n: number, word: string): string => `${n} ${word}${n === 1 ? '' : 's'}`;
  const counts = [count(summary.errors, 'error'), count(summary.warnings, 'warning'), count(summary.infos, 'info')];
  const more = rest.length === 0 ? '' : `; ${rest.length} of them in the log only, GitHub takes ten of a kind`;
  const line = `::notice title=guplint::${data(`${counts.join(', ')} in ${count(summary.filesScanned, 'file')}${more}`)}\n`;
  return shown.join('') + rest.join('') + line;
};
