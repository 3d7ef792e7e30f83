/** The entry of worker threads, of a pool and of a language server: loads what they do (work.ts). Built as a file of its own; see compiled.ts. */
import { loadPart } from './compiled.ts';

// Requests that come before it is loaded wait in the port.
// From source tsx translates what is required only.
loadPart('work.js', async () => require('./work.ts'));
