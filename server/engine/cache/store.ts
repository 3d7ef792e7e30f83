/** Where a cache keeps its entries: texts by name, somewhere outside of the tree that is analysed. */

/** Implemented by server/host. Several processes may use one store at once. */
export interface CacheStore {
  /** Names the program that writes: entries of another build are not understood and never read. */
  readonly build: string;
  /** The text kept under a name; undefined when there is none or it cannot be read. */
  load(name: string): string | undefined;
  /** Keeps a text as a whole or not at all. A store that cannot be written to keeps nothing; that is no error. */
  save(name: string, text: string): void;
  /** Removes what nobody has written for a long time. */
  prune(): void;
  /** Milliseconds since 1970. What changed on disk since shortly before this moment may change again unseen. */
  wallTime(): number;
}
