/** How two values may compare, as bits: what is still possible. */

/** Bits of a relation between two values: less, equal, greater are still possible. */
export const LT = 1;
export const EQ = 2;
export const GT = 4;
export const ANY = 7;

/** The relation seen from the other side. */
export function mirror(mask: number): number {
  return (mask & EQ) | (mask & LT ? GT : 0) | (mask & GT ? LT : 0);
}

/** Bits of a C comparison operator. */
export function maskOf(op: string): number | undefined {
  switch (op) {
    case '<':
      return LT;
    case '<=':
      return LT | EQ;
    case '>':
      return GT;
    case '>=':
      return GT | EQ;
    case '==':
      return EQ;
    case '!=':
      return LT | GT;
    default:
      return undefined;
  }
}

/** The comparison operator of some bits; empty where there is none. */
export function spelled(mask: number): string {
  switch (mask) {
    case LT:
      return '<';
    case LT | EQ:
      return '<=';
    case GT:
      return '>';
    case GT | EQ:
      return '>=';
    case EQ:
      return '==';
    case LT | GT:
      return '!=';
    default:
      return '';
  }
}
