import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { prepareDirectory } from '../../state/directory.ts';
import { stateFiles } from '../../state/files.ts';
import { type ProgramRun, runProgram } from '../run-program.ts';
import { NoTextError, plainType } from '../text-of.ts';
import type { Attempt } from './attempt.ts';

/** Characters that a program may print. */
const mostOutput = 1_000_000;

/** Seconds of audio to read: two hours, which is a WAV file of 230 MB. */
const longestAudio = 7200;

/**
 * ffmpeg's reader for each type of audio. It is named, so that ffmpeg does not look for one: a playlist among its
 * readers would make it open other files.
 */
const readers: Readonly<Record<string, string>> = {
  'audio/ogg': 'ogg',
  'audio/opus': 'ogg',
  'audio/mpeg': 'mp3',
  'audio/mp4': 'mov',
  'audio/aac': 'aac',
  'audio/amr': 'amr',
  'audio/amr-wb': 'amr',
  'audio/wav': 'wav',
  'audio/flac': 'flac',
  'audio/webm': 'matroska',
};

/** Has the operator's program print the words (`transcribe.command`). Throws as `runProgram` does. */
export async function transcribeByProgram(attempt: Attempt): Promise<string> {
  const { settings, stateDir } = attempt;
  const { command: words, language = 'auto' } = settings;
  const program = { words, setting: 'transcribe.command' };
  if (!words.some(word => word.includes('{wav}'))) return print(attempt, program, { language });
  const dir = join(stateDir, stateFiles.transcripts);
  try {
    prepareDirectory(dir);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new NoTextError(`the directory for its WAV file cannot be made (${code})`, `Check ${dir} and its disk.`);
  }
  const wav = join(dir, `${randomUUID()}.wav`);
  try {
    await print(attempt, { words: conversion(attempt), setting: 'transcribe.ffmpeg' }, { wav });
    return await print(attempt, program, { wav, language });
  } finally {
    await rm(wav, { force: true });
  }
}

/** The words of ffmpeg's command line for a WAV file with one channel of 16 kHz, as whisper.cpp reads it. */
function conversion({ settings, file }: Attempt): string[] {
  const reader = readers[plainType(file.mimeType)];
  if (reader === undefined)
    throw new NoTextError(`audio of the type ${plainType(file.mimeType)} is not converted to WAV`);
  const quiet = ['-nostdin', '-hide_banner', '-loglevel', 'error'];
  const input = ['-protocol_whitelist', 'file', '-f', reader, '-i', '{file}', '-map', '0:a:0', '-t', `${longestAudio}`];
  return [settings.ffmpeg, ...quiet, ...input, '-ac', '1', '-ar', '16000', '-c:a', 'pcm_s16le', '-f', 'wav', '{wav}'];
}

async function print(
  { clock, signal, file }: Attempt,
  program: Pick<ProgramRun, 'words' | 'setting'>,
  values: Readonly<Record<string, string>>,
): Promise<string> {
  const run = { ...program, values: { file: file.path, ...values }, maxOutput: mostOutput, clock, signal };
  return (await runProgram(run)).output;
}
