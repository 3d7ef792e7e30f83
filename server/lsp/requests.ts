/** Requests about places of a document: hover, lenses, hints, outline, links, completion. Answers are of the text as it is now. */
import {
  type CodeLens,
  type CompletionItem,
  CompletionItemKind,
  type DocumentHighlight,
  DocumentHighlightKind,
  type DocumentSymbol,
  type Hover,
  type InlayHint,
  MarkupKind,
  type Position,
  type Location as ProtocolLocation,
  type Range,
  type SymbolInformation,
  SymbolKind,
} from 'vscode-languageserver/node';
import type { Model } from '../../model/index.ts';
import { newestKernel } from '../engine/kernel.ts';
import { directoryOf } from '../engine/paths.ts';
import { catalogueOf } from '../engine/private-model.ts';
import type { Location, SiteRecord } from '../engine/protocol.ts';
import { completionsAt } from '../ide/completion.ts';
import { follow } from '../ide/follow.ts';
import { hoverAt } from '../ide/hover.ts';
import { inlaysOf, lensesOf } from '../ide/lens.ts';
import { type Linked, linkedAt, relativesOf, targetsOf } from '../ide/links.ts';
import { outlineOf } from '../ide/outline.ts';
import { EXPLAIN } from './code-actions.ts';
import { type Context, converter, type Placed, placed } from './context.ts';
import { neighbourSites } from './index-files.ts';
import { toUnits } from './positions.ts';

/** A place that a request asks about. */
export interface At {
  readonly textDocument: { readonly uri: string };
  readonly position: Position;
}

/** The sites of a document's last analysis at their places in the text as it is now; those that were typed into are left out. */
function sitesNow({ document, file }: Placed, context: Context): readonly SiteRecord[] {
  const last = context.schedule.last(document.uri);
  const own = (last?.result?.sites ?? []).filter((s) => s.location.file === file);
  if (last === undefined || own.length === 0) return [];
  const moved = follow(last.text, document.getText());
  return own.flatMap((site) => {
    const location = moved(site.location);
    if (location === undefined) return [];
    const releases = site.releases.flatMap((r) => {
      const at = r.location.file === file ? moved(r.location) : r.location;
      return at === undefined ? [] : [{ ...r, location: at }];
    });
    return [{ ...site, location, releases }];
  });
}

/** The model of the kernels a document is held to, with what its project declares; of the newest kernel before its first analysis. */
function modelOf({ document, root, file }: Placed, context: Context): Model {
  const kernel = context.schedule.last(document.uri)?.result?.kernel.range ?? root.settings.engine.kernel;
  return catalogueOf(root.configOf(directoryOf(file))).select(kernel ?? newestKernel());
}

function offsetOf(document: Placed['document'], position: Position, context: Context): number {
  const { encoding } = context.client;
  if (encoding === 'utf-16') return document.offsetAt(position);
  const start = { line: position.line, character: 0 };
  const line = document.getText({ start, end: { line: position.line + 1, character: 0 } });
  return document.offsetAt(start) + toUnits(line, position.character, encoding);
}

/** `textDocument/hover`. */
export function hover({ textDocument, position }: At, context: Context): Hover | null {
  const place = placed(context, textDocument.uri);
  if (place === undefined) return null;
  const { document, root, file } = place;
  const offset = offsetOf(document, position, context);
  const at = placeAt(place, offset);
  const others = root.sites().filter((s) => s.location.file !== file);
  const linked = linkedAt([...sitesNow(place, context), ...others], at);
  const found = hoverAt({
    text: document.getText(),
    offset,
    model: modelOf(place, context),
    sites: linked.sites,
    released: linked.released,
    link: (to, line) => `${converter(context, root).uri(to)}#L${line}`,
  });
  if (found === undefined) return null;
  const from = document.positionAt(found.start);
  const to = document.positionAt(found.end);
  const range = converter(context, root).range(asLocation(file, from, to));
  if (context.client.markdownHover) return { contents: { kind: MarkupKind.Markdown, value: found.markdown }, range };
  return { contents: { kind: MarkupKind.PlainText, value: plain(found.markdown) }, range };
}

/** Markdown as plain text, for clients that show none. */
function plain(markdown: string): string {
  return markdown
    .replace(/```\w*\n?/g, '')
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/\*\*|`/g, '');
}

function asLocation(file: string, from: Position, to: Position): Location {
  return {
    file,
    line: from.line + 1,
    column: from.character + 1,
    endLine: to.line + 1,
    endColumn: to.character + 1,
  };
}

function placeAt({ document, file }: Placed, offset: number) {
  const { line, character } = document.positionAt(offset);
  return { file, line: line + 1, column: character + 1 };
}

/** `textDocument/codeLens`. */
export async function codeLenses(uri: string, context: Context): Promise<CodeLens[]> {
  const place = placed(context, uri);
  if (place === undefined || !place.root.settings.codeLens) return [];
  if (context.schedule.last(uri) === undefined) await context.schedule.current(uri);
  const convert = converter(context, place.root);
  return lensesOf(sitesNow(place, context)).map(({ location, title, topic }) => ({
    range: convert.range(location),
    command: { title, command: EXPLAIN, arguments: [topic] },
  }));
}

