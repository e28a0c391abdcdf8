import { afterEach, beforeEach } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { type MovedState, type MoveStateOptions, moveState } from '../../../src/store/move/part.ts';
import { openStore } from '../../../src/store/open.ts';
import type { Store } from '../../../src/store/store.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../fixtures.ts';
import { describeOnPostgres, type Stage } from '../postgres/stage.ts';

type To = 'sqlite' | 'postgresql';

/** A state directory and an empty database, between which an inbox can be moved. Each test has its own. */
export interface MoveStage {
  readonly on: Stage;
  dir: string;
  /** Its address. */
  database: string;
  options(to: To): MoveStateOptions;
  move(to: To, signal?: AbortSignal, onProgress?: () => void): Promise<MovedState>;
  openFile(readOnly?: boolean): Promise<Store>;
  openShared(readOnly?: boolean): Promise<Store>;
}

export function describeMoves(title: string, tests: (stage: MoveStage) => void): void {
  describeOnPostgres(title, on => {
    let directory: TemporaryDirectory;

    beforeEach(async () => {
      directory = await temporaryDirectory();
      stage.dir = directory.path;
      stage.database = on.postgres.url(on.database);
    });
    afterEach(() => directory[Symbol.asyncDispose]());

    const stage: MoveStage = {
      on,
      dir: '',
      database: '',
      options: to => ({ dir: stage.dir, database: stage.database, to, clock: systemClock, random: Math.random }),
      move: (to, signal = new AbortController().signal, onProgress = () => {}) =>
        moveState({ ...stage.options(to), signal, onProgress }),
      openFile: (readOnly = false) => openStore({ dir: stage.dir, clock: systemClock, readOnly }),
      openShared: (readOnly = false) =>
        openStore({ dir: stage.dir, database: stage.database, clock: systemClock, readOnly }),
    };
    tests(stage);
  });
}
