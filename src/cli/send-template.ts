import { nearest } from '../config/suggest.ts';
import type { TemplateContent } from '../domain/content.ts';
import { readLocation } from '../domain/outgoing/location.ts';
import { fillTemplate } from '../domain/outgoing/template.ts';
import { type HeaderValue, readTemplateValue } from '../domain/outgoing/template-values.ts';
import type { Template } from '../domain/template.ts';
import { isOurs, UsageError } from '../errors.ts';
import type { KapsoClient } from '../kapso/client.ts';
import { headerMedia, type MediaGiven } from './send-media.ts';

export interface TemplateGiven extends MediaGiven {
  /** Asks Kapso; null where nothing may be asked. */
  client: (() => Promise<Pick<KapsoClient, 'listTemplates'>>) | null;
}

/** Milliseconds. Without an answer by then the template is sent unchecked: Meta checks it too. */
const askFor = 10_000;

/** Reads a message template with its parameters, and compares them with the template's own where Kapso tells it. */
export async function templateMessage(given: TemplateGiven): Promise<TemplateContent> {
  const { values } = given;
  const name = (values.template ?? '').trim();
  if (!/^\w{1,512}$/.test(name)) {
    throw new UsageError('--template is no name of a template', {
      hint: "A name has letters, digits and underscores: see 'templates list'",
    });
  }
  const parameters = (values.param ?? []).map(readTemplateValue);
  const header = await headerOf(given);
  const language = readLanguage(values.lang);
  const template = await known(name, language, given.client);
  if (language === null && template === null) {
    throw new UsageError('no language', { hint: 'Give the language of the template with --lang en_US' });
  }
  const order = { name, language: language ?? template?.language ?? '', values: parameters, header };
  return fillTemplate(order, template);
}

async function headerOf(given: TemplateGiven): Promise<HeaderValue | null> {
  const { location, image, video, document } = given.values;
  const several = [location, image, video, document].filter(one => one !== undefined).length > 1;
  if (several) throw new UsageError('a template has one header', { hint: 'Give one of the files, or the location' });
  if (location === undefined) return headerMedia(given);
  const { kind: _, ...place } = readLocation(location);
  return { kind: 'location', location: place };
}

function readLanguage(given: string | undefined): string | null {
  if (given === undefined) return null;
  const language = given.trim().replace('-', '_');
  if (/^[a-z]{2,3}(?:_[A-Z]{2,4})?$/.test(language)) return language;
  throw new UsageError('--lang is no language of a template', { hint: 'Write it as Meta does: en, en_US, pt_BR' });
}

/** The template as Kapso lists it; null when it cannot be read. Throws when it is surely not there. */
async function known(name: string, language: string | null, client: TemplateGiven['client']): Promise<Template | null> {
  const listed = await listOf(name, client);
  if (listed === null) return null;
  if (listed.length === 0) {
    throw new UsageError(`there is no template ${name}`, { hint: "See the names with 'templates list'" });
  }
  const languages = listed.map(template => template.language);
  if (language === null && listed.length > 1) {
    throw new UsageError(`the template ${name} has several languages`, {
      hint: `Give one with --lang: ${languages.join(', ')}`,
    });
  }
  const found = language === null ? listed[0] : listed.find(template => template.language === language);
  if (found !== undefined) return found;
  const near = nearest(language ?? '', languages, 3);
  throw new UsageError(`the template ${name} is not there in ${language}`, {
    hint: `It is there in ${languages.join(', ')}${near === null ? '' : `: write --lang ${near}`}`,
  });
}

async function listOf(name: string, client: TemplateGiven['client']): Promise<readonly Template[] | null> {
  if (client === null) return null;
  try {
    return await (await client()).listTemplates({ name }, AbortSignal.timeout(askFor));
  } catch (error) {
    // A key need not have the right to read templates, and a send says itself what is wrong with it.
    if (isOurs(error) || (error instanceof DOMException && error.name === 'TimeoutError')) return null;
    throw error;
  }
}
