/** Faults of the dirty marking: left out, or done without the page lock. */
import { atCall, type Mutation, type Operator } from '../operator.ts';
import { forEachPage, type Shape, shapeOf } from '../shapes.ts';
import { type PlainCall, rowOf, type Subject } from '../subject.ts';
import { sameLines } from '../trees.ts';

/** The marking is left out. */
export const dropDirty: Operator = {
  name: 'drop-dirty',
  summary: 'set_page_dirty*() is dropped, make_dirty is false, or the release does not dirty',
  rules: ['missing-dirty'],
  target: 85,
  mutations: (subject) => subject.dirtyings.flatMap((d, i) => clean(subject, d, i % 2 === 1)),
};

/** The marking is done without the page lock. */
export const dirtyUnlocked: Operator = {
  name: 'dirty-unlocked',
  summary: 'set_page_dirty_lock() and make_dirty become set_page_dirty()',
  rules: ['dirty-without-lock'],
  target: 85,
  mutations: (subject) => subject.dirtyings.flatMap((d) => unlocked(subject, d)),
};

function isFalse(code: string | undefined): boolean {
  return code === undefined || code === 'false' || code === '0';
}

function dirtyArgument(shape: Shape | undefined): string | undefined {
  return shape !== undefined && 'dirty' in shape ? shape.dirty : undefined;
}

function clean({ text }: Subject, d: PlainCall, plain: boolean): Mutation[] {
  const row = rowOf(d.call);
  const shape = shapeOf(d.call);
  const isRelease = row?.effects.some((e) => e.op === 'release') === true;
  if (!isRelease) {
    if (d.statement === undefined) return [];
    const { start, end } = d.statement;
    return [
      atCall(d.call, d.sites, `without ${d.call.api}()`, [
        { start, end, text: sameLines(text.slice(start, end), ';') },
      ]),
    ];
  }
  if (shape === undefined || isFalse(dirtyArgument(shape))) return [];
  const arg = d.call.args[row.params.findIndex((p) => p.role === 'dirty')];
  if (plain && shape.kind === 'array' && d.statement !== undefined) {
    const { start, end } = d.statement;
    const code = `unpin_user_pages(${shape.pages}, ${shape.count});`;
    return [atCall(d.call, d.sites, code, [{ start, end, text: sameLines(text.slice(start, end), code) }])];
  }
  return arg === undefined
    ? []
    : [atCall(d.call, d.sites, `${d.call.api}(…, false)`, [{ start: arg.start, end: arg.end, text: 'false' }])];
}

function unlocked({ text }: Subject, d: PlainCall): Mutation[] {
  const row = rowOf(d.call);
  const effects = row?.effects.filter((e) => e.op === 'dirty' && e.dirtyKind === 'lock') ?? [];
  if (row === undefined || effects.length === 0) return [];
  const shape = shapeOf(d.call);
  if (row.effects.every((e) => e.op === 'dirty')) {
    if (shape?.kind !== 'page') return [];
    return [atCall(d.call, d.sites, 'set_page_dirty()', [{ ...d.call.nameSpan, text: 'set_page_dirty' }])];
  }
  const dirty = dirtyArgument(shape);
  if (shape === undefined || d.statement === undefined || dirty === undefined || isFalse(dirty)) return [];
  const { start, end } = d.statement;
  const test = dirty === 'true' || dirty === '1' ? '' : `if (${dirty}) `;
  const code = forEachPage(shape, (page) => `${test}set_page_dirty(${page}); unpin_user_page(${page});`);
  return [atCall(d.call, d.sites, code, [{ start, end, text: sameLines(text.slice(start, end), code) }])];
}
