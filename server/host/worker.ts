/** The entry of worker threads, of a pool and of a language server: loads what they do (work.ts). Built as a file of its own; see compiled.ts. */
import { loadPart } from './compiled.ts';

// Requests that come before it is loaded wait in the port.
loadPart('work.js', () => import('./work.ts'));
