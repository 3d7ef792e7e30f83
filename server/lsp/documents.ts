/**
 * The open documents and their texts as the client sends them. Anything that cannot be (a change of a document that is not open,
 * a range outside of the text) is ignored or clamped, never an error.
 */
import type {
  DidChangeTextDocumentParams,
  TextDocumentContentChangeEvent,
  TextDocumentItem,
} from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { type Encoding, toUnits } from './positions.ts';

/** Documents by URI. */
export class Documents {
  readonly #open = new Map<string, TextDocument>();
  encoding: Encoding = 'utf-16';

  get(uri: string): TextDocument | undefined {
    return this.#open.get(uri);
  }

  all(): readonly TextDocument[] {
    return [...this.#open.values()];
  }

  open(item: TextDocumentItem): TextDocument {
    const document = TextDocument.create(item.uri, item.languageId, item.version, item.text);
    this.#open.set(item.uri, document);
    return document;
  }

  /** Applies changes; undefined when the document is not open. */
  change({ textDocument, contentChanges }: DidChangeTextDocumentParams): TextDocument | undefined {
    let document = this.#open.get(textDocument.uri);
    if (document === undefined || !Array.isArray(contentChanges)) return undefined;
    for (const change of contentChanges) {
      if (typeof change?.text !== 'string') continue;
      document = TextDocument.update(document, [this.#inUnits(document, change)], textDocument.version);
    }
    this.#open.set(textDocument.uri, document);
    return document;
  }

  close(uri: string): TextDocument | undefined {
    const document = this.#open.get(uri);
    this.#open.delete(uri);
    return document;
  }

  #inUnits(document: TextDocument, change: TextDocumentContentChangeEvent): TextDocumentContentChangeEvent {
    if (!('range' in change) || this.encoding === 'utf-16') return change;
    const at = ({ line, character }: { line: number; character: number }) => ({
      line,
      character: toUnits(lineText(document, line), character, this.encoding),
    });
    return { text: change.text, range: { start: at(change.range.start), end: at(change.range.end) } };
  }
}

/** A line of a document without its end; empty behind the last one. */
export function lineText(document: TextDocument, line: number): string {
  if (line < 0 || line >= document.lineCount) return '';
  const text = document.getText({ start: { line, character: 0 }, end: { line: line + 1, character: 0 } });
  return text.replace(/[\r\n]+$/, '');
}
