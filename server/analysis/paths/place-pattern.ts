/** The model's place patterns (`arg0`, `ret`, `*arg1`, `arg2[*]`, `(*arg1)[*]`, `arg0->sgl[*]`, `cpu`) resolved at a call. */
import { regionOf, type Value } from '../../flow/value.ts';
import { type PathState, readKey } from './path-state.ts';
import { ownerOfPlace } from './reachability.ts';

/** A pattern resolved: a value (an argument, the result) or a place in memory. */
export type Resolved =
  | { readonly kind: 'value'; readonly value: Value }
  | { readonly kind: 'place'; readonly key: string };

/** What a pattern is resolved against. */
export interface CallValues {
  readonly args: readonly Value[];
  readonly ret: Value;
}

type Token = string;

/** Resolves a pattern; undefined when it names an argument the call does not have. */
export function resolvePattern(s: PathState, pattern: string, call: CallValues): Resolved | undefined {
  const tokens: Token[] = pattern.match(/\[\*\]|->\w+|\.\w+|[*()]|\w+/g) ?? [];
  const at = { i: 0 };
  return unary(s, tokens, at, call);
}

/** The value a resolved pattern holds, with the owner of the place it is read from. */
export function contentOf(s: PathState, r: Resolved): Value {
  return r.kind === 'value' ? r.value : readKey(s, r.key, ownerOfPlace(s, r.key));
}

function unary(s: PathState, tokens: readonly Token[], at: { i: number }, call: CallValues): Resolved | undefined {
  if (tokens[at.i] === '*') {
    at.i++;
    const inner = unary(s, tokens, at, call);
    return inner === undefined ? undefined : { kind: 'place', key: regionOf(contentOf(s, inner)) };
  }
  return postfix(s, tokens, at, call);
}

function postfix(s: PathState, tokens: readonly Token[], at: { i: number }, call: CallValues): Resolved | undefined {
  let here = primary(s, tokens, at, call);
  for (let t = tokens[at.i]; here !== undefined && t !== undefined && t !== ')'; t = tokens[at.i]) {
    at.i++;
    if (t === '[*]') here = { kind: 'place', key: regionOf(contentOf(s, here)) };
    else if (t.startsWith('->')) here = { kind: 'place', key: `${regionOf(contentOf(s, here))}.${t.slice(2)}` };
    else if (t.startsWith('.')) here = here.kind === 'place' ? { kind: 'place', key: here.key + t } : undefined;
    else return undefined;
  }
  return here;
}

function primary(s: PathState, tokens: readonly Token[], at: { i: number }, call: CallValues): Resolved | undefined {
  const t = tokens[at.i++];
  if (t === '(') {
    const inner = unary(s, tokens, at, call);
    at.i++;
    return inner;
  }
  if (t === 'ret') return { kind: 'value', value: call.ret };
  if (t === 'cpu') return { kind: 'place', key: 'cpu' };
  const m = t === undefined ? null : /^arg(\d+)$/.exec(t);
  const arg = m === null ? undefined : call.args[Number(m[1])];
  return arg === undefined ? undefined : { kind: 'value', value: arg };
}
