/** Every operator, in the order of the table. */
import type { Operator } from '../operator.ts';
import { acquireGetAsPin, acquirePinAsGet } from './acquire-swap.ts';
import { compareWrongly, testZeroOnly } from './compare.ts';
import { dirtyUnlocked, dropDirty } from './dirty.ts';
import { doubleRelease } from './double-release.ts';
import { dropAllReleases, dropErrorRelease } from './drop-release.ts';
import {
  dropFollWrite,
  dropLongterm,
  passFollGet,
  passFollPin,
  passInternalFlag,
  passLiteral,
  passNullPages,
} from './flags.ts';
import { freePage } from './free-page.ts';
import { withMmapLock, withoutMmapLock } from './mmap-lock.ts';
import { releaseBeforeUnmap } from './release-before-unmap.ts';
import { releaseAsked, releaseNegative, releaseTooFew, releaseTooMany } from './release-count.ts';
import { releaseGetAsPin } from './release-get-as-pin.ts';
import { releasePinAsGet } from './release-pin-as-get.ts';
import { dirtyAfterRelease, earlyReturn, freeArrayFirst, useAfterRelease, wrongArray } from './release-place.ts';
import { acceptShort, unsignedResult } from './result.ts';

/** See the head of the file. */
export const OPERATORS: readonly Operator[] = [
  releasePinAsGet,
  releaseGetAsPin,
  acquirePinAsGet,
  acquireGetAsPin,
  dropErrorRelease,
  dropAllReleases,
  doubleRelease,
  unsignedResult,
  acceptShort,
  dropDirty,
  dirtyUnlocked,
  passFollPin,
  passFollGet,
  passInternalFlag,
  passLiteral,
  dropLongterm,
  freePage,
  releaseBeforeUnmap,
  withoutMmapLock,
  withMmapLock,
  earlyReturn,
  releaseAsked,
  releaseTooFew,
  releaseTooMany,
  releaseNegative,
  wrongArray,
  freeArrayFirst,
  useAfterRelease,
  dirtyAfterRelease,
  compareWrongly,
  testZeroOnly,
  dropFollWrite,
  passNullPages,
];
