/** What makes and changes a configuration file; loaded by the commands that do it. */
export { type BusinessNumber, listNumbers } from '../kapso/numbers.ts';
export { configText } from './config-text.ts';
export { differences, editConfig } from './edit-config.ts';
export { type BridgeConfiguration, readBridge } from './from-bridge.ts';
export { type FoundOpenClaw, findOpenClaw, listens } from './openclaw.ts';
export { type PositionPlan, planPosition, takePosition } from './position.ts';
export { copySkill, type SkillFile } from './skill.ts';
export type { TranslatedEntry } from './translation.ts';
export { type SetupFiles, type WrittenFile, writeSetup } from './write-setup.ts';
