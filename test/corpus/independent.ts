/**
 * A second opinion on where the API is called, that shares no code with the analysis: a scan over characters that knows comments,
 * strings, directives and braces, and nothing of #if, types or trees. What it and the analysis disagree on is looked at by hand.
 */

/** A place where a name stands before a bracket. Lines are 1-based. */
export interface Mention {
  readonly line: number;
  readonly name: string;
  /** body: between braces. macro: in a #define. top: outside braces, where prototypes and definitions stand. */
  readonly where: 'body' | 'macro' | 'top';
}

/** The text with comments, strings and character literals blanked; line breaks stay. */
export function withoutComments(text: string): string {
  return text.replace(
    /\/\*[\s\S]*?(?:\*\/|$)|\/\/(?:\\\r?\n|[^\n])*|"(?:[^"\\\n]|\\[\s\S])*"|'(?:[^'\\\n]|\\.)+'/g,
    (s) => s.replace(/[^\n]/g, ' '),
  );
}

/** Every place where one of the names stands before a bracket, in order. */
export function mentions(text: string, names: ReadonlySet<string>): Mention[] {
  const lines = withoutComments(text).split('\n');
  const found: Mention[] = [];
  let depth = 0;
  let directive = false;
  lines.forEach((line, i) => {
    const inside = directive || /^\s*#/.test(line);
    directive = inside && /\\\r?$/.test(line);
    for (const m of line.matchAll(/[{}]|(?<![\w.]|->)[A-Za-z_]\w*(?=\s*\()|(?<![\w.]|->)[A-Za-z_]\w*\s*$/g)) {
      const word = m[0].trim();
      if (word === '{' || word === '}') {
        if (!inside) depth = Math.max(0, depth + (word === '{' ? 1 : -1));
      } else if (names.has(word) && opens(lines, i, m)) {
        found.push({ line: i + 1, name: word, where: inside ? 'macro' : depth > 0 ? 'body' : 'top' });
      }
    }
  });
  return found;
}

/** A name at the end of a line is before a bracket when the next line starts with one. */
function opens(lines: readonly string[], index: number, m: RegExpMatchArray): boolean {
  const line = lines[index] ?? '';
  const after = line.slice((m.index ?? 0) + m[0].trimEnd().length);
  return /^\s*\(/.test(after) || (after.trim() === '' && /^\s*\(/.test(lines[index + 1] ?? ''));
}
