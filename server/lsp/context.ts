/** What the parts of the server share: the connection, the client's abilities, documents, roots and analyses. */
import type { Connection, Range } from 'vscode-languageserver/node';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { FileResult, Finding, Location } from '../engine/protocol.ts';
import { decode } from '../syntax/decode.ts';
import type { ClientAbilities } from './client.ts';
import { type Documents, lineText } from './documents.ts';
import { type LineSource, locationOf, rangeOf } from './positions.ts';
import type { Root } from './root.ts';
import type { Roots } from './roots.ts';
import type { Schedule } from './schedule.ts';

/** An analysis of an open document, and the text it is of. */
export interface DocumentAnalysis {
  readonly uri: string;
  readonly root: Root;
  readonly file: string;
  readonly text: string;
  readonly version: number;
  /** undefined where the file holds nothing of interest. */
  readonly result: FileResult | undefined;
  /** What is left after the baseline, in this file alone. */
  readonly findings: readonly Finding[];
  /** An internal error, in words for the log. */
  readonly problem: string | undefined;
  /** Whether it is what an earlier session found out, not yet confirmed by this one. */
  readonly earlier: boolean;
}

/** The name and version that the client is told. */
export interface ServerInfo {
  readonly name: string;
  readonly version: string;
}

/** What the parts of the server share. */
export interface Context {
  readonly connection: Connection;
  readonly client: ClientAbilities;
  readonly info: ServerInfo;
  readonly documents: Documents;
  readonly roots: Roots;
  readonly schedule: Schedule<DocumentAnalysis>;
  /** The `file:` URI of a rule's page; undefined where the pages are not installed. */
  pageOf(rule: string): string | undefined;
  /** To be called when more or less of a root's files is known. */
  indexChanged(root: Root): void;
}

/** A document with its root and its path there. */
export interface Placed {
  readonly document: TextDocument;
  readonly root: Root;
  readonly file: string;
}

/** An open document and its place; undefined for one that is not open or no file. */
export function placed(context: Context, uri: string): Placed | undefined {
  const document = context.documents.get(uri);
  const place = context.roots.placeOf(uri);
  return document === undefined || place === undefined ? undefined : { document, ...place };
}

/** Lines of a root's files: of open documents as they are typed, of others from disk. Files are read once per source. */
function linesOf(context: Context, root: Root): LineSource {
  const read = new Map<string, readonly string[]>();
  return (file, line) => {
    const open = context.roots.openAt(root, file, context.documents);
    if (open !== undefined) return lineText(open, line);
    let lines = read.get(file);
    if (lines === undefined) {
      const found = root.host.fs.read(file);
      lines = found.kind === 'bytes' ? decode(found.bytes).text.split(/\r\n|\r|\n/) : [];
      read.set(file, lines);
    }
    return lines[line];
  };
}

/** Turns places of one root's files into the client's ranges and back. */
export function converter(context: Context, root: Root) {
  const lines = linesOf(context, root);
  const { encoding } = context.client;
  return {
    range: (location: Location): Range => rangeOf(location, encoding, lines),
    location: (file: string, range: Range): Location => locationOf(file, range, encoding, lines),
    uri: (file: string): string => context.roots.openAt(root, file, context.documents)?.uri ?? root.uriOf(file),
  };
}

/** See `converter`. */
export type Converter = ReturnType<typeof converter>;
