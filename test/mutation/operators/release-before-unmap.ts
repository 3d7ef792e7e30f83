/** Gives pages back before the device's mapping of them ends: a release that follows an unmap in one block goes in front of it. */
import { atCall, type Mutation, type Operator } from '../operator.ts';
import type { PlainCall, Subject } from '../subject.ts';
import { rowOf } from '../subject.ts';
import { flat, inBlock, nodesOf, sameLines } from '../trees.ts';

/** See the head of the file. */
export const releaseBeforeUnmap: Operator = {
  name: 'release-before-unmap',
  summary: 'a release moves in front of the DMA unmap before it',
  rules: ['release-before-dma-unmap'],
  target: 85,
  mutations: (subject) => subject.releases.flatMap((r) => moved(subject, r)),
};

function moved({ calls, text, unit }: Subject, release: PlainCall): Mutation[] {
  const place = inBlock(release.root, release.node);
  if (place === undefined || !isMovable(place.statement)) return [];
  const { block, statement } = place;
  const unmaps = calls.filter(
    (c) => c.root === release.root && rowOf(c.call)?.effects.some((e) => e.op === 'unmap') === true,
  );
  const before = unmaps
    .map((u) => block.children.find((s) => s.start <= u.node.start && u.node.end <= s.end))
    .filter((s) => s !== undefined && s.end <= statement.start)
    .at(-1);
  if (before === undefined || before.type === 'declaration' || before.type === 'labeled_statement') return [];
  const edits = [
    { start: before.start, end: before.start, text: `${flat(unit, statement)} ` },
    { start: statement.start, end: statement.end, text: sameLines(text.slice(statement.start, statement.end), ';') },
  ];
  return [atCall(release.call, release.sites, `${release.call.api}() before the unmap`, edits)];
}

function isMovable(statement: { readonly type: string; readonly start: number; readonly end: number }): boolean {
  if (statement.type === 'labeled_statement' || statement.type === 'declaration') return false;
  const jumps = nodesOf(statement as Parameters<typeof nodesOf>[0], 'return_statement', 'goto_statement');
  return jumps.length === 0;
}
