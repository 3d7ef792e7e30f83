/** The server's answers to requests. An error inside of one is that answer's error and is logged; the server goes on. */
import type { Connection } from 'vscode-languageserver/node';
import { explainTopic } from '../ide/explain.ts';
import { codeActions, resolveAction } from './code-actions.ts';
import { execute } from './commands.ts';
import type { Context } from './context.ts';
import { type Publisher, pullReport } from './diagnostics.ts';
import {
  codeLenses,
  completions,
  counterparts,
  highlights,
  hover,
  inlayHints,
  references,
  symbols,
} from './requests.ts';
import { workspaceSites } from './workspace-run.ts';

/** The server as it is when a request comes. */
export interface Now {
  readonly context: Context;
  readonly publisher: Publisher;
  /** Done when the settings are known. */
  readonly ready: Promise<void>;
}

/** The request for the text that explains a topic: `{ topic }` to `{ markdown } | null`. */
const EXPLAIN_REQUEST = 'guplint/explain';

/** The request for the sites of the workspace: `{ again? }` to `SiteEntry[]`. */
const SITES_REQUEST = 'guplint/sites';

/** Registers the answers. */
export function answerRequests(c: Connection, now: () => Now): void {
  const context = (): Context => now().context;
  const ready = <P, R>(answer: (params: P, context: Context) => R | Promise<R>) => {
    return async (params: P): Promise<R> => {
      await now().ready;
      return answer(params, context());
    };
  };
  c.languages.diagnostics.on(async ({ textDocument, previousResultId }) => {
    await now().ready;
    const analysis = await context().schedule.current(textDocument.uri);
    return pullReport(analysis, context(), previousResultId);
  });
  c.onHover((params) => hover(params, context()));
  c.onCodeLens(ready(({ textDocument }, at) => codeLenses(textDocument.uri, at)));
  c.languages.inlayHint.on(ready(({ textDocument, range }, at) => inlayHints(textDocument.uri, range, at)));
  c.onDocumentSymbol(ready(({ textDocument }, at) => symbols(textDocument.uri, at)));
  c.onDefinition(ready(counterparts));
  c.onImplementation(ready(counterparts));
  c.onReferences(ready(references));
  c.onDocumentHighlight((params) => highlights(params, context()));
  c.onCompletion((params) => completions(params, context()));
  c.onCodeAction(ready(codeActions));
  c.onCodeActionResolve((action) => resolveAction(action, context()));
  c.onExecuteCommand(async (params, token, progress) => {
    await now().ready;
    return execute(params, context(), now().publisher, { progress, token });
  });
  c.onRequest(EXPLAIN_REQUEST, (params: unknown) => {
    const topic = (params as { topic?: unknown } | undefined)?.topic;
    const markdown = typeof topic === 'string' ? explainTopic(topic) : undefined;
    return markdown === undefined ? null : { markdown };
  });
  c.onRequest(SITES_REQUEST, async (params: unknown, token) => {
    const again = (params as { again?: unknown } | undefined)?.again === true;
    await now().ready;
    const progress = await c.window.createWorkDoneProgress();
    const stop = progress.token.onCancellationRequested(() => undefined);
    const either = {
      get isCancellationRequested() {
        return token.isCancellationRequested || progress.token.isCancellationRequested;
      },
      onCancellationRequested: token.onCancellationRequested,
    };
    try {
      return await workspaceSites(context(), again, { progress, token: either });
    } finally {
      stop.dispose();
    }
  });
}
