/**
 * The language of a conversion: annotated C (markers.ts) of a driver before and after in one text. Lines that start with `-` are of the
 * code before, those with `+` of the code after, all others of both; line numbers are those of the text on disk, per virtual file.
 *
 *   //- conversion: what was converted, and when
 *   //- case: 2                      the documented case as its author named it; `-`: none
 *   //- differs: 1 -- reason         the case that the definitions give where that is another one
 */
import { type Fixture, readFixture } from './markers.ts';

/** A conversion read from disk. */
export interface Conversion {
  readonly what: string;
  /** As the author named it; undefined where the row names none. */
  readonly documented: string | undefined;
  /** The case that the sites of the family are held to. */
  readonly judged: string | undefined;
  readonly before: Fixture;
  readonly after: Fixture;
}

const DIRECTIVE = /^\/\/- (conversion|case|differs): *(.*)$/;

/** Reads a conversion; `rules` are those whose findings are held to the markers. Throws an Error where a directive is missing. */
export function readConversion(name: string, text: string, rules: readonly string[]): Conversion {
  const said = new Map<string, string>();
  const lines = text.split('\n').map((line) => {
    const m = DIRECTIVE.exec(line);
    if (m !== null) said.set(m[1] ?? '', (m[2] ?? '').trim());
    return m === null ? line : '';
  });
  const what = said.get('conversion');
  const documented = said.get('case');
  if (what === undefined || documented === undefined)
    throw new Error(`${name}: //- conversion and //- case are needed`);
  const differs = /^(\d) -- \S/.exec(said.get('differs') ?? '');
  if (said.has('differs') && differs === null) throw new Error(`${name}: //- differs needs a case, "--" and a reason`);
  const known = documented === '-' ? undefined : documented;
  const state = (mine: string, other: string): Fixture => {
    const own = lines.map((l) => (l.startsWith(mine) ? l.slice(1) : l.startsWith(other) ? '' : l)).join('\n');
    return { ...readFixture(name.replace(/\.diff$/, '.c'), own, ''), rules };
  };
  return { what, documented: known, judged: differs?.[1] ?? known, before: state('-', '+'), after: state('+', '-') };
}
