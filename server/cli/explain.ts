/** `guplint explain`: a rule, a case, an API, a flag or a concept, on standard output. An unknown topic is bad usage. */
import { closest } from '../base/closest.ts';
import { UserError } from '../base/user-error.ts';
import { conceptNames, explainTopic, topics } from '../ide/explain.ts';
import type { ExitCode } from './main.ts';
import type { Terminal } from './terminal.ts';

/** Prints the explanation. Throws UserError for a topic that is none. */
export function explain(topic: string, terminal: Terminal): ExitCode {
  const text = explainTopic(topic);
  if (text === undefined) {
    const meant = closest(topic.trim(), topics());
    throw new UserError(
      meant === undefined
        ? `nothing is known of '${topic}'; topics are rules, case1 to case5, APIs, FOLL_ flags and ${conceptNames().join(', ')}`
        : `nothing is known of '${topic}'; did you mean '${meant}'?`,
    );
  }
  terminal.out(text.endsWith('\n') ? text : `${text}\n`);
  return 0;
}
