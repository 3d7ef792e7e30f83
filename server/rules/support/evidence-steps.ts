/**
 * The evidence of a site as steps of a finding: what is done with the data of the pages, then how long they are held, and last what
 * speaks for another end.
 */
import type { Evidence, SiteRecord } from '../../engine/protocol.ts';
import type { Report, RulePass, UnitSpan } from '../define.ts';
import { filesOf } from './file-calls.ts';

type Steps = NonNullable<Report['related']>;

/** Kinds of evidence that data of the pages is written, the plainest first. */
export const WRITES: readonly string[] = ['write', 'dma', 'carrier', 'hypervisor', 'number', 'marked', 'data'];

/** Kinds of evidence that data of the pages is used in some way, the plainest first. */
export const USES: readonly string[] = [
  'dma',
  'carrier',
  'register',
  'hypervisor',
  'number',
  'write',
  'marked',
  'data',
  'read',
  'mapped',
];

/** Steps of one sort that one finding shows. */
const MAX_SHOWN = 2;

/** The uses of the pages among `kinds`, and with `hold` what says how long they are held. */
export function evidenceSteps(
  pass: RulePass,
  { evidence, lifetime }: SiteRecord,
  { kinds, hold }: { readonly kinds: readonly string[]; readonly hold: boolean },
): Steps {
  const uses = kinds.flatMap((kind) => evidence.filter((e) => e.kind === kind));
  const ends = hold ? evidence.filter((e) => e.lifetime !== undefined) : [];
  const fitting = ends.filter((e) => e.lifetime === lifetime);
  const [against] = ends.filter((e) => e.lifetime !== lifetime && e.kind === 'release');
  const shown = [...uses.slice(0, MAX_SHOWN), ...fitting.slice(0, MAX_SHOWN)].map((e) => stepOf(pass, e, e.text));
  // Alone it would only contradict.
  if (against !== undefined && fitting.length > 0) shown.push(stepOf(pass, against, `on another way ${against.text}`));
  return shown.flatMap((s) => s ?? []);
}

/** Evidence as a step; undefined where its file is not at hand. */
function stepOf(
  pass: RulePass,
  { location }: Evidence,
  message: string,
): { at: UnitSpan; message: string } | undefined {
  const unit = filesOf(pass).find((u) => u.path === location.file);
  if (unit === undefined) return undefined;
  const start = unit.lines.offset(location);
  const end = unit.lines.offset({ line: location.endLine, column: location.endColumn });
  return { at: { unit, span: { start, end } }, message };
}
