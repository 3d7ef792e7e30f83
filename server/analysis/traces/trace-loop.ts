/** What a loop macro over a holder of pages makes its cursor, and what is put into a cursor its container. By names, for traces. */
import { LOOP_ROWS } from '../../../model/loops.ts';
import type { LoopRow } from '../../../model/schema.ts';
import { type CNode, childByField } from '../../syntax/node.ts';
import { bare, codeOf } from '../trees.ts';
import { carries, type HolderKind, type Walk } from './trace-reach.ts';

const LOOPS: ReadonlyMap<string, LoopRow> = new Map(LOOP_ROWS.map((r) => [r.name, r]));

/** A place that a loop macro makes reach pages. */
interface LoopStore {
  readonly place: CNode;
  readonly kind: HolderKind;
}

/** A loop macro: its cursor reaches what its container holds, and what is put into the cursor is in the container. */
export function loopStores(w: Walk, n: CNode): readonly LoopStore[] {
  const name = /^\w+/.exec(w.unit.code.slice(n.start, n.start + 60))?.[0] ?? '';
  const row = LOOPS.get(name);
  if (row?.container === undefined) return row === undefined && /for_each/.test(name) ? walkOver(w, n) : [];
  const args = loopArguments(n);
  const cursor = args[row.cursor];
  const container = args[row.container];
  if (cursor === undefined || container === undefined || row.element === 'entry' || row.element === 'node') return [];
  const held = carries(w, container);
  if (held !== undefined) return [{ place: cursor, kind: held === 'number' ? 'number' : 'carrier' }];
  return carries(w, cursor) === 'carrier' ? [{ place: container, kind: 'carrier' }] : [];
}

/** A loop macro of the project: over something that holds the pages, a page it names is one of them. */
function walkOver(w: Walk, n: CNode): readonly LoopStore[] {
  const args = loopArguments(n);
  if (!args.some((a) => carries(w, a) === 'carrier')) return [];
  return args.flatMap((place) => {
    const name = bare(place).type === 'identifier' ? codeOf(w.unit, bare(place)) : '';
    const local = w.locals.get(name);
    const isPage = local?.pointers === 1 && /^struct (?:page|folio)$/.test(local.type);
    return isPage ? [{ place, kind: 'page' as const }] : [];
  });
}

function loopArguments(n: CNode): readonly CNode[] {
  const args: CNode[] = [];
  for (let at = bare(childByField(n, 'condition') ?? n); ; ) {
    const left = at.type === 'comma_expression' ? childByField(at, 'left') : undefined;
    const right = at.type === 'comma_expression' ? childByField(at, 'right') : undefined;
    args.push(left ?? at);
    if (right === undefined) return args;
    at = right;
  }
}
