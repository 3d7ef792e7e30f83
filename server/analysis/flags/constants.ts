/**
 * Names and literals of C as the flags analysis reads them: FOLL_ names, constants of other flag families, integer literals.
 * Families are known by their prefix (include/linux/mm.h, uapi/asm-generic/mman-common.h, dma-direction.h; 6.12).
 */
import type { CUnit } from '../../syntax/unit.ts';

/**
 * Prefixes of constants that are no gup_flags but are passed as such by mistake.
 * DMA_ is narrowed to the directions: DMA_BIT_MASK and the like never stand for flags.
 */
const FOREIGN =
  /^(?:VM_(?!BUG|WARN)|PROT_|FAULT_FLAG_|MAP_|GFP_|__GFP_|IOMMU_|PCI_DMA_|O_(?:RDONLY|WRONLY|RDWR)$|VERIFY_|ITER_(?:SOURCE|DEST)$|IB_ACCESS_)/;
const DMA_DIRECTION = /^DMA_(?:BIDIRECTIONAL|TO_DEVICE|FROM_DEVICE|NONE)$/;

/** The directions in which a device writes to memory, as a pattern (include/linux/dma-direction.h). */
export const TOWARDS_MEMORY = 'DMA_(?:FROM_DEVICE|BIDIRECTIONAL)';

const IS_TOWARDS_MEMORY = new RegExp(`^${TOWARDS_MEMORY}$`);

/** Whether an argument is such a direction. */
export function isTowardsMemory(text: string): boolean {
  return IS_TOWARDS_MEMORY.test(text.trim());
}

/** Whether a name is a gup flag by its form. */
export function isFollName(name: string): boolean {
  return /^FOLL_[A-Z0-9_]+$/.test(name);
}

/** Whether a name is a constant of another flag family (VM_WRITE, PROT_WRITE, DMA_FROM_DEVICE, READ and WRITE of fs.h are none). */
export function isForeignName(name: string): boolean {
  return FOREIGN.test(name) || DMA_DIRECTION.test(name);
}

/** Names that a flag-like truth value goes by where a bool or an int stands for "the pages are written". */
export function isWriteName(name: string): boolean {
  return /^(?:is_|do_|for_|want_|vm_|need_)?(?:write|writing|writable|writeable|wr|rw|force)$/i.test(name);
}

/** Value of a C integer or character literal; undefined where it is none (a float). Suffixes u, l are accepted. */
export function literalValue(text: string): number | undefined {
  const digits = text.replace(/[uUlL]+$/, '');
  if (/^0[xX][0-9a-fA-F]+$/.test(digits)) return Number.parseInt(digits.slice(2), 16);
  if (/^0[bB][01]+$/.test(digits)) return Number.parseInt(digits.slice(2), 2);
  if (/^0[0-7]*$/.test(digits)) return Number.parseInt(digits, 8);
  if (/^[1-9][0-9]*$/.test(digits)) return Number.parseInt(digits, 10);
  return undefined;
}

/** The number that an object-like macro of a file stands for; undefined for other macros, and for those with several definitions. */
export function numberOfMacro(unit: CUnit, name: string): number | undefined {
  const [macro, ...more] = unit.macros.filter((m) => m.name === name);
  if (macro === undefined || more.length > 0 || macro.params !== undefined) return undefined;
  const { start, end } = macro.bodySpan;
  return literalValue(
    unit.text
      .slice(start, end)
      .trim()
      .replace(/^\((.*)\)$/, '$1'),
  );
}

/** The text of an expression without casts to a pointer and outer parentheses, as `NULL` out of `((struct page **)NULL)`. */
function bareText(text: string): string {
  let t = text.trim();
  for (;;) {
    const cast = /^\(\s*(?:const\s+)?(?:struct\s+\w+|void|unsigned\s+\w+|\w+_t)\s*\**\s*\)\s*(.+)$/s.exec(t);
    if (cast?.[1] !== undefined) t = cast[1];
    else if (t.startsWith('(') && closing(t, 0) === t.length - 1) t = t.slice(1, -1).trim();
    else return t;
  }
}

/** Whether an expression is a null pointer constant. */
export function isNullText(text: string): boolean {
  const t = bareText(text);
  return t === 'NULL' || t === '0' || t === '((void *)0)';
}

/** Offset of the bracket that closes the one at `open`, skipping strings and character literals; -1 when there is none. */
export function closing(text: string, open: number, limit = text.length): number {
  let depth = 0;
  for (let i = open; i < limit; i++) {
    const c = text[i];
    if (c === '(' || c === '[' || c === '{') depth++;
    else if (c === ')' || c === ']' || c === '}') {
      depth--;
      if (depth === 0) return i;
    } else if (c === '"' || c === "'") i = endOfQuoted(text, i, limit);
  }
  return -1;
}

function endOfQuoted(text: string, at: number, limit: number): number {
  const quote = text[at];
  for (let i = at + 1; i < limit; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === quote) return i;
    else if (text[i] === '\n') return i;
  }
  return limit;
}

/** Splits at the commas outside brackets and strings; offsets are those of `text`. An empty stretch gives no part. */
export function splitArguments(text: string, start: number, end: number): { start: number; end: number }[] {
  const parts: { start: number; end: number }[] = [];
  let from = start;
  for (let i = start; i < end; i++) {
    const c = text[i];
    if (c === '(' || c === '[' || c === '{') {
      const close = closing(text, i, end);
      if (close < 0) break;
      i = close;
    } else if (c === '"' || c === "'") {
      i = endOfQuoted(text, i, end);
    } else if (c === ',') {
      parts.push(trimmed(text, from, i));
      from = i + 1;
    }
  }
  parts.push(trimmed(text, from, end));
  const only = parts[0];
  if (parts.length === 1 && only !== undefined && only.start === only.end) return [];
  return parts;
}

function trimmed(text: string, start: number, end: number): { start: number; end: number } {
  let s = start;
  let e = end;
  while (s < e && /\s|\\/.test(text[s] ?? '')) s++;
  while (e > s && /\s|\\/.test(text[e - 1] ?? '')) e--;
  return { start: s, end: e };
}
