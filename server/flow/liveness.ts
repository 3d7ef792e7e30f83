/** Which temporaries nobody reads any more, so that paths need not carry their values along. */
import type { Block, Cfg, Expr, PlaceExpr } from './ir.ts';

/** For each position of the order: the temporaries that no block from there on reads. A loop sets its own anew each turn. */
export function deadTemps(cfg: Cfg): number[][] {
  const last = new Map<number, number>();
  for (const [i, id] of cfg.order.entries()) for (const t of tempsRead(cfg.blocks[id])) last.set(t, i);
  const out: number[][] = cfg.order.map(() => []);
  for (const [t, i] of last) out[i + 1]?.push(t);
  const written = new Set<number>();
  for (const id of cfg.order)
    for (const instr of cfg.blocks[id]?.instrs ?? [])
      if (instr.kind === 'call' || instr.kind === 'temp') written.add(instr.id);
  const unread = [...written].filter((t) => !last.has(t));
  for (const list of out) list.push(...unread);
  return out;
}

/** Temporaries that a block's instructions and its end read. */
function tempsRead(block: Block | undefined): Set<number> {
  const out = new Set<number>();
  const expr = (e: Expr): void => {
    switch (e.kind) {
      case 'temp':
        out.add(e.id);
        return;
      case 'read':
      case 'address':
        place(e.place);
        return;
      case 'not':
      case 'negate':
      case 'convert':
      case 'container':
        expr(e.arg);
        return;
      case 'binary':
        expr(e.left);
        expr(e.right);
        return;
      case 'unknown':
        for (const p of e.parts) expr(p);
        return;
      case 'int':
        return;
    }
  };
  const place = (p: PlaceExpr): void => {
    switch (p.kind) {
      case 'var':
        return;
      case 'field':
        place(p.base);
        return;
      case 'deref':
        expr(p.pointer);
        return;
      case 'index':
        expr(p.pointer);
        expr(p.index);
        return;
    }
  };
  for (const instr of block?.instrs ?? []) {
    if (instr.kind === 'assign') {
      expr(instr.value);
      place(instr.target);
    } else if (instr.kind === 'temp') expr(instr.value);
    else if (instr.kind === 'call') {
      for (const a of instr.args) expr(a);
      if (instr.target !== undefined) expr(instr.target);
    }
  }
  const term = block?.term;
  if (term?.kind === 'branch') expr(term.cond);
  if (term?.kind === 'return' && term.value !== undefined) expr(term.value);
  return out;
}
