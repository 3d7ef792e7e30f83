/** Completion of FOLL_ flags: those that the call around the place may take on every kernel aimed at. */
import type { Model } from '../../model/index.ts';
import { holdsOnAll } from '../../model/index.ts';
import type { FlagRow } from '../../model/schema.ts';
import type { Span } from '../base/span.ts';
import { flagHover } from './model-hover.ts';
import { callAround, wordAt } from './words.ts';

/** A flag that is proposed; `span` is what it replaces. */
export interface IdeCompletion {
  readonly label: string;
  readonly span: Span;
  readonly detail: string;
  readonly documentation: string;
}

/** Flags that fit at a place; empty where no flag is being typed. */
export function completionsAt(text: string, offset: number, model: Model): readonly IdeCompletion[] {
  const word = wordAt(text.slice(0, offset), offset);
  const typed = word?.text ?? '';
  const call = callAround(text, offset);
  const rows = call === undefined ? [] : model.rows(call.callee);
  const takesFlags = call !== undefined && rows.some((row) => row.params[call.index]?.role === 'flags');
  if (!takesFlags && !/^FOLL?_?/.test(typed)) return [];
  if (call !== undefined && rows.length > 0 && !takesFlags) return [];
  const span = { start: word?.start ?? offset, end: wordAt(text, offset)?.end ?? offset };
  const written = call === undefined ? '' : text.slice(call.start, span.start);
  const proposals: IdeCompletion[] = [];
  for (const name of model.flagNames()) {
    const row = usable(model.flags(name), model);
    if (row === undefined || refused(name, takesFlags ? call.callee : undefined, model)) continue;
    if (new RegExp(`\\b${name}\\b`).test(written)) continue;
    proposals.push({
      label: name,
      span,
      detail: `0x${row.value.toString(16)}`,
      documentation: flagHover(name, model) ?? '',
    });
  }
  return proposals.sort((a, b) => (a.label < b.label ? -1 : 1));
}

/** The newest row of a flag that every kernel aimed at has and lets callers pass. */
function usable(rows: readonly FlagRow[], model: Model): FlagRow | undefined {
  const ranges = rows.map((r) => r.kernels);
  const whole = ranges.some((kernels) => holdsOnAll({ kernels }, model.range)) || covers(rows, model);
  return whole && rows.every((r) => r.standing === 'caller' && r.visible) ? rows.at(-1) : undefined;
}

/** Whether several rows together hold on all kernels aimed at: the first starts in time, the last ends in time. */
function covers(rows: readonly FlagRow[], model: Model): boolean {
  const [first] = rows;
  const last = rows.at(-1);
  if (first === undefined || last === undefined) return false;
  const since = {
    kernels: { since: first.kernels.since, ...(last.kernels.until === undefined ? {} : { until: last.kernels.until }) },
  };
  return holdsOnAll(since, model.range);
}

/** Whether a function refuses a flag on some kernel aimed at; without a function, whether all of them would. */
function refused(name: string, api: string | undefined, model: Model): boolean {
  if (api === undefined) return false;
  const rows = model.rows(api);
  const pins = rows.some((row) => row.reference === 'pin');
  if (name === 'FOLL_GET' || (name === 'FOLL_LONGTERM' && !pins && model.flags('FOLL_PIN').length > 0)) return true;
  if (/_fast(?:_only)?$/.test(api) && model.fastMask.some((m) => m.allowed !== undefined && !m.allowed.includes(name)))
    return true;
  return model.validity.some(
    (check) =>
      check.applies.includes(api) && check.flags?.anyOf?.includes(name) === true && check.flags.noneOf === undefined,
  );
}