/** `textDocument/inlayHint`. */
export async function inlayHints(uri: string, range: Range, context: Context): Promise<InlayHint[]> {
  const place = placed(context, uri);
  if (place === undefined) return [];
  const { inlayCases: cases, inlayFlags: flags } = place.root.settings;
  if (!cases && !flags) return [];
  if (context.schedule.last(uri) === undefined) await context.schedule.current(uri);
  const convert = converter(context, place.root);
  const hints = inlaysOf(place.document.getText(), sitesNow(place, context), modelOf(place, context), { cases, flags });
  return hints
    .filter(({ line }) => line - 1 >= range.start.line && line - 1 <= range.end.line)
    .map(({ line, column, label, tooltip, kind }) => ({
      position: convert.range({ file: place.file, line, column, endLine: line, endColumn: column }).start,
      label,
      tooltip,
      paddingLeft: kind === 'case',
    }));
}

/** `textDocument/documentSymbol`. */
export async function symbols(uri: string, context: Context): Promise<DocumentSymbol[] | SymbolInformation[]> {
  const place = placed(context, uri);
  if (place === undefined) return [];
  if (context.schedule.last(uri) === undefined) await context.schedule.current(uri);
  const convert = converter(context, place.root);
  const outline = outlineOf(sitesNow(place, context));
  if (!context.client.hierarchicalSymbols) {
    return outline.flatMap(({ name, sites }) =>
      sites.map((s) => ({
        name: `${s.name} (${s.detail})`,
        kind: SymbolKind.Event,
        location: { uri, range: convert.range(s.location) },
        containerName: name,
      })),
    );
  }
  return outline.map(({ name, location, sites }) => ({
    name,
    detail: `${sites.length} site${sites.length === 1 ? '' : 's'}`,
    kind: SymbolKind.Function,
    range: convert.range(location),
    selectionRange: convert.range(sites[0]?.location ?? location),
    children: sites.map((s) => {
      const range = convert.range(s.location);
      return { name: s.name, detail: s.detail, kind: SymbolKind.Event, range, selectionRange: range };
    }),
  }));
}

async function linked({ textDocument, position }: At, context: Context): Promise<[Linked, Placed] | undefined> {
  const place = placed(context, textDocument.uri);
  if (place === undefined) return undefined;
  const { root, file, document } = place;
  await context.schedule.current(document.uri);
  const all = await neighbourSites(context, root, file);
  const at = placeAt(place, offsetOf(document, position, context));
  const others = all.filter((s) => s.location.file !== file);
  return [linkedAt([...sitesNow(place, context), ...others], at), place];
}

function locations(places: readonly Location[], root: Placed['root'], context: Context): ProtocolLocation[] {
  const convert = converter(context, root);
  return places.map((p) => ({ uri: convert.uri(p.file), range: convert.range(p) }));
}

/** `textDocument/definition` and `textDocument/implementation`: the releases of an acquire, the acquires of a release. */
export async function counterparts(at: At, context: Context): Promise<ProtocolLocation[] | null> {
  const found = await linked(at, context);
  if (found === undefined) return null;
  const targets = targetsOf(found[0]);
  return targets.length === 0 ? null : locations(targets, found[1].root, context);
}

/** `textDocument/references`: acquires and releases that belong together. */
export async function references(at: At, context: Context): Promise<ProtocolLocation[] | null> {
  const found = await linked(at, context);
  if (found === undefined) return null;
  const relatives = relativesOf(found[0]);
  return relatives.length === 0 ? null : locations(relatives, found[1].root, context);
}

/**
 * `textDocument/documentHighlight`: the calls of the document that belong together with the one at a place. Asked at each move of the
 * cursor: only what is known already is looked at.
 */
export function highlights({ textDocument, position }: At, context: Context): DocumentHighlight[] | null {
  const place = placed(context, textDocument.uri);
  if (place === undefined) return null;
  const { root, file, document } = place;
  const others = root.sites().filter((s) => s.location.file !== file);
  const at = placeAt(place, offsetOf(document, position, context));
  const here = relativesOf(linkedAt([...sitesNow(place, context), ...others], at)).filter((l) => l.file === file);
  const convert = converter(context, root);
  return here.length === 0 ? null : here.map((l) => ({ range: convert.range(l), kind: DocumentHighlightKind.Text }));
}

/** `textDocument/completion`. */
export function completions({ textDocument, position }: At, context: Context): CompletionItem[] {
  const place = placed(context, textDocument.uri);
  if (place === undefined) return [];
  const { document, root, file } = place;
  const offset = offsetOf(document, position, context);
  const convert = converter(context, root);
  return completionsAt(document.getText(), offset, modelOf(place, context)).map((c) => ({
    label: c.label,
    kind: CompletionItemKind.EnumMember,
    detail: c.detail,
    documentation: { kind: MarkupKind.Markdown, value: c.documentation },
    textEdit: {
      range: convert.range(asLocation(file, document.positionAt(c.span.start), document.positionAt(c.span.end))),
      newText: c.label,
    },
  }));
}
