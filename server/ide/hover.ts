/** What is shown over a name: the site or release it is, what the model says of the function or flag. Markdown. */
import type { Model } from '../../model/index.ts';
import type { Span } from '../base/span.ts';
import type { SiteRecord } from '../engine/protocol.ts';
import { apiHover, flagHover } from './model-hover.ts';
import { caseTitle, siteMarkdown } from './site-text.ts';
import { wordAt } from './words.ts';

/** A hover: the stretch of text it speaks of, and Markdown. */
export interface IdeHover extends Span {
  readonly markdown: string;
}

/** What is asked of: a place in a text, the model for its kernels, and the sites and releases that stand there. */
export interface HoverInput {
  readonly text: string;
  readonly offset: number;
  readonly model: Model;
  /** Sites whose callee is at the place. */
  readonly sites: readonly SiteRecord[];
  /** Sites whose pages a release at the place gives back. */
  readonly released: readonly SiteRecord[];
  /** The target of a link to a place; undefined for none. */
  link(file: string, line: number, column: number): string | undefined;
}

/** The hover at a place; undefined where nothing is known of what stands there. */
export function hoverAt(input: HoverInput): IdeHover | undefined {
  const word = wordAt(input.text, input.offset);
  if (word === undefined) return undefined;
  const { model, sites, released } = input;
  const parts = sites.map((site) => siteMarkdown(site, input.link));
  if (released.length > 0) parts.push(releasedMarkdown(released, input));
  const known = word.text.startsWith('FOLL_') ? flagHover(word.text, model) : apiHover(word.text, model);
  if (known !== undefined) parts.push(known);
  if (parts.length === 0) return undefined;
  return { start: word.start, end: word.end, markdown: parts.join('\n\n---\n\n') };
}

function releasedMarkdown(released: readonly SiteRecord[], { link }: HoverInput): string {
  const lines = released.map((site) => {
    const { file, line, column } = site.location;
    const name = `${file.slice(file.lastIndexOf('/') + 1)}:${line}`;
    const target = link(file, line, column);
    return `- \`${site.api}()\` in ${site.functionName}() ${target === undefined ? name : `[${name}](${target})`} (${caseTitle(site.case)})`;
  });
  return ['**Gives back what was taken by**', '', ...lines].join('\n');
}
