/** Names that are no function and no flag of the family though people take them for one, in words, as Markdown. */
import { ABSENT_NAMES } from '../../model/absent.ts';
import { foreignFamily } from '../../model/foreign-flags.ts';

/** What is to be said of such a name; undefined for any other. */
export function explainMistaken(name: string): string | undefined {
  const absent = ABSENT_NAMES.find((row) => row.name === name);
  if (absent !== undefined)
    return `# ${name}\n\nNo kernel has a ${absent.kind} of this name. Instead: ${absent.instead}.\n`;
  const family = foreignFamily(name);
  if (family === undefined) return undefined;
  const { meaning, source, write } = family;
  const asked = write === undefined ? '' : ` Where ${write} is meant, gup_flags say FOLL_WRITE.`;
  return `# ${name}\n\nNot for gup_flags: one of the ${meaning} (${source.path}).${asked}\n`;
}
