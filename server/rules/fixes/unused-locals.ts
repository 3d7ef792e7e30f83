/** Takes the declarations of locals out that nobody uses any more once some stretches of their function are gone. */

import { usesOf } from '../../analysis/statements/variable-use.ts';
import { pathTo } from '../../analysis/trees.ts';
import type { Span } from '../../base/span.ts';
import { type CNode, walk } from '../../syntax/node.ts';
import type { CUnit } from '../../syntax/unit.ts';
import type { Edit } from '../define.ts';
import { wholeLines } from './text-scan.ts';

/** The removals; a local whose initialiser calls something, or that is used elsewhere, stays. */
export function dropUnusedLocals(
  unit: CUnit,
  tree: CNode,
  { names, gone }: { readonly names: ReadonlySet<string>; readonly gone: readonly Span[] },
): readonly Edit[] {
  const byDeclaration = new Map<CNode, CNode[]>();
  for (const name of names) {
    const left = usesOf(unit, tree, name).filter(
      ({ node }) => !gone.some((s) => s.start <= node.start && node.end <= s.end),
    );
    const [only, more] = left;
    if (only === undefined || more !== undefined || only.kind !== 'declared') continue;
    const path = pathTo(tree, only.node);
    const at = path.findLastIndex((n) => n.type === 'declaration');
    const declaration = path[at];
    const declarator = path[at + 1];
    if (declaration === undefined || declarator === undefined || path[at - 1]?.type !== 'compound_statement') continue;
    if (hasEffect(declarator)) continue;
    byDeclaration.set(declaration, [...(byDeclaration.get(declaration) ?? []), declarator]);
  }
  const whole = [...byDeclaration].flatMap(([d, gone]) => (declaratorsOf(d).length === gone.length ? [d] : []));
  return [...byDeclaration].flatMap(([declaration, declarators]) => {
    if (!whole.includes(declaration)) return removal(unit, declaration, declarators);
    const beside =
      pathTo(tree, declaration)
        .at(-2)
        ?.children.filter((c) => c.type === 'declaration') ?? [];
    const lasts = beside.every((c) => whole.includes(c)) && beside.at(-1) === declaration;
    return [{ unit, span: lineOf(unit, declaration, lasts), newText: '' }];
  });
}

function declaratorsOf(declaration: CNode): readonly CNode[] {
  return declaration.children.filter((c) => c.field === 'declarator');
}

function hasEffect(declarator: CNode): boolean {
  let found = false;
  walk(declarator, (n) => {
    if (n.type === 'call_expression' || n.type === 'update_expression' || n.type === 'assignment_expression')
      found = true;
    return !found;
  });
  return found;
}

function removal(unit: CUnit, declaration: CNode, gone: readonly CNode[]): readonly Edit[] {
  const all = declaratorsOf(declaration);
  const kept = all.filter((d) => !gone.includes(d));
  const first = all[0];
  const last = all.at(-1);
  if (first === undefined || last === undefined) return [];
  return gone.map((d) => {
    const i = all.indexOf(d);
    const next = all[i + 1];
    const before = all[i - 1];
    // The last ones go with the comma before them, all others with the comma behind.
    const trailing = kept.every((k) => k.start < d.start);
    const span = trailing
      ? { start: before?.end ?? d.start, end: d.end }
      : { start: d.start, end: next?.start ?? d.end };
    return { unit, span, newText: '' };
  });
}

/** The whole line of a declaration; where all those of its block go, the last takes the empty line behind along. */
function lineOf({ text }: CUnit, declaration: CNode, lasts: boolean): Span {
  const span = wholeLines(text, declaration);
  const blank = /^[ \t]*\r?\n/.exec(text.slice(span.end, span.end + 200))?.[0];
  return span.end > declaration.end && blank !== undefined && lasts ? { ...span, end: span.end + blank.length } : span;
}
