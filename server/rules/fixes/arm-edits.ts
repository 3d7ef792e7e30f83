/** Statements put at the start of the arms in which paths leave a function. */
import type { CNode } from '../../syntax/node.ts';
import type { CUnit } from '../../syntax/unit.ts';
import type { Edit, FixProposal } from '../define.ts';
import { onOneLine } from './before-return.ts';
import type { FailingArm } from './failing-arms.ts';
import { asIndented, indentAt, outdented } from './layout.ts';
import { skipBack } from './text-scan.ts';

/** A release as statements; one line each, those below a test indented. */
export interface ReleaseLines {
  readonly name: string;
  readonly lines: readonly string[];
}

/** The release of a site's pages at a place, as statements; undefined where their number is no longer at hand there. */
export type ReleaseAt = (offset: number) => ReleaseLines | undefined;

/** The release in each of the arms, before anything of what it undoes but mappings; undefined where one cannot take it. */
export function insideArms(unit: CUnit, arms: readonly FailingArm[], releaseAt: ReleaseAt): FixProposal | undefined {
  const edits: Edit[] = [];
  let name = '';
  for (const arm of arms) {
    const call = releaseAt(arm.body.start);
    const own = call === undefined ? undefined : atStart(unit, arm, call.lines);
    if (call === undefined || own === undefined) return undefined;
    name = call.name;
    edits.push(...own);
  }
  const where = arms.length === 1 ? 'this way out' : `these ${arms.length} ways out`;
  return { title: `Call ${name}() on ${where}`, applicability: 'unsafe', edits };
}

/** The first statement of a block behind those that take mappings of the pages back: a device may still write to them before. */
function behindUnmapping({ code }: CUnit, { children }: CNode): CNode | undefined {
  return children[children.findLastIndex((n) => /\w*unmap\w*\s*\(/i.test(code.slice(n.start, n.end))) + 1];
}

/** Lines in front of an arm's first statement; a single statement gets braces. */
function atStart(unit: CUnit, { body, hasElse }: FailingArm, lines: readonly string[]): readonly Edit[] | undefined {
  const { text, code } = unit;
  const first = body.type === 'compound_statement' ? behindUnmapping(unit, body) : body;
  if (first === undefined) return undefined;
  const indent = indentAt(text, first.start);
  const lineStart = text.lastIndexOf('\n', first.start - 1) + 1;
  if (/\S/.test(text.slice(lineStart, first.start)))
    return first === body && !hasElse ? onOneLine({ unit }, body, lines) : undefined;
  const insert: Edit = {
    unit,
    span: { start: lineStart, end: lineStart },
    newText: asIndented(unit, lines)
      .map((l) => `${indent}${l}\n`)
      .join(''),
  };
  if (first !== body) return first.type === 'declaration' ? undefined : [insert];
  const before = skipBack(code, body.start);
  if (hasElse || code[before - 1] !== ')') return undefined;
  const outer = outdented(unit, indent);
  return [
    { unit, span: { start: before, end: before }, newText: ' {' },
    insert,
    { unit, span: { start: body.end, end: body.end }, newText: `\n${outer}}` },
  ];
}
