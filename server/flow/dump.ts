/** Text dumps of control-flow graphs, for tests and for people who look into a function. */
import type { Cfg, Instr, Terminator } from './ir.ts';
import { exprText, placeText } from './loops.ts';

/** A graph as text: one block a paragraph, in the order of analysis. */
export function dumpCfg(cfg: Cfg): string {
  const out: string[] = [`${cfg.name}(${cfg.params.map((p) => p.name).join(', ')})`];
  for (const id of cfg.order) {
    const block = cfg.blocks[id];
    if (block === undefined) continue;
    out.push(`b${id}:`, ...block.instrs.map((i) => `  ${dumpInstr(i)}`), `  ${dumpTerminator(block.term)}`);
  }
  if (cfg.gaps.length > 0) out.push(`gaps: ${cfg.gaps.length}`);
  return `${out.join('\n')}\n`;
}

function dumpInstr(i: Instr): string {
  switch (i.kind) {
    case 'assign':
      return `${placeText(i.target)} = ${exprText(i.value)}`;
    case 'temp':
      return `t${i.id} = ${exprText(i.value)}`;
    case 'call': {
      const callee = i.callee ?? `(${i.target === undefined ? '?' : exprText(i.target)})`;
      return `t${i.id} = call ${callee}(${i.args.map(exprText).join(', ')})${i.discarded ? ' discarded' : ''}`;
    }
    case 'enter':
      return `enter ${i.names.join(' ')}`;
    case 'leave':
      return `leave ${i.names.join(' ')}`;
  }
}

function dumpTerminator(t: Terminator): string {
  switch (t.kind) {
    case 'jump':
      return `jump b${t.to}`;
    case 'branch':
      return `if ${exprText(t.cond)} then b${t.yes} else b${t.otherwise}${t.loop === undefined ? '' : ` (loop ${t.loop})`}`;
    case 'return':
      return t.value === undefined ? 'return' : `return ${exprText(t.value)}`;
    case 'unreachable':
      return 'unreachable';
  }
}
