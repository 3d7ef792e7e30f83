/**
 * What a client may ask when (the protocol's "Server lifecycle"): nothing before `initialize`, that once, nothing after `shutdown`.
 * Requests out of turn are refused with the protocol's codes, notifications are dropped; `exit` always counts.
 */
import { ErrorCodes, Message, type MessageStrategy, type ResponseMessage } from 'vscode-languageserver/node';

/** Lets messages through in their turn. `answer` sends what is said to the others. */
export function lifecycle(answer: (response: ResponseMessage) => void): MessageStrategy {
  let phase: 'new' | 'running' | 'ended' = 'new';

  const objection = (method: string): { readonly code: number; readonly message: string } | undefined => {
    if (phase === 'ended') return { code: ErrorCodes.InvalidRequest, message: 'the server was shut down' };
    if (method === 'initialize')
      return phase === 'new' ? undefined : { code: ErrorCodes.InvalidRequest, message: 'initialized already' };
    if (phase === 'new') return { code: ErrorCodes.ServerNotInitialized, message: 'initialize comes first' };
    return undefined;
  };

  return {
    handleMessage(message, next) {
      if (Message.isRequest(message)) {
        const error = objection(message.method);
        if (error !== undefined) {
          answer({ jsonrpc: '2.0', id: message.id, error });
          return;
        }
        if (message.method === 'initialize') phase = 'running';
        if (message.method === 'shutdown') phase = 'ended';
      } else if (Message.isNotification(message)) {
        if (phase !== 'running' && message.method !== 'exit') return;
      }
      return next(message);
    },
  };
}
