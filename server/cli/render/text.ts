/** Findings as compilers print them: one line each, its steps and its fix indented below. */
import pc from 'picocolors';
import type { Finding, Location, Severity } from '../../engine/protocol.ts';
import type { FindingsRenderer } from './renderer.ts';

/** `path:line:column`. */
export function showPlace(l: Location): string {
  return `${l.file}:${l.line}:${l.column}`;
}

type Colours = ReturnType<typeof pc.createColors>;

function showSeverity(severity: Severity, c: Colours): string {
  if (severity === 'error') return c.bold(c.red(severity));
  return severity === 'warning' ? c.bold(c.yellow(severity)) : c.cyan(severity);
}

/** A message on one line, whatever it holds. */
function oneLine(text: string): string {
  return text.replace(/\s*[\r\n]+\s*/g, ' ');
}

function showFinding(f: Finding, c: Colours): string {
  const place = c.bold(`${showPlace(f.location)}:`);
  const head = `${place} ${showSeverity(f.severity, c)}: ${oneLine(f.message)} ${c.dim(`[${f.rule}]`)}${f.change === 'pre-existing' ? c.dim(' (pre-existing)') : ''}\n`;
  const steps = f.related.map((step) => `    ${showPlace(step.location)}: ${oneLine(step.message)}\n`);
  const fix = f.fixes.find((x) => x.applicability === 'safe') ?? f.fixes[0];
  const offer =
    fix === undefined
      ? ''
      : `    ${c.green(fix.applicability === 'safe' ? 'fix:' : 'fix (unsafe):')} ${oneLine(fix.title)}\n`;
  return head + steps.join('') + offer;
}

/** `check --format text`. */
export const findingsText: FindingsRenderer = ({ findings }, { colours }) => {
  const c = pc.createColors(colours);
  return findings.map((f) => showFinding(f, c)).join('');
};
